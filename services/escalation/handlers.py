"""What escalation does with the events it receives: every event that bears on judgement is remembered."""

from services.escalation.engine import ACTS
from services.escalation.work import Work
from shared import events
from shared.messaging.consumer import Handlers
from shared.telemetry.context import traceparent


def open_case(work: Work, event: events.AppealReceived) -> None:
    case = work.remember(event)
    case.pack = event.pack
    case.source_id = event.source_id
    case.traceparent = traceparent()


def name_units(work: Work, event: events.AppealAssigned) -> None:
    case = work.remember(event)
    case.units |= {leg.unit: leg.unit_name for leg in event.legs}


def keep_unit(work: Work, event: events.UnitChanged) -> None:
    work.keep_unit(event)


def remember(work: Work, event: events.Event) -> None:
    work.remember(event)


def erase_persons(work: Work, event: events.AppealPersonsErased) -> None:
    work.erase_persons(event.appeal_id)


HANDLERS: Handlers = {
    **{act: remember for act in ACTS if act.source in ("intake", "dispatch")},
    events.AppealReceived: open_case,
    events.AppealAssigned: name_units,
    events.UnitChanged: keep_unit,
    events.AppealPersonsErased: erase_persons,
}
