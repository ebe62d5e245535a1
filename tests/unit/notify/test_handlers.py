"""Nobody misses a message, whatever the order in which topics are read."""

from itertools import permutations
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.config import NotifyConfig
from services.notify.document import CaseDocument
from services.notify.handlers import HANDLERS
from services.notify.work import Work
from shared import events
from shared.events import Event
from tests.unit.notify.samples import APPEAL, LEGS, NAMES, NUMBER, at, sample


def config(zone: str = "Asia/Shanghai", *, confidential: bool = False) -> NotifyConfig:
    return NotifyConfig(
        names_of={RECEIVED.pack: NAMES}.__getitem__,
        is_confidential=lambda pack: pack == RECEIVED.pack and confidential,
        zone=ZoneInfo(zone),
        acknowledge_by=lambda _pack, _since: None,
        channels=(),
        registrars=frozenset(),
    )


def heard(*read: Event, confidential: bool = False) -> Work:
    """The unit of work after these events, each read in a transaction of its own."""
    case: CaseDocument | None = None
    work, sent = None, {}
    for event in read:
        work = Work(cast(AsyncConnection, None), at(2026, 3, 1), config(confidential=confidential))
        if case is not None:
            work.cases = {APPEAL: CaseDocument.model_validate_json(case.model_dump_json())}
        HANDLERS[type(event)](work, event)
        case = work.cases[APPEAL]
        work.messages = sent = work.messages | sent
    assert work is not None
    return work


def templates_to(work: Work, recipient: str) -> list[str]:
    return sorted(m.template for m in work.messages.values() if m.recipient == recipient)


RECEIVED = sample(events.AppealReceived, occurred_at=at(2026, 2, 12))
ASSIGNED = sample(events.AppealAssigned, occurred_at=at(2026, 2, 13))
OVERDUE = sample(events.AppealOverdue, occurred_at=at(2026, 2, 14))
RATED = sample(events.AppealRated, occurred_at=at(2026, 2, 20))
STAGE = sample(events.StageReached, occurred_at=at(2026, 2, 18))
REOPENED = sample(events.AppealReopened, occurred_at=at(2026, 2, 21))


@pytest.mark.parametrize("order", list(permutations([RECEIVED, ASSIGNED, OVERDUE, RATED, REOPENED])))
def test_everybody_is_told_everything_in_whatever_order_it_is_read(order: tuple[Event, ...]) -> None:
    work = heard(*order)
    assert templates_to(work, "unit:GXJ") == ["assigned_unit", "overdue_unit", "rated_units", "reopened"]
    assert templates_to(work, "unit:QCQ") == ["assigned_unit", "rated_units", "reopened"]
    assert templates_to(work, "office") == ["overdue_office", "rated_office", "received_office"]
    assert templates_to(work, f"enterprise:{APPEAL}") == ["assigned_enterprise", "received"]


@pytest.mark.parametrize("order", list(permutations([RECEIVED, ASSIGNED, STAGE])))
def test_words_of_a_pack_wait_until_the_pack_is_known(order: tuple[Event, ...]) -> None:
    work = heard(*order)
    assert templates_to(work, f"enterprise:{APPEAL}") == ["assigned_enterprise", "received", "stage_reached"]
    stage = next(m for m in work.messages.values() if m.template == "stage_reached")
    assert "“款项到账”" in stage.body


OBJECTED = sample(events.AppealObjected, occurred_at=at(2026, 2, 14), reason="举报人张三所述不实")


@pytest.mark.parametrize("order", list(permutations([RECEIVED, ASSIGNED, OBJECTED])))
@pytest.mark.parametrize("confidential", [True, False])
def test_of_a_confidential_case_nobody_is_told_what_people_wrote_in_whatever_order_it_is_read(
    order: tuple[Event, ...], confidential: bool
) -> None:
    work = heard(*order, confidential=confidential)
    assert templates_to(work, "office") == ["objected", "received_office"]
    texts = "".join(message.subject + message.body for message in work.messages.values())
    assert (RECEIVED.title not in texts) == confidential
    assert "张三" not in texts


def test_a_stage_of_a_case_whose_registration_was_not_heard_is_not_told_yet() -> None:
    assert templates_to(heard(ASSIGNED, STAGE), f"enterprise:{APPEAL}") == ["assigned_enterprise"]


@pytest.mark.parametrize("order", list(permutations([RECEIVED, ASSIGNED, OVERDUE])))
def test_a_case_read_from_its_middle_is_filled_in_later(order: tuple[Event, ...]) -> None:
    case = heard(*order).cases[APPEAL]
    assert (case.registration_number, case.title, case.receipt_hash) == (NUMBER, RECEIVED.title, "ab")
    assert [leg.unit for leg in case.legs] == ["GXJ", "QCQ"]


