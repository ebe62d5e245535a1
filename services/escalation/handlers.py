"""What escalation does about the events it hears: everything that bears on judgement is remembered."""

from services.escalation.engine import ACTS
from services.escalation.store import Ledger
from shared import events
from shared.messaging.consumer import Handlers
from shared.telemetry.context import traceparent


def open_case(ledger: Ledger, event: events.AppealReceived) -> None:
    case = ledger.remember(event)
    case.pack = event.pack
    case.source_id = event.source_id
    case.traceparent = traceparent()


def name_units(ledger: Ledger, event: events.AppealAssigned) -> None:
    case = ledger.remember(event)
    case.units |= {leg.unit: leg.unit_name for leg in event.legs}


def remember(ledger: Ledger, event: events.Event) -> None:
    ledger.remember(event)


HANDLERS: Handlers = {
    **{act: remember for act in ACTS if act.source in ("intake", "dispatch")},
    events.AppealReceived: open_case,
    events.AppealAssigned: name_units,
}
