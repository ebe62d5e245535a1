"""An appeal at intake: what it takes to register, and how it stands after what was heard of it."""

from datetime import date, datetime
from itertools import permutations
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.intake import acts
from services.intake.domain.registration import imported_id, receive, registration_number
from services.intake.domain.transitions import TRANSITIONS, perform
from services.intake.handlers import HANDLERS, SILENT
from shared import events
from shared.events import CATALOGUE, Channel, Event
from shared.rules.judging.state import CaseState
from shared.service.errors import Conflict, Invalid
from tests.unit.intake.case import (
    APPEAL,
    APPROVED,
    BARE,
    CLOSED,
    ENTERPRISE,
    FOUND,
    LEG,
    LIFTED,
    MISSED,
    NUMBER,
    OTHER,
    RATED_BY_PHONE,
    REACHED,
    REFERRED,
    REOPEN,
    SATISFIED,
    START,
    UNSATISFIED,
    WITHDRAW,
    act_context,
    again,
    appeal_event,
    assigned,
    completed,
    contacted,
    done,
    heard,
    hours,
    overdue,
    received,
    registration,
    upheld,
)


@pytest.mark.parametrize(
    ("history", "state"),
    [
        ((), CaseState.REGISTERED),
        ((assigned(),), CaseState.DISPATCHED),
        ((assigned(), upheld(2, yes=False)), CaseState.DISPATCHED),
        ((assigned(), upheld(2)), CaseState.REGISTERED),  # nobody has it any more
        ((assigned(1, LEG, OTHER), completed(3)), CaseState.DISPATCHED),
        ((assigned(1, LEG, OTHER), completed(3), completed(4, OTHER)), CaseState.COMPLETED),
        ((assigned(1, LEG, OTHER), completed(3), upheld(4, OTHER)), CaseState.COMPLETED),
        ((assigned(), again(5)), CaseState.DISPATCHED),
        ((assigned(), again(5), completed(6)), CaseState.COMPLETED),
        ((assigned(), completed(4), again(5)), CaseState.DISPATCHED),
        ((assigned(), completed(5), again(5, reason="reopened")), CaseState.DISPATCHED),
        ((assigned(), contacted(2), contacted(3)), CaseState.DISPATCHED),
        ((assigned(), again(5), completed(6), again(7, 3)), CaseState.DISPATCHED),
        ((assigned(), LIFTED), CaseState.LIFTED),
        ((assigned(), LIFTED, completed(4)), CaseState.COMPLETED),
        ((assigned(), REFERRED), CaseState.REFERRED),
        ((assigned(), completed(4), CLOSED), CaseState.CLOSED),
        ((REFERRED, CLOSED), CaseState.CLOSED),
        ((assigned(), APPROVED), CaseState.APPROVED),
        ((assigned(), APPROVED, CLOSED), CaseState.APPROVED),  # closed before the judgement was heard
        (
            (
                assigned(),
                FOUND,
                appeal_event(events.FindingMade, 5, reasonable=False, by="office", reason="无"),
            ),
            CaseState.DISPATCHED,
        ),
    ],
)
def test_an_appeal_stands_as_its_events_say_in_whatever_order_they_came(
    history: tuple[Event, ...], state: CaseState
) -> None:
    appeals = [heard(*order) for order in permutations(history)]
    assert {appeal.state for appeal in appeals} == {state}
    assert all(appeal.timeline == appeals[0].timeline for appeal in appeals)
    assert len({tuple(sorted(leg.model_dump_json() for leg in appeal.legs)) for appeal in appeals}) == 1


def test_hearing_twice_changes_nothing_an_enterprise_sees() -> None:
    history = (assigned(), overdue(5), again(5), completed(6))
    once, twice = heard(*history), heard(*history, *history)
    assert once.model_dump(exclude={"version"}) == twice.model_dump(exclude={"version"})


AT_WORK = (assigned(),)
DONE = (assigned(), completed(4))


@pytest.mark.parametrize(
    ("history", "steps", "state"),
    [
        ((), [(WITHDRAW, 5)], CaseState.WITHDRAWN),
        (DONE, [(WITHDRAW, 5)], CaseState.WITHDRAWN),
        (DONE, [(SATISFIED, 5)], CaseState.COMPLETED),
        ((REFERRED,), [(SATISFIED, 5)], CaseState.REFERRED),
        ((*DONE, CLOSED), [(UNSATISFIED, 10)], CaseState.CLOSED),
        ((REFERRED,), [(WITHDRAW, 5)], CaseState.WITHDRAWN),
        ((assigned(), APPROVED), [(SATISFIED, 10)], CaseState.APPROVED),
        (DONE, [(MISSED, 5), (MISSED, 6), (REACHED, 7)], CaseState.COMPLETED),
        (DONE, [(RATED_BY_PHONE, 5), (REOPEN, 6)], CaseState.DISPATCHED),
        (DONE, [(SATISFIED, 5), (REACHED, 6)], CaseState.COMPLETED),
        ((*DONE, CLOSED), [(RATED_BY_PHONE, 10)], CaseState.CLOSED),
        (DONE, [(UNSATISFIED, 5), (REOPEN, 6)], CaseState.DISPATCHED),
    ],
)
def test_what_the_enterprise_and_the_office_may_do(
    history: tuple[Event, ...], steps: list[tuple[acts.AppealAct, float]], state: CaseState
) -> None:
    assert done(heard(*history), *steps).state == state


