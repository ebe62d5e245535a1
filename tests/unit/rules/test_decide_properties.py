"""What holds for every history, whatever is in it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from shared import events
from shared.events import DeadlineKind, Event, Leg, Mark, OwnLimit, Role, Verdict
from shared.rules import pack
from shared.rules.acts import ACTS
from shared.rules.calendar import Calendar
from shared.rules.case import SAID
from shared.rules.decide import Judgement, decide
from shared.rules.limits import Limit, LimitUnit

CALENDAR = Calendar.load(ZoneInfo("Asia/Shanghai"))
APPEAL = UUID(int=1)
LEGS = [UUID(int=10), UUID(int=11)]
CARDS = [uuid5(SAID, f"{APPEAL} card {leg} 1 reply") for leg in LEGS]
FIRST = datetime(2026, 9, 25, tzinfo=UTC)  # make-up days and National Day lie ahead
DAYS = 40
EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
FAR_AWAY = [datetime.min.replace(tzinfo=EAST), datetime.max.replace(tzinfo=WEST)]
MICROSECOND = timedelta(microseconds=1)

# Half of the moments are midnights of Shanghai, so that acts meet due moments and each other.
moments = st.one_of(
    st.integers(0, DAYS * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes)),
    st.integers(0, DAYS).map(lambda days: FIRST + timedelta(days=days, hours=16)),
)
limits = st.builds(Limit, number=st.integers(1, 12), unit=st.sampled_from(LimitUnit), roll=st.booleans())
legs = st.builds(
    Leg,
    leg_id=st.sampled_from(LEGS),
    unit=st.just("unit"),
    role=st.sampled_from(Role),
    office_hours=st.sampled_from([None, (("09:00", "17:00"),), (("25:00", "9"),)]),
    limits=st.dictionaries(
        st.sampled_from(DeadlineKind),
        st.builds(OwnLimit, limit=st.none() | limits, due_at=st.none() | moments),
        max_size=3,
    ),
)
fields: dict[str, st.SearchStrategy[Any]] = {
    "id": st.uuids(),
    "occurred_at": moments,
    "appeal_id": st.just(APPEAL),
    "leg_id": st.sampled_from(LEGS),
    "card_id": st.sampled_from(CARDS),
    "legs": st.lists(legs, min_size=1, max_size=2).map(tuple),
    "marks": st.sampled_from([frozenset(), frozenset(), {Mark.INHERITED}, {Mark.PETITION}]),
    "limit": limits,
    "deadline": st.sampled_from(DeadlineKind),
    "upheld": st.booleans(),
    "outcome": st.sampled_from(events.Outcome),
    "channel": st.sampled_from(events.Channel),
    "kind": st.sampled_from(events.Kind),
    "task_force": st.just(()),
}
ENDS = {events.AppealReferred, events.AppealWithdrawn, events.AppealClosed}


def acts(what: type[Event], **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Event]:
    chosen = {name: fields.get(name, st.just("text")) for name in what.model_fields} | given
    return st.builds(what, **chosen)


common = st.sampled_from(sorted(ACTS.keys() - ENDS, key=lambda what: what.type)).flatmap(acts)
anything = st.sampled_from(list(events.CATALOGUE.values())).filter(ACTS.__contains__).flatmap(acts)
early = moments.map(lambda moment: FIRST + (moment - FIRST) / 10)
histories = st.one_of(
    st.lists(anything, max_size=12),
    st.builds(
        lambda *parts: [*parts[:2], *parts[2]],
        acts(events.AppealReceived, occurred_at=st.just(FIRST)),
        acts(events.AppealAssigned, occurred_at=early),
        st.lists(common, max_size=10),
    ),
)
packs = st.sampled_from([pack.load(name) for name in pack.known()])
quick = settings(max_examples=100, deadline=None)


def seen(judgement: Judgement) -> tuple[Any, ...]:
    deadlines = [deadline.to_event() for deadline in judgement.deadlines]
    return (
        judgement.state,
        judgement.rounds,
        judgement.cards,
        judgement.lifted_at,
        deadlines,
        judgement.said,
        judgement.next_due_at,
    )


@given(histories, packs, moments, st.randoms())
@quick
def test_order_of_arrival_and_duplicates_change_nothing(history, rules, upto, random):
    arrived = history + random.choices(history, k=3) if history else []
    random.shuffle(arrived)

    assert seen(decide(arrived, rules, CALENDAR, upto)) == seen(decide(history, rules, CALENDAR, upto))


@given(histories, packs, st.lists(moments, min_size=1, max_size=6))
@quick
def test_judging_in_steps_says_what_judging_at_once_says(history, rules, steps):
    said: dict[UUID, Event] = {}
    for upto in sorted(steps):
        known = [act for act in history if act.occurred_at <= upto]
        stepwise = decide(known, rules, CALENDAR, upto)
        now = {event.id: event for event in stepwise.said}
        assert said.items() <= now.items(), "something said was taken back or changed"
        said = now

    at_once = decide(history, rules, CALENDAR, max(steps))
    assert list(said.values()) == at_once.said
    assert seen(stepwise) == seen(at_once)


@given(histories, packs, moments)
@quick
def test_nothing_is_said_before_the_next_due_moment(history, rules, upto):
    known = [act for act in history if act.occurred_at <= upto]
    now = decide(known, rules, CALENDAR, upto)
    if now.next_due_at is None:
        later = decide(known, rules, CALENDAR, upto + timedelta(days=3000))
        assert later.said == now.said
    else:
        assert now.next_due_at > upto
        later = decide(known, rules, CALENDAR, now.next_due_at - MICROSECOND)
        assert seen(later) == seen(now)


@given(histories, packs, moments)
@quick
def test_what_is_said_agrees_with_how_the_deadlines_stand(history, rules, upto):
    judged = decide(history, rules, CALENDAR, upto)
    overdue = [event for event in judged.said if isinstance(event, events.AppealOverdue)]
    late = [deadline for deadline in judged.deadlines if deadline.verdict is Verdict.OVERDUE]

    assert len({event.id for event in judged.said}) == len(judged.said)
    assert [e.occurred_at for e in judged.said] == sorted(e.occurred_at for e in judged.said)
    assert all(event.occurred_at <= upto for event in judged.said)
    assert len(overdue) == len(late)
    assert {(e.leg_id, e.round, e.deadline, e.due_at) for e in overdue} == {
        (d.leg_id, d.round, d.kind, d.due_at) for d in late
    }
    for deadline in judged.deadlines:
        open_now = deadline.verdict is Verdict.OPEN
        assert not open_now or deadline.due_at is None or deadline.due_at > upto
        if deadline.verdict is Verdict.MET:
            assert deadline.met_at is not None
            assert deadline.due_at is None or deadline.met_at <= deadline.due_at
    assert sum(isinstance(event, events.AppealLifted) for event in judged.said) == bool(judged.lifted_at)


@given(histories, packs, moments)
@quick
def test_what_is_said_is_as_valid_as_if_it_had_come_over_the_wire(history, rules, upto):
    for event in decide(history, rules, CALENDAR, upto).said:
        assert type(event).model_validate_json(event.model_dump_json()) == event


@given(
    st.lists(
        acts(
            events.AppealAssigned,
            occurred_at=st.sampled_from(FAR_AWAY) | st.datetimes(timezones=st.just(UTC)),
            legs=st.builds(
                Leg,
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
        decide(history, rules, CALENDAR, upto)
