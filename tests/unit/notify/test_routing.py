"""The routing table: every event has a route or a reason for silence, and reaches those it concerns."""

from datetime import date

import pytest

from services.notify.handlers import HANDLERS
from services.notify.messages.routing import RoutingTable, table
from shared import events
from shared.directory.leaders import Leader, Leaders
from shared.events import CATALOGUE, DeadlineKind, Event, Rating
from tests.unit.notify.samples import ALL, NAMES, ZONE, at, case, messages_of, sample


def test_every_event_is_routed_or_silent_with_a_reason() -> None:
    assert table().routes.keys() | table().silent.keys() == CATALOGUE.keys()


def test_every_routed_event_of_another_service_has_a_handler_and_no_silent_one_has() -> None:
    routed = {type_ for type_ in table().routes if CATALOGUE[type_].source != "notify"}
    by_which_it_tells = {
        events.LeaderChanged,
        events.ContactChanged,
        events.ReceiptCodeRenewed,
        events.AppealPersonsErased,
        events.LoanPersonsErased,
    }
    assert {type_.type for type_ in HANDLERS} == routed | {type_.type for type_ in by_which_it_tells}


@pytest.mark.parametrize("event", ALL, ids=lambda event: event.type)
def test_one_fact_reaches_one_recipient_once(event: Event) -> None:
    messages = table().messages(case(), event, ZONE, NAMES)
    assert len({message.recipient for message in messages}) == len(messages)
    assert table().messages(case(), event, ZONE, NAMES) == messages


def test_another_fact_of_the_same_kind_is_another_message() -> None:
    first, second = (messages_of(sample(events.AppealResponded)) for _ in range(2))
    assert {m.id for m in first.values()}.isdisjoint(m.id for m in second.values())


def test_who_is_named_by_two_words_gets_the_first_message_alone() -> None:
    twice = RoutingTable.model_validate(
        {
            "routes": {
                "appeal.instructed.v1": [
                    {"to": ["task_force"], "template": "a"},
                    {"to": ["units"], "template": "b"},
                ]
            },
            "silent": {},
            "templates": {name: {"zh-CN": {"subject": name, "body": name}} for name in "ab"},
        }
    )
    event = sample(events.AppealInstructed, task_force=("QCQ", "QCQ"))
    messages = [(message.recipient, message.template) for message in twice.messages(case(), event, ZONE)]
    assert messages == [("unit:QCQ", "a"), ("unit:GXJ", "b")]