@pytest.mark.parametrize(
    ("history", "steps"),
    [
        ((), [(WITHDRAW, 5), (WITHDRAW, 6)]),
        ((*DONE, CLOSED), [(WITHDRAW, 10)]),
        ((assigned(), APPROVED), [(WITHDRAW, 10)]),
        ((assigned(), APPROVED), [(REOPEN, 10)]),
        (AT_WORK, [(REACHED, 5)]),
        (AT_WORK, [(MISSED, 5)]),
        (DONE, [(WITHDRAW, 5), (REACHED, 6)]),
        (DONE, [(SATISFIED, 5), (RATED_BY_PHONE, 6)]),
        (DONE, [(RATED_BY_PHONE, 5), (SATISFIED, 6)]),
        (AT_WORK, [(SATISFIED, 5)]),
        (DONE, [(SATISFIED, 5), (UNSATISFIED, 6)]),
        (DONE, [(WITHDRAW, 5), (SATISFIED, 6)]),
        (DONE, [(REOPEN, 5)]),
        (DONE, [(SATISFIED, 5), (REOPEN, 6)]),
        (DONE, [(UNSATISFIED, 5), (REOPEN, 6), (REOPEN, 7)]),
        ((*DONE, CLOSED), [(UNSATISFIED, 10), (REOPEN, 11)]),
        ((REFERRED,), [(UNSATISFIED, 10), (REOPEN, 11)]),
    ],
)
def test_what_the_case_does_not_allow_is_refused_and_leaves_it_as_it_was(
    history: tuple[Event, ...], steps: list[tuple[acts.AppealAct, float]]
) -> None:
    appeal = done(heard(*history), *steps[:-1])
    before = appeal.model_dump_json()
    with pytest.raises(Conflict):
        done(appeal, steps[-1])
    assert appeal.model_dump_json() == before


def test_an_act_changes_a_copy_so_that_a_refused_import_leaves_no_trace() -> None:
    appeal = heard(*DONE)
    before = appeal.model_dump_json()
    done(appeal, (UNSATISFIED, 5), (REOPEN, 6), (WITHDRAW, 7))
    assert appeal.model_dump_json() == before


def test_each_handling_is_rated_once_and_every_rating_is_kept() -> None:
    appeal = done(heard(*DONE), (UNSATISFIED, 5), (REOPEN, 6))
    assert appeal.rating is None
    appeal = done(heard(again(6, reason="reopened"), completed(8), appeal=appeal), (SATISFIED, 9))
    assert appeal.rating is not None
    assert [rating.rating for rating in (*appeal.earlier_ratings, appeal.rating)] == [
        "not_satisfied",
        "satisfied",
    ]


def test_a_follow_up_tells_whether_the_enterprise_was_reached_and_what_it_said() -> None:
    appeal, history = perform(heard(*DONE), RATED_BY_PHONE, act_context(5))
    assert [type(event) for event in history] == [events.FollowUpMade, events.AppealRated]
    assert appeal.rating is not None
    assert (appeal.rating.rating, appeal.rating.comment) == ("not_satisfied", "电话里说仍停电")
    (call,) = appeal.follow_ups
    assert (call.reached, call.by, call.made_at) == (True, "office", hours(5))
    _, history = perform(heard(*DONE), MISSED, act_context(5))
    assert [event.model_dump()["reached"] for event in history] == [False]


@pytest.mark.parametrize(
    ("steps", "heard_at"),
    [
        ([], None),
        ([(MISSED, 5)], None),
        ([(REACHED, 5)], hours(5)),
        ([(SATISFIED, 5)], hours(5)),
        ([(MISSED, 5), (UNSATISFIED, 6)], hours(6)),
        ([(UNSATISFIED, 5), (REOPEN, 6)], None),
    ],
)
def test_an_enterprise_was_heard_when_it_rated_or_was_reached(
    steps: list[tuple[acts.AppealAct, float]], heard_at: datetime | None
) -> None:
    assert done(heard(*DONE), *steps).heard_at == heard_at


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (acts.FollowUp(reached=False, rating="satisfied"), "rating"),
        (acts.FollowUp(reached=True, called_at=hours(5.1)), "called_at"),
        (acts.FollowUp(reached=True, called_at=hours(-0.1)), "called_at"),
        (acts.FollowUp(reached=True, called_at=hours(5)), None),
        (acts.FollowUp(reached=False, comment="空号"), None),
    ],
)
def test_a_call_lies_in_the_past_and_only_who_was_reached_rates(
    call: acts.FollowUp, field: str | None
) -> None:
    refused = None
    try:
        perform(heard(*DONE), call, act_context(5))
    except Invalid as refusal:
        refused = refusal.field
    assert refused == field


