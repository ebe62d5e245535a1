"""What holds for every history, whatever is in it, under every pack. HISTORIES sets how many are tried."""

import os
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.judging.deadlines import to_event
from shared.rules.judging import acts, rulings
from shared.rules.judging.acts import AssignedLeg, OwnLimit
from shared.rules.judging.decide import Judgement, decide
from shared.rules.judging.rulings import Ruling
from shared.rules.pack.counting import DUE_MINUTE
from shared.rules.terms import DeadlineKind, Role, Verdict
from shared.rules.time.calendar import Calendars
from shared.rules.time.limits import Limit
from tests.unit.rules.strategies import CALENDAR, CASE, LEGS, calendars, drawn_acts, histories, moments, packs

MICROSECOND = timedelta(microseconds=1)
EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
FAR_AWAY = [datetime.min.replace(tzinfo=EAST), datetime.max.replace(tzinfo=WEST)]
quick = settings(
    max_examples=int(os.environ.get("HISTORIES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def seen(judgement: Judgement) -> tuple[Any, ...]:
    deadlines = [to_event(deadline) for deadline in judgement.deadlines]
    return (
        judgement.state,
        judgement.rounds,
        judgement.cards,
        judgement.lifted_at,
        deadlines,
        judgement.rulings,
        judgement.next_due_at,
    )


@given(histories, packs, calendars, moments, st.randoms())
@quick
def test_order_of_arrival_and_duplicates_change_nothing(history, rules, known, upto, random):
    arrived = history + random.choices(history, k=3) if history else []
    random.shuffle(arrived)

    assert seen(decide(CASE, arrived, rules, known, upto)) == seen(decide(CASE, history, rules, known, upto))


@given(histories, packs, calendars, st.lists(moments, min_size=1, max_size=6))
@quick
def test_judging_in_steps_says_what_judging_at_once_says(history, rules, known, steps):
    known_rulings: dict[UUID, Ruling] = {}
    for upto in sorted(steps):
        arrived = [act for act in history if act.occurred_at <= upto]
        noticed = Calendars(known.first, [notice for notice in known.later if notice[0] <= upto])
        stepwise = decide(CASE, arrived, rules, noticed, upto)
        now = {ruling.id: ruling for ruling in stepwise.rulings}
        assert known_rulings.items() <= now.items(), "something said was taken back or changed"
        known_rulings = now

    at_once = decide(CASE, history, rules, known, max(steps))
    assert list(known_rulings.values()) == at_once.rulings
    assert seen(stepwise)[:-1] == seen(at_once)[:-1]


@given(histories, packs, moments)
@quick
def test_nothing_is_said_before_the_next_due_moment(history, rules, upto):
    known = [act for act in history if act.occurred_at <= upto]
    now = decide(CASE, known, rules, CALENDAR, upto)
    if now.next_due_at is None:
        later = decide(CASE, known, rules, CALENDAR, upto + timedelta(days=3000))
        assert later.rulings == now.rulings
    else:
        assert now.next_due_at > upto
        later = decide(CASE, known, rules, CALENDAR, now.next_due_at - MICROSECOND)
        assert seen(later) == seen(now)


@given(histories, packs, calendars, moments)
@quick
def test_what_is_said_agrees_with_how_the_deadlines_stand(history, rules, known, upto):
    judged = decide(CASE, history, rules, known, upto)
    overdue = [ruling for ruling in judged.rulings if isinstance(ruling, rulings.Overdue)]
    late = [deadline for deadline in judged.deadlines if deadline.verdict is Verdict.OVERDUE]

    assert len({ruling.id for ruling in judged.rulings}) == len(judged.rulings)
    assert [e.occurred_at for e in judged.rulings] == sorted(e.occurred_at for e in judged.rulings)
    assert all(ruling.occurred_at <= upto for ruling in judged.rulings)
    assert len(overdue) == len(late)
    assert {(e.leg_id, e.round, e.deadline, e.due_at) for e in overdue} == {
        (d.leg_id, d.round, d.kind, d.due_at) for d in late
    }
    for deadline in judged.deadlines:
        open_now = deadline.verdict is Verdict.OPEN
        minute = DUE_MINUTE if deadline.whole_minutes else timedelta()
        assert not open_now or deadline.due_at is None or deadline.due_at + minute > upto
        if deadline.verdict is Verdict.MET:
            assert deadline.met_at is not None
            assert deadline.due_at is None or deadline.met_at <= deadline.due_at
    lifts = [ruling.level for ruling in judged.rulings if isinstance(ruling, rulings.Lifted)]
    assert bool(lifts) == bool(judged.lifted_at)
    assert len(set(lifts)) == len(lifts)


@given(
    st.lists(
        drawn_acts(
            acts.Assigned,
            occurred_at=st.sampled_from(FAR_AWAY) | st.datetimes(timezones=st.just(UTC)),
            legs=st.builds(
                AssignedLeg,
                leg_id=st.sampled_from(LEGS),
                unit=st.just("unit"),
                role=st.just(Role.LEAD),
                limits=st.just({DeadlineKind.COMPLETION: OwnLimit(limit=Limit(number=3660, unit="months"))}),
            ).map(lambda leg: (leg,)),
        ),
        max_size=3,
    ),
    packs,
)
@quick
def test_a_case_outside_the_calendar_is_judged_without_due_moments(history, rules):
    for upto in (datetime(2100, 1, 1, tzinfo=UTC), FAR_AWAY[1]):
        decide(CASE, history, rules, CALENDAR, upto)
