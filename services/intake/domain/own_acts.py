"""What an enterprise may do while its appeal is handled: add facts, hurry, correct its contact. Pure.

A transition checks first and changes after; it refuses with `Conflict`.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from services.intake import acts
from services.intake.document import AppealDocument
from services.intake.domain.context import ActContext
from services.intake.own_acts import Addition, Urging
from shared import events
from shared.events import Event
from shared.rules.judging.state import CaseState
from shared.rules.time.calendar import Calendar
from shared.rules.time.notices import FIRST_YEAR, LAST_YEAR
from shared.service.errors import Conflict

MOST_ADDITIONS = 50
LONGEST_REST = 60
"""Days; no days off last as long."""
HANDLED = (CaseState.REGISTERED, CaseState.DISPATCHED, CaseState.LIFTED)
NOT_ENDED = (*HANDLED, CaseState.COMPLETED, CaseState.REFERRED)


def add_facts(appeal: AppealDocument, act: acts.AddFacts, context: ActContext) -> Iterator[Event]:
    """Add what the enterprise says, itself or by a clerk to whom it said so."""
    appeal.require(*NOT_ENDED)
    if len(appeal.additions) >= MOST_ADDITIONS:
        raise Conflict(
            f"补充已达上限：最多 {MOST_ADDITIONS} 次",
            f"too many additions: no more than {MOST_ADDITIONS} fit",
        )
    by = context.by if context.by_staff else None
    appeal.additions = [*appeal.additions, Addition(text=act.text, added_at=context.at, by=by)]
    fields = {"by": "staff" if by else "enterprise", "count": len(appeal.additions)}
    yield appeal.event(events.AppealAddedTo, context.at, **fields)


def urge(appeal: AppealDocument, _act: acts.Urge, context: ActContext) -> Iterator[Event]:
    """Ask for haste; so many times a working day as the settings say."""
    appeal.require(*HANDLED)
    since = _working_day(context.at.astimezone(context.calendar.zone).date(), context.calendar)
    today = [u for u in appeal.urgings if u.urged_at.astimezone(context.calendar.zone).date() >= since]
    if len(today) >= context.urgings_a_day:
        raise Conflict(
            f"每个工作日最多催办 {context.urgings_a_day} 次，请于下一工作日再试",
            f"no more than {context.urgings_a_day} urging(s) a working day: try again on the next one",
        )
    urging = Urging(urged_at=context.at, by="office" if context.by_staff else "enterprise")
    appeal.urgings = [*appeal.urgings, urging]
    yield appeal.event(events.AppealUrged, context.at, by=urging.by, count=len(appeal.urgings))


def _working_day(day: date, calendar: Calendar) -> date:
    """The last working day up to `day`. In a year that the calendar does not know every day is one."""
    for number in range(LONGEST_REST):
        candidate = day - timedelta(days=number)
        known = FIRST_YEAR <= candidate.year <= LAST_YEAR
        if not known or calendar.is_working_day(candidate):
            return candidate
    return day


def correct_contact(appeal: AppealDocument, act: acts.CorrectContact, context: ActContext) -> Iterator[Event]:
    """The enterprise says anew how it is reached. One without a name gave none, and stays without."""
    appeal.require(*(state for state in CaseState if state != CaseState.WITHDRAWN))
    if appeal.enterprise is None:
        raise Conflict(
            "该诉求未登记企业，不能填写联系方式",
            "this appeal names no enterprise: there is no contact to correct",
        )
    appeal.keep_persons()
    appeal.enterprise = appeal.enterprise.model_copy(update=act.model_dump())
    yield appeal.event(events.ContactChanged, context.at)
