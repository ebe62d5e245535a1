"""What notify does about the events it hears: it remembers whom a case concerns, and tells them."""

from services.notify.domain import FINANCING, DeferredEvent
from services.notify.messages.routing import table
from services.notify.messages.words import Language
from services.notify.work import Work
from shared import events
from shared.events import CATALOGUE
from shared.messaging.consumer import Handlers


def open_file(room: Work, event: events.AppealReceived) -> None:
    file = room.file(event)
    file.title, file.pack, file.receipt_hash = event.title, event.pack, event.receipt_hash
    file.language = Language(event.language) if event.language else None
    room.keep(file)
    tell(room, event)
    tell_kept(room, event)


def open_loan(room: Work, event: events.LoanRequested) -> None:
    file = room.file(event)
    file.pack, file.receipt_hash, file.registrar = event.pack, event.receipt_hash, FINANCING
    room.keep(file)
    tell(room, event)
    tell_kept(room, event)


def end_case(room: Work, event: events.Event) -> None:
    file = room.file(event)
    file.has_ended = True
    room.keep(file)
    tell(room, event)


def reopen(room: Work, event: events.AppealReopened) -> None:
    file = room.file(event)
    file.has_ended = False
    room.keep(file)
    tell(room, event)


def add_banks(room: Work, event: events.LoanPushed) -> None:
    file = room.file(event)
    file.push(event)
    room.keep(file)
    tell(room, event)
    tell_kept(room, event)


def add_legs(room: Work, event: events.AppealAssigned) -> None:
    file = room.file(event)
    file.assign(event)
    room.keep(file)
    tell(room, event)
    tell_kept(room, event)


def end_leg(room: Work, event: events.ObjectionDecided) -> None:
    tell(room, event)
    if event.upheld:
        file = room.file(event)
        file.end_leg(event.leg_id, event.occurred_at)
        room.keep(file)


def note_leader(room: Work, event: events.AppealLifted) -> None:
    file = room.file(event)
    file.leader = event.leader
    room.keep(file)
    tell(room, event)


def tell_kept(room: Work, event: events.Event) -> None:
    file = room.file(event)
    for kept in file.kept:
        room.tell(file, kept.event())


def tell(room: Work, event: events.Event) -> None:
    file = room.file(event)
    if table().concerns_all_legs(event) or not room.can_name(file, event):
        file.kept.append(DeferredEvent(type=event.type, body=event.model_dump_json()))
        room.keep(file)
    room.tell(file, event)


RESTATEMENTS = (events.AppealJudged, events.LoanJudged, events.ComplaintJudged)
"""Deadlines as they now stand, for services; what people must know of them has events of its own."""

HANDLERS: Handlers = {
    **{type_: tell for type_ in CATALOGUE.values() if type_.source != "notify" and type_ not in RESTATEMENTS},
    events.AppealReceived: open_file,
    events.AppealAssigned: add_legs,
    events.ObjectionDecided: end_leg,
    events.AppealLifted: note_leader,
    events.LoanRequested: open_loan,
    events.LoanPushed: add_banks,
    events.AppealClosed: end_case,
    events.AppealWithdrawn: end_case,
    events.AppealReopened: reopen,
    events.LoanClosed: end_case,
    events.LoanWithdrawn: end_case,
    events.LoanConsentWithdrawn: end_case,
}
