"""The holiday notices of a service that judges: which it knows, and loading a year's."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from shared.judging import calendars
from shared.judging.cases import Cases
from shared.rules.time import notices
from shared.rules.time.notices import FIRST_YEAR, LAST_YEAR, MOST_OFF, MOST_WORKED
from shared.service.errors import Invalid
from shared.web.bodies import Body, clean
from shared.web.request import Reading, Requested, json, service

Day = Annotated[str, Field(max_length=10)]
HolidayName = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(clean)]
Year = Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)]


class Notice(Body):
    """A year's holiday notice: its number, days off with their names, make-up workdays."""

    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    notice: Annotated[str, Field(min_length=1, max_length=100)]
    off: Annotated[dict[Day, HolidayName], Field(max_length=MOST_OFF)]
    work: Annotated[tuple[Day, ...], Field(max_length=MOST_WORKED)] = ()

    def checked(self, year: int) -> notices.Notice:
        """The notice of `year`. `Invalid` with field and rule for a mistake."""
        try:
            notice = notices.checked(self.model_dump(mode="json"))
        except notices.NoticeMistake as error:
            zh = f"放假通知有误（{error.place}）：须有 year、notice、off，work 可无；日期写作 {year}-10-01"
            raise Invalid(zh, error.rule, error.place) from error
        if notice.year != year:
            raise Invalid(
                f"通知为 {notice.year} 年，请提交到该年",
                f"the notice is of {notice.year}: send it there",
                "year",
            )
        return notice


class KnownNotice(BaseModel):
    """A year's notice: its number, days off with their names, make-up workdays."""

    year: int
    notice: str
    off: dict[str, str]
    work: list[str]


class KnownCalendar(BaseModel):
    """A calendar, the moment it became known, and the notices of the years that differ from before."""

    version: str
    known_from: AwareDatetime
    notices: list[KnownNotice]


class KnownCalendars(BaseModel):
    """The calendars of this service, in order, and the zone of their days."""

    zone: str
    items: list[KnownCalendar]


class LoadedCalendar(BaseModel):
    """A calendar that was loaded, and how many cases will be judged again by it."""

    version: str
    known_from: AwareDatetime
    cases: int


def routes(cases: Cases) -> APIRouter:
    """The routes of a service that judges these cases."""
    router = APIRouter(tags=["records"])

    @router.get(
        "/calendars",
        summary="节假日安排的变更 / Calendars as they became known",
        response_model=KnownCalendars,
    )
    async def known_calendars(conn: Reading, request: Request) -> Response:
        """The calendars as they became known, in order, each with the years that differ from before."""
        items = [known.data() for known in await calendars.known(conn)]
        return json({"zone": service(request).zone.key, "items": items})

    @router.put(
        "/calendar/{year}",
        summary="载入年度放假通知 / Load a year's holiday notice",
        response_model=LoadedCalendar,
    )
    async def load_calendar(year: Year, body: Notice, request: Requested) -> Response:
        """Load a year's holiday notice. It is known from now on; what it moves is said with both dates."""
        notice, context = body.checked(year), request.context
        async with context.engine.begin() as conn:
            at = await context.clock.stamp(conn)
            loaded, again = await calendars.record_loaded(conn, cases, notice, at)
        context.wake()
        return json({"version": loaded.version, "known_from": loaded.known_from, "cases": again})

    return router