def test_the_last_finding_counts_in_whatever_order_they_came() -> None:
    later = appeal_event(events.FindingMade, 5, reasonable=False, by="office", reason="无依据")
    for history in ((FOUND, later), (later, FOUND)):
        finding = heard(*history).finding
        assert finding is not None
        assert (finding.reasonable, finding.found_at) == (False, hours(5))


def test_past_acts_may_be_told_before_what_the_units_did_is_heard() -> None:
    appeal = done(received(), (UNSATISFIED, 5), (REOPEN, 6), past=True)
    history = (assigned(), completed(4), again(6, reason="reopened"))
    assert heard(*history, appeal=appeal).state == CaseState.DISPATCHED
    assert heard(completed(8), appeal=heard(*history, appeal=appeal)).state == CaseState.COMPLETED


def test_a_past_reopening_still_needs_its_rating() -> None:
    with pytest.raises(Conflict):
        done(heard(*DONE), (REOPEN, 6), past=True)


@pytest.mark.parametrize(
    ("channel", "enterprise", "field"),
    [
        (Channel.ANONYMOUS_LETTER, None, None),
        (Channel.ANONYMOUS_LETTER, ENTERPRISE, "enterprise"),
        (Channel.SUPERVISION_CODE, None, None),
        (Channel.SUPERVISION_CODE, ENTERPRISE, None),
        (Channel.WEB, ENTERPRISE, None),
        (Channel.WEB, None, "enterprise.name"),
        (Channel.FAMILY_TALK, None, "enterprise.name"),
    ],
)
def test_a_channel_decides_whether_the_enterprise_is_named(
    channel: Channel, enterprise: acts.Enterprise | None, field: str | None
) -> None:
    refused = None
    try:
        receive(registration(channel, enterprise), APPEAL, NUMBER, BARE.ref, START)
    except Invalid as refusal:
        refused = refusal.field
    assert refused == field


def test_the_event_of_a_registration_carries_no_person_and_no_text() -> None:
    _, event = receive(registration(), APPEAL, NUMBER, BARE.ref, START, "hash", "old-7")
    assert (event.source_id, event.receipt_hash, event.locality) == ("old-7", "hash", "qiaocheng")
    assert not [secret for secret in ("某甲", "0558", "停电") if secret in event.model_dump_json()]


@pytest.mark.parametrize(
    ("field", "value", "good"),
    [
        ("phone", "13800000000", True),
        ("phone", "+86 558 1234567", True),
        ("phone", "call me", False),
        ("phone", "12345", False),
        ("phone", "1380000000" * 3, False),
        ("credit_code", "91341600MA2N0000X0", True),
        ("credit_code", "91341600MA2N0000O0", False),  # the letter O is none of them
        ("credit_code", "91341600MA2N0000X", False),
        ("name", "", False),
        ("name", "   ", False),
    ],
)
def test_what_is_said_of_an_enterprise_must_be_possible(field: str, value: str, good: bool) -> None:
    accepted = True
    try:
        acts.Enterprise.model_validate({"name": "某厂", field: value})
    except ValidationError:
        accepted = False
    assert accepted == good


def test_registration_numbers_name_prefix_day_and_count() -> None:
    assert registration_number("BZ", date(2026, 2, 13), 42) == NUMBER


def test_an_imported_id_depends_on_source_and_id_alone() -> None:
    assert imported_id("hotline", "7") == UUID("a62b73a3-a6cc-5126-ade5-82e581570e9b")
    assert len({imported_id(source, id_) for source in ("a", "b") for id_ in ("1", "2")}) == 4


def test_every_event_of_the_units_and_the_judge_is_heard_or_left_out_on_purpose() -> None:
    heard_of = {cls for cls in CATALOGUE.values() if cls.source in ("dispatch", "escalation")}
    assert not HANDLERS.keys() & set(SILENT)
    assert HANDLERS.keys() | set(SILENT) == heard_of


def test_every_act_of_an_import_has_its_transition() -> None:
    kinds = set(acts.AppealAct.__subclasses__()) - {acts.Register, acts.Merge, acts.Unmerge}
    assert TRANSITIONS.keys() == kinds