def test_a_unit_hears_nothing_of_what_occurred_before_its_leg() -> None:
    later = sample(events.AppealAssigned, legs=LEGS[1:], occurred_at=at(2026, 2, 25))
    first = sample(events.AppealAssigned, legs=LEGS[:1], occurred_at=at(2026, 2, 13))
    work = heard(RECEIVED, first, RATED, later)
    assert templates_to(work, "unit:GXJ") == ["assigned_unit", "rated_units"]
    assert templates_to(work, "unit:QCQ") == ["assigned_unit"]


def test_a_unit_whose_objection_was_upheld_is_told_so_and_no_more() -> None:
    upheld = sample(events.ObjectionDecided, upheld=True, occurred_at=at(2026, 2, 14))
    work = heard(RECEIVED, ASSIGNED, upheld, RATED)
    assert templates_to(work, "unit:GXJ") == ["assigned_unit", "objection_upheld"]
    assert templates_to(work, "unit:QCQ") == ["assigned_unit", "rated_units"]


def test_a_relieved_unit_is_told_so_and_no_more() -> None:
    relieved = sample(events.LegRelieved, occurred_at=at(2026, 2, 14))
    work = heard(RECEIVED, ASSIGNED, relieved, RATED)
    assert templates_to(work, "unit:GXJ") == ["assigned_unit", "relieved"]
    assert templates_to(work, "unit:QCQ") == ["assigned_unit", "rated_units"]


def test_a_unit_whose_objection_was_rejected_goes_on_hearing() -> None:
    rejected = sample(events.ObjectionDecided, upheld=False, occurred_at=at(2026, 2, 14))
    work = heard(RECEIVED, ASSIGNED, rejected, RATED)
    assert templates_to(work, "unit:GXJ") == ["assigned_unit", "objection_rejected", "rated_units"]


def test_the_leader_of_a_lifted_case_hears_of_its_deadline() -> None:
    lifted = sample(events.AppealLifted, leader="L7", occurred_at=at(2026, 2, 22))
    late = sample(
        events.AppealOverdue,
        deadline=events.DeadlineKind.LIFTED,
        unit=None,
        leg_id=None,
        occurred_at=at(2026, 3, 4),
    )
    work = heard(RECEIVED, ASSIGNED, lifted, late)
    assert templates_to(work, "leader:L7") == [
        "lifted_leader",
        "overdue_lifted",
    ]


REQUESTED = sample(events.LoanRequested, occurred_at=at(2026, 2, 12))
PUSHED = sample(events.LoanPushed, occurred_at=at(2026, 2, 12))
TAKEN_BACK = sample(events.LoanWithdrawn, occurred_at=at(2026, 2, 20))


@pytest.mark.parametrize("order", list(permutations([REQUESTED, PUSHED, TAKEN_BACK])))
def test_every_bank_hears_that_a_request_was_withdrawn_in_whatever_order_it_is_read(
    order: tuple[Event, ...],
) -> None:
    work = heard(*order)
    for bank in ("bank:ncb", "bank:hzb"):
        assert templates_to(work, bank) == ["loan_pushed_bank", "loan_withdrawn_bank"]
    assert templates_to(work, "office") == ["loan_requested_office", "loan_withdrawn_office"]
    assert (work.cases[APPEAL].pack, work.cases[APPEAL].receipt_hash) == (REQUESTED.pack, "ab")


def test_an_enterprise_is_written_to_in_the_language_of_its_registration() -> None:
    work = heard(sample(events.AppealReceived, language="en"), ASSIGNED)
    words = {m.template: m.subject for m in work.messages.values()}
    assert words["received"] == f"Your appeal is registered ({NUMBER})"
    assert words["assigned_enterprise"].startswith("Your appeal has been dispatched")
    assert words["assigned_unit"].startswith("新交办诉求")


def test_restated_deadlines_are_not_even_loaded() -> None:
    restated = {type_ for type_ in events.CATALOGUE.values() if type_.type.endswith(".judged.v1")}
    assert len(restated) == 3
    assert restated.isdisjoint(HANDLERS)


def test_two_services_in_one_process_write_times_each_in_its_own_zone() -> None:
    zones = {"Asia/Shanghai": "17:30", "Asia/Urumqi": "15:30"}  # due at 09:30 UTC
    works = {zone: Work(cast(AsyncConnection, None), at(2026, 3, 1), config(zone)) for zone in zones}
    for zone, due in zones.items():
        HANDLERS[type(OVERDUE)](works[zone], OVERDUE)
        bodies = [message.body for message in works[zone].messages.values()]
        assert any(due in body for body in bodies)
