"""What notify does with the events it hears: it updates the case's document and writes the messages."""

from services.notify.document import FINANCING, DeferredEvent
from services.notify.messages.routing import table
from services.notify.messages.words import Language
from services.notify.work import Work
from shared import events
from shared.events import CATALOGUE
from shared.messaging.consumer import Handlers


def register_appeal(work: Work, event: events.AppealReceived) -> None:
    case = work.case_of(event)
    case.title, case.pack = event.title, event.pack
    case.receipt_hash = case.receipt_hash or event.receipt_hash
    case.language = Language(event.language) if event.language else None
    work.save(case)
    write_messages(work, event)
    write_deferred_messages(work, event)


def correct_appeal(work: Work, event: events.AppealCorrected) -> None:
    """Where the name is withheld from now on, later messages do not hold it in the title."""
    case = work.case_of(event)
    if event.title is not None:
        case.title = event.title
        work.save(case)
    write_messages(work, event)


def register_loan(work: Work, event: events.LoanRequested) -> None:
    case = work.case_of(event)
    case.pack, case.receipt_hash, case.registrar = event.pack, event.receipt_hash, FINANCING
    work.save(case)
    write_messages(work, event)
    write_deferred_messages(work, event)


def register_complaint(work: Work, event: events.LoanComplained) -> None:
    """A complaint without a loan request is a case of its own."""
    if event.appeal_id == event.complaint_id:
        case = work.case_of(event)
        case.pack, case.receipt_hash, case.registrar = event.pack, event.receipt_hash, FINANCING
        work.save(case)
    write_messages(work, event)


def end_case(work: Work, event: events.Event) -> None:
    case = work.case_of(event)
    case.has_ended = True
    work.save(case)
    write_messages(work, event)


def reopen_case(work: Work, event: events.AppealReopened) -> None:
    case = work.case_of(event)
    case.has_ended = False
    work.save(case)
    write_messages(work, event)


def renew_receipt_code(work: Work, event: events.ReceiptCodeRenewed) -> None:
    case = work.case_of(event)
    case.receipt_hash = event.receipt_hash
    work.save(case)


def erase_persons(work: Work, event: events.ErasureEvent) -> None:
    work.case_of(event)
    work.erase_persons(event.appeal_id)


def forget_contact(work: Work, event: events.ContactChanged) -> None:
    work.forget_contact(event.appeal_id)


def add_bank_legs(work: Work, event: events.LoanPushed) -> None:
    case = work.case_of(event)
    case.push(event)
    work.save(case)
    write_messages(work, event)
    write_deferred_messages(work, event)


def add_unit_legs(work: Work, event: events.AppealAssigned) -> None:
    case = work.case_of(event)
    case.assign(event)
    work.save(case)
    write_messages(work, event)
    write_deferred_messages(work, event)


def end_leg_if_upheld(work: Work, event: events.ObjectionDecided) -> None:
    if event.upheld:
        end_leg(work, event)
    else:
        write_messages(work, event)


def end_leg(work: Work, event: events.ObjectionDecided | events.LegRelieved) -> None:
    write_messages(work, event)
    case = work.case_of(event)
    case.end_leg(event.leg_id, event.occurred_at)
    work.save(case)


def set_leader(work: Work, event: events.AppealLifted) -> None:
    case = work.case_of(event)
    case.leader = event.leader
    work.save(case)
    write_messages(work, event)


def write_deferred_messages(work: Work, event: events.Event) -> None:
    """Write the messages of earlier events to those who became known by `event`."""
    case = work.case_of(event)
    for deferred in case.deferred:
        work.write_messages(case, deferred.event())


def write_messages(work: Work, event: events.Event) -> None:
    """Write what `event` tells, and keep it where more recipients or words may become known later."""
    case = work.case_of(event)
    if table().concerns_all_legs(event) or not work.knows_words(case, event):
        case.deferred.append(DeferredEvent(type=event.type, body=event.model_dump_json()))
        work.save(case)
    work.write_messages(case, event)


def keep_leader(work: Work, event: events.LeaderChanged) -> None:
    work.keep_leader(event)


def change_leader(work: Work, event: events.LeaderNamed) -> None:
    case = work.case_of(event)
    case.leader = event.leader
    work.save(case)
    write_messages(work, event)


UNHEARD = (
    events.AppealJudged,
    events.AttachmentRemoved,
    events.ComplaintJudged,
    events.LoanFollowedUp,
    events.LoanJudged,
    events.AppealNoted,
    events.UnitPersonsErased,
    events.CasePersonsErased,
)
"""Events of other services that tell nobody anything: the routing table says why."""

HANDLERS: Handlers = {
    **{
        type_: write_messages
        for type_ in CATALOGUE.values()
        if type_.source != "notify" and type_ not in UNHEARD and not issubclass(type_, events.DirectoryEvent)
    },
    events.AppealReceived: register_appeal,
    events.AppealCorrected: correct_appeal,
    events.AppealAssigned: add_unit_legs,
    events.ObjectionDecided: end_leg_if_upheld,
    events.LegRelieved: end_leg,
    events.AppealLifted: set_leader,
    events.LeaderNamed: change_leader,
    events.LeaderChanged: keep_leader,
    events.LoanRequested: register_loan,
    events.LoanPushed: add_bank_legs,
    events.LoanComplained: register_complaint,
    events.AppealAnswered: end_case,
    events.ReceiptCodeRenewed: renew_receipt_code,
    events.ContactChanged: forget_contact,
    events.AppealPersonsErased: erase_persons,
    events.LoanPersonsErased: erase_persons,
    events.AppealClosed: end_case,
    events.AppealWithdrawn: end_case,
    events.AppealReopened: reopen_case,
    events.LoanClosed: end_case,
    events.LoanWithdrawn: end_case,
    events.LoanConsentWithdrawn: end_case,
}