RECIPIENTS = [
    (sample(events.AppealAssigned), ["unit:GXJ", "unit:QCQ", "enterprise"]),
    (sample(events.ExtensionRequested), ["office", "leader:L1"]),
    (sample(events.ExtensionRequested, unit="QCQ"), ["office"]),
    (sample(events.AppealOverdue), ["unit:GXJ", "head:GXJ", "office"]),
    (sample(events.AppealOverdue, deadline="payout"), ["unit:GXJ", "head:GXJ", "office"]),
    (sample(events.AppealOverdue, deadline=DeadlineKind.OBJECTION, unit=None), ["office"]),
    (sample(events.AppealReminded), ["unit:GXJ", "head:GXJ"]),
    (sample(events.AppealReminded, unit=None, leg_id=None), ["office"]),
    (sample(events.DeadlineMoved), ["unit:GXJ", "enterprise"]),
    (sample(events.DeadlineMoved, deadline=DeadlineKind.OBJECTION, unit=None), ["office"]),
    (sample(events.ApprovalDeemed), ["enterprise", "unit:GXJ", "head:GXJ", "office"]),
    (sample(events.AppealHandedOver), ["enterprise", "unit:GXJ", "office"]),
    (sample(events.AppealHandedOver, unit=None, leg_id=None), ["enterprise", "office"]),
    (sample(events.PublicationProposed), ["unit:GXJ", "head:GXJ", "office"]),
    (sample(events.PublicationDecided, unit=None), ["office"]),
    (sample(events.StageReached), ["enterprise"]),
    (sample(events.FollowUpMade), ["office"]),
    (sample(events.FollowUpMade, reached=True), []),
    (sample(events.AppealMerged), ["enterprise"]),
    (sample(events.CardUpheld), ["unit:GXJ"]),
    (sample(events.AppealExtended), ["unit:GXJ", "enterprise"]),
    (sample(events.AppealOverdue, deadline=DeadlineKind.DISPATCH, unit=None, leg_id=None), ["office"]),
    (
        sample(events.AppealOverdue, deadline=DeadlineKind.LIFTED, unit=None, leg_id=None),
        ["leader:L1", "office"],
    ),
    (sample(events.AppealReceived), ["enterprise", "office"]),
    (sample(events.AppealRaised), ["head:YSB", "office"]),
    (sample(events.AppealRaised, office=None), ["office"]),
    (sample(events.AppealRaised, to="in_charge", leader="qiao"), ["leader:qiao", "office"]),
    (sample(events.AppealRaised, to="in_charge", leader=None), ["leader:mayor", "office"]),
    (
        sample(events.AppealLifted, leader="vice_industry", acts="qiao"),
        ["leader:qiao", "office", "enterprise"],
    ),
    (sample(events.LeaderNamed, leader="vice_industry"), ["leader:vice_industry", "unit:GXJ", "unit:QCQ"]),
    (sample(events.AppealLifted, leader="mayor"), ["leader:mayor", "office", "enterprise"]),
    (sample(events.AppealInstructed), ["unit:SWJ", "office"]),
    (sample(events.AppealInstructed, task_force=()), ["unit:GXJ", "unit:QCQ", "office"]),
    (sample(events.AppealRated, rating=Rating.SATISFIED), ["unit:GXJ", "unit:QCQ"]),
    (sample(events.AppealRated), ["unit:GXJ", "unit:QCQ", "office"]),
    (sample(events.AppealClosed), ["enterprise", "unit:GXJ", "unit:QCQ"]),
    (sample(events.AppealWithdrawn, occurred_at=at(2026, 2, 12)), []),
    (sample(events.AppealJudged), []),
    (sample(events.NoticeNotAcknowledged), ["head:GXJ"]),
    (sample(events.LoanRequested), ["enterprise", "office"]),
    (sample(events.LoanPushed), ["bank:ncb", "bank:hzb", "enterprise"]),
    (sample(events.LoanReported), ["enterprise"]),
    (sample(events.LoanReported, state="received"), []),
    (sample(events.LoanReportedAgain), ["enterprise"]),
    (sample(events.LoanReportedAgain, state="under_review"), []),
    (sample(events.LoanDueSoon), ["bank:ncb"]),
    (sample(events.LoanOverdue), ["bank:ncb", "office"]),
    (sample(events.LoanReminded), ["bank:ncb"]),
    (sample(events.LoanSupervised), ["bank:ncb", "office"]),
    (sample(events.LoanDeadlineMoved), ["bank:ncb", "enterprise"]),
    (sample(events.LoanOfficeTookOver), ["office", "enterprise"]),
    (sample(events.LoanWithdrawn), ["bank:ncb", "bank:hzb", "enterprise", "office"]),
    (sample(events.LoanWithdrawn, occurred_at=at(2026, 2, 12)), ["enterprise", "office"]),
    (sample(events.LoanConsentWithdrawn), ["enterprise", "office"]),
    (sample(events.LoanClosed), ["enterprise"]),
    (sample(events.LoanJudged), []),
    (sample(events.LoanComplained), ["regulator", "enterprise", "office"]),
    (sample(events.ComplaintDueSoon), ["regulator"]),
    (sample(events.ComplaintOverdue), ["regulator", "office"]),
    (sample(events.ComplaintReminded), ["regulator"]),
    (sample(events.ComplaintDeadlineMoved), ["regulator", "enterprise"]),
    (sample(events.ComplaintDecided), ["enterprise", "office"]),
    (sample(events.ComplaintJudged), []),
]


@pytest.mark.parametrize(("event", "recipients"), RECIPIENTS)
def test_an_event_is_told_to_those_it_concerns(event: Event, recipients: list[str]) -> None:
    told_to = [
        recipient.replace(f"enterprise:{event.appeal_id}", "enterprise") for recipient in messages_of(event)
    ]
    assert told_to == recipients


def test_a_message_to_a_post_goes_to_who_holds_it_on_the_day() -> None:
    over = Leader("old", "L1", None, date(2026, 2, 15), "shu")
    leaders = Leaders([over, Leader("shu", "vice_finance"), Leader("chen", "mayor")])
    asked, unknown = sample(events.ExtensionRequested), sample(events.AppealLifted, leader="nobody")
    recipients = [
        message.recipient for message in table().messages(case(), asked, ZONE, NAMES, leaders=leaders)
    ]
    assert recipients == [
        "office",
        "leader:shu",
    ]  # the unit's leader is L1; the post fell empty the day before
    recipients = [
        message.recipient for message in table().messages(case(), unknown, ZONE, NAMES, leaders=leaders)
    ]
    assert recipients == ["leader:chen", "office", f"enterprise:{case().appeal_id}"]
