"""What the enterprise and the office may do to a registered appeal, and what is refused."""

from datetime import datetime

import pytest

from services.intake import acts
from services.intake.domain.transitions import TRANSITIONS, perform
from shared import events
from shared.events import Event
from shared.rules.judging.state import CaseState
from shared.rules.pack.desks import Referral
from shared.service.errors import Conflict, Invalid
from tests.unit.intake.case import (
    APPROVED,
    CLOSED,
    MISSED,
    RATED_BY_PHONE,
    REACHED,
    REFERRED,
    REOPEN,
    SATISFIED,
    UNSATISFIED,
    WITHDRAW,
    act_context,
    again,
    appeal_event,
    assigned,
    completed,
    done,
    heard,
    hours,
    received,
    under,
)

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
        (DONE, [(RATED_BY_PHONE, 5), (RATED_BY_PHONE, 6)]),
        (DONE, [(RATED_BY_PHONE, 5), (SATISFIED, 6), (SATISFIED, 7)]),
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


def test_the_enterprise_rates_itself_what_somebody_recorded_in_a_call() -> None:
    by_phone = done(heard(*DONE), (RATED_BY_PHONE, 5))
    assert by_phone.rating is not None
    assert by_phone.rating.by is not None
    itself = done(by_phone, (UNSATISFIED, 6))
    assert itself.rating is not None
    assert (itself.rating.rating, itself.rating.by) == ("not_satisfied", None)


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


def test_past_acts_may_be_told_before_what_the_units_did_is_heard() -> None:
    appeal = done(received(), (UNSATISFIED, 5), (REOPEN, 6), past=True)
    history = (assigned(), completed(4), again(6, reason="reopened"))
    assert heard(*history, appeal=appeal).state == CaseState.DISPATCHED
    assert heard(completed(8), appeal=heard(*history, appeal=appeal)).state == CaseState.COMPLETED


def test_a_past_reopening_still_needs_its_rating() -> None:
    with pytest.raises(Conflict):
        done(heard(*DONE), (REOPEN, 6), past=True)


def test_every_act_of_an_import_has_its_transition() -> None:
    kinds = set(acts.AppealAct.__subclasses__()) - {acts.Register, acts.Merge, acts.Unmerge}
    assert TRANSITIONS.keys() == kinds


def test_what_was_guided_elsewhere_is_rated_once_it_was_received_there() -> None:
    """Else the rating of the guiding stood for that of the handling, when the matter came back."""
    rules = under(
        referral=Referral.model_validate(
            {
                "destinations": [{"to": "courts", "title": {"zh": "法院", "en": "courts"}}],
                "followed": True,
                "choice": "x",
            }
        )
    )
    away = heard(assigned(), REFERRED)
    for act in (UNSATISFIED, REACHED, RATED_BY_PHONE):
        with pytest.raises(Conflict, match="object to it"):
            done(away, (act, 3), rules=rules)
    there = heard(appeal_event(events.ReferralReceived, 3, to="courts", receiver="立案庭"), appeal=away)
    assert done(there, (UNSATISFIED, 4), rules=rules).rating is not None
    away = heard(assigned(), REFERRED)
    back = heard(
        appeal_event(events.ReferralReturned, 3, to="courts", reason="不受理", objected=False),
        again(3, reason="reopened"),
        completed(4),
        appeal=away,
    )
    assert done(back, (UNSATISFIED, 5), rules=rules).rating is not None
