"""What the office writes in the directory of units."""

from typing import Annotated

from pydantic import AfterValidator

from shared.rules.terms import UnitKind
from shared.rules.time.hours import OfficeHours
from shared.web.bodies import Body, Code, Line


def _check_office_hours(spans: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    OfficeHours.parse(spans)
    return spans


class UnitBody(Body):
    """A unit of the directory. `leader` is the post in charge of it, or a leader by code."""

    name: Line
    kind: UnitKind
    parent: Code | None = None
    head: Line | None = None
    leader: Code | None = None
    office_hours: Annotated[tuple[tuple[str, str], ...], AfterValidator(_check_office_hours)] | None = None
