"""The day of a bank's statement, and how a leg stood at its end. Pure."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.financing.banks.domain import TRANSITIONS
from shared.service.errors import Invalid
from shared.states import BankLegState
from shared.web.bodies import EARLIEST


class Day(NamedTuple):
    """A day of the city: from `since` up to, without, `before`."""

    on: date
    since: datetime
    before: datetime


def day_of(text: str, zone: ZoneInfo, now: datetime) -> Day:
    """The day that is written as YYYY-MM-DD. `Invalid` for one that does not exist or has not begun."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"没有 {text} 这一天", f"there is no day {text}", "date") from None
    if not EARLIEST.date() <= on <= now.astimezone(zone).date():
        raise Invalid(
            f"{text} 尚未到来或早于 {EARLIEST.year} 年",
            f"the day {text} has not begun, or lies before {EARLIEST.year}",
            "date",
        )
    return Day(on, _midnight(on, zone), _midnight(on + timedelta(days=1), zone))


def _midnight(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time(), zone).astimezone(UTC)


class AcceptedReport(NamedTuple):
    """What a bank reported, and when."""

    state: BankLegState
    reported_at: datetime


def state_before(
    reports: Iterable[AcceptedReport],
    before: datetime,
    *,
    asks_back: bool = False,
    withdrawn_at: datetime | None = None,
) -> BankLegState:
    """The state of a leg just before a moment, by its reports in the order in which they were taken.

    `withdrawn_at`: when it was confirmed that the enterprise withdrew. With `asks_back` a bank's word for
    that changes nothing.
    """
    if withdrawn_at is not None and withdrawn_at < before:
        return BankLegState.WITHDRAWN
    state = BankLegState.PUSHED
    for report in reports:
        is_asked = asks_back and report.state is BankLegState.WITHDRAWN
        if report.reported_at < before and not is_asked and report.state in TRANSITIONS[state]:
            state = report.state
    return state
