"""What people may do to cards, lifts and publications, act by act."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from services.escalation import acts
from services.escalation.document import Card, CardStatus, CaseDocument, Lift, Publication
from services.escalation.domain import ActContext, perform
from services.escalation.leaders.directory import Directory, Unit
from services.escalation.restore import restore_event
from shared import events
from shared.directory.leaders import Leader, Leaders
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.service.errors import Conflict, Forbidden, HuyingError, Invalid, NotFound

AT = datetime(2026, 11, 20, 1, tzinfo=UTC)
TODAY = date(2026, 11, 20)
CARD, LEG, PUBLICATION = UUID(int=1), UUID(int=2), UUID(int=3)
OFFICE = Caller("office", AccountRole.OFFICE)
ROADS, WATER = Caller("roads", AccountRole.UNIT, "roads"), Caller("water", AccountRole.UNIT, "water")
COUNTY, CITY = Caller("county", AccountRole.LEADER, "county"), Caller("city", AccountRole.LEADER, "city")


def case(**fields: object) -> CaseDocument:
    return CaseDocument(appeal_id=UUID(int=9), registration_number="BZ-20261109-00001", **fields)


def carded(status: CardStatus = CardStatus.ISSUED, cleared_at: datetime | None = None) -> CaseDocument:
    card = Card(
        card_id=CARD, card="yellow", unit="roads", leg_id=LEG, round=1, deadline="reply", due_at=AT,
        clause="BZ 3", issued_at=AT, status=status, cleared_at=cleared_at,
    )  # fmt: skip
    return case(cards=[card])


def proposed(unit: str | None = "roads", **fields: object) -> CaseDocument:
    publication = Publication(
        publication_id=PUBLICATION, leg_id=LEG, unit=unit, round=1, deadline="repayment", due_at=AT,
        clause="XX 17", proposed_at=AT, **fields,
    )  # fmt: skip
    return case(publications=[publication])


def lifted(*leaders: str | None) -> CaseDocument:
    lifts = [
        Lift(leader=leader, reason=events.LiftReason.LEVEL, unit="roads", clause="QY 6", lifted_at=AT)
        for leader in leaders
    ]
    return case(lifts=lifts)


SERVE, TAKE = acts.Serve(card_id=CARD), acts.Acknowledge(card_id=CARD)
CONTEST = acts.Contest(card_id=CARD, reason="已按时回复")
UPHOLD, WITHDRAW = acts.Uphold(card_id=CARD, reason="证据不足"), acts.Withdraw(card_id=CARD, reason="误发")
BY = {SERVE: OFFICE, TAKE: ROADS, CONTEST: ROADS, UPHOLD: OFFICE, WITHDRAW: OFFICE}
AFTER = {
    CardStatus.ISSUED: {
        SERVE: CardStatus.SERVED,
        TAKE: CardStatus.ACKNOWLEDGED,
        CONTEST: CardStatus.APPEALED,
        WITHDRAW: CardStatus.WITHDRAWN,
    },
    CardStatus.SERVED: {
        TAKE: CardStatus.ACKNOWLEDGED,
        CONTEST: CardStatus.APPEALED,
        WITHDRAW: CardStatus.WITHDRAWN,
    },
    CardStatus.ACKNOWLEDGED: {CONTEST: CardStatus.APPEALED, WITHDRAW: CardStatus.WITHDRAWN},
    CardStatus.APPEALED: {UPHOLD: CardStatus.UPHELD, WITHDRAW: CardStatus.WITHDRAWN},
    CardStatus.UPHELD: {WITHDRAW: CardStatus.WITHDRAWN},
    CardStatus.WITHDRAWN: {},
    CardStatus.CLEARED: {},
}


def test_every_state_of_a_card_is_in_the_table() -> None:
    assert AFTER.keys() == set(CardStatus)


@pytest.mark.parametrize("status", CardStatus)
@pytest.mark.parametrize("act", BY, ids=lambda act: type(act).__name__)
def test_a_card_goes_the_ways_of_the_table_and_no_other(status: CardStatus, act: acts.CardAct) -> None:
    file = carded(status)
    if act in AFTER[status]:
        (event,) = perform(file, act, ActContext(AT, BY[act], TODAY))
        assert event.card_id == CARD
        assert file.cards[0].status == AFTER[status][act]
        assert file.version == 1
    else:
        with pytest.raises(Conflict):
            perform(file, act, ActContext(AT, BY[act], TODAY))
        assert file == carded(status)


def test_a_contested_card_whose_leg_was_completed_is_still_decided() -> None:
    file = carded(CardStatus.APPEALED)
    file.cards[0].clear(AT)
    assert file.cards[0].status == CardStatus.APPEALED
    assert file.blamed() == []
    perform(file, UPHOLD, ActContext(AT, OFFICE, TODAY))
    assert file.cards[0].status == CardStatus.CLEARED


def test_a_withdrawn_card_stays_withdrawn_when_its_leg_is_completed() -> None:
    file = carded(CardStatus.WITHDRAWN)
    file.cards[0].clear(AT)
    assert file.cards[0].status == CardStatus.WITHDRAWN


def test_an_upheld_card_still_counts_against_its_unit() -> None:
    assert carded(CardStatus.UPHELD).blamed() == ["roads"]


@pytest.mark.parametrize("act", [TAKE, CONTEST], ids=["acknowledge", "contest"])
def test_another_unit_leaves_the_card_alone(act: acts.CardAct) -> None:
    with pytest.raises(Forbidden):
        perform(carded(), act, ActContext(AT, WATER, TODAY))


def test_a_card_of_no_such_id_is_not_found() -> None:
    with pytest.raises(NotFound):
        perform(carded(), acts.Serve(card_id=LEG), ActContext(AT, OFFICE, TODAY))


INSTRUCT = acts.Instruct(instruction="限期办结")


def test_the_leader_of_the_newest_level_instructs_and_signs_off() -> None:
    file = lifted("county", "city")
    perform(file, INSTRUCT, ActContext(AT, CITY, TODAY))
    (event,) = perform(file, acts.SignOff(), ActContext(AT, CITY, TODAY))
    assert isinstance(event, events.AppealSignedOff)
    assert [lift.instruction for lift in file.lifts] == [None, "限期办结"]
    assert [lift.signed_off_at for lift in file.lifts] == [None, AT]
    with pytest.raises(Conflict):
        perform(file, INSTRUCT, ActContext(AT, CITY, TODAY))


def test_an_instruction_sets_the_limit_once_and_another_is_the_mayors() -> None:
    file, mayor = lifted("city"), Caller("mayor", AccountRole.LEADER, "mayor")
    limit = acts.Instruct.model_validate(
        {"instruction": "限期", "limit": {"number": 5, "unit": "working_days"}}
    )
    perform(file, limit, by(CITY))
    with pytest.raises(Forbidden, match="takes the mayor"):
        perform(file, limit, by(CITY))
    perform(file, INSTRUCT, by(CITY))
    perform(file, limit, by(mayor))
    perform(lifted("city", "mayor"), limit, by(mayor))


@pytest.mark.parametrize(
    ("number", "unit", "usual_days", "odd"),
    [
        (1000, "working_days", 10, False),
        (1001, "working_days", 10, True),
        (36, "months", 10, True),
        (366, "natural_days", None, False),
        (3660, "natural_days", None, True),
    ],
)
def test_a_limit_a_hundred_times_longer_than_usual_is_instructed_with_a_word_of_confirmation(
    number: int, unit: str, usual_days: int | None, odd: bool
) -> None:
    file = lifted("city")
    if usual_days:
        due_at = AT + timedelta(days=usual_days)
        fields = {"leg_id": None, "unit": None, "round": 1, "started_at": AT, "due_at": due_at}
        file.deadlines = [events.Deadline(**fields, deadline="lifted")]
    act = acts.Instruct.model_validate({"instruction": "限期", "limit": {"number": number, "unit": unit}})
    if odd:
        with pytest.raises(Invalid, match="confirmed: true") as refusal:
            perform(file, act, ActContext(AT, CITY, TODAY))
        assert refusal.value.field == "limit"
        act = act.model_copy(update={"confirmed": True})
    assert perform(file, act, ActContext(AT, CITY, TODAY))


def test_what_went_on_to_the_next_level_is_no_more_the_lower_leaders() -> None:
    with pytest.raises(Forbidden):
        perform(lifted("county", "city"), INSTRUCT, ActContext(AT, COUNTY, TODAY))
    with pytest.raises(Conflict):
        perform(case(), INSTRUCT, ActContext(AT, COUNTY, TODAY))


ANSWER = acts.AnswerPublication(publication_id=PUBLICATION, text="款项正在拨付")
EXPIRES = date(2027, 5, 20)


def decision(**fields: object) -> acts.DecidePublication:
    usual = {"publication_id": PUBLICATION, "published": True, "expires_on": EXPIRES, "reason": "逾期未付"}
    return acts.DecidePublication(**{**usual, **fields})


def test_what_the_unit_answered_is_published_until_a_day() -> None:
    file = proposed()
    (answered,) = perform(file, ANSWER, ActContext(AT, ROADS, TODAY))
    assert "text" not in answered.model_dump()
    (decided,) = perform(file, decision(), ActContext(AT, OFFICE, TODAY))
    assert (decided.published, decided.expires_on) == (True, EXPIRES)
    assert (file.publications[0].answer, file.publications[0].published) == ("款项正在拨付", True)


@pytest.mark.parametrize(
    ("act", "refusal", "field"),
    [
        (decision(), Conflict, "heard"),
        (decision(heard=True, expires_on=None), Invalid, "expires_on"),
        (decision(heard=True, expires_on=TODAY), Invalid, "expires_on"),
        (
            acts.DecidePublication(publication_id=LEG, published=False, reason="无"),
            NotFound,
            "publication_id",
        ),
    ],
)
def test_nothing_is_published_unheard_or_for_ever(
    act: acts.DecidePublication, refusal: type[HuyingError], field: str
) -> None:
    file = proposed()
    with pytest.raises(refusal) as refused:
        perform(file, act, ActContext(AT, OFFICE, TODAY))
    assert refused.value.field == field
    assert file == proposed()


def test_a_unit_that_was_heard_otherwise_needs_no_answer() -> None:
    file = proposed()
    perform(file, decision(heard=True), ActContext(AT, OFFICE, TODAY))
    assert file.publications[0].heard
    with pytest.raises(Conflict):
        perform(file, ANSWER, ActContext(AT, ROADS, TODAY))
    with pytest.raises(Conflict):
        perform(file, decision(heard=True), ActContext(AT, OFFICE, TODAY))


def test_what_is_not_published_has_no_day_and_needs_no_answer() -> None:
    file = proposed()
    (event,) = perform(file, decision(published=False), ActContext(AT, OFFICE, TODAY))
    assert (event.published, event.expires_on) == (False, None)


def test_another_unit_does_not_answer_for_it() -> None:
    for file in (proposed(), proposed(unit=None)):
        with pytest.raises(Forbidden):
            perform(file, ANSWER, ActContext(AT, WATER, TODAY))


MAYOR = Caller("mayor", AccountRole.LEADER, "mayor")
GONE = Leader("county", "county", None, date(2026, 11, 19))
LED = Directory(
    Leaders([Leader("mayor", "mayor"), Leader("city", "vice"), GONE]),
    {"roads": Unit("roads", "", "department", None)},
)


def by(caller: Caller) -> ActContext:
    return ActContext(AT, caller, TODAY, LED)


@pytest.mark.parametrize("leader", ["vice", "county", "nobody", None])
def test_the_mayor_acts_on_every_lifted_case(leader: str | None) -> None:
    """The mayor was refused where a unit named a leader who does not exist: nobody could sign."""
    file = lifted(leader)
    perform(file, INSTRUCT, by(MAYOR))
    perform(file, acts.SignOff(), by(MAYOR))
    assert file.lifted().signed_off_at == AT


def test_a_leader_whose_days_are_over_acts_no_more() -> None:
    with pytest.raises(Forbidden):
        perform(lifted("county"), INSTRUCT, by(COUNTY))


def test_who_holds_the_post_acts_for_it() -> None:
    perform(lifted("vice"), INSTRUCT, by(CITY))
    with pytest.raises(Forbidden):
        perform(lifted("mayor"), INSTRUCT, by(CITY))


def test_the_office_names_another_leader_who_acts_from_then_on() -> None:
    file = lifted("county")
    (event,) = perform(file, acts.NameLeader(leader="vice", reason="原领导已离任"), by(OFFICE))
    assert isinstance(event, events.LeaderNamed)
    assert (event.leader, event.acts) == ("vice", "city")
    perform(file, INSTRUCT, by(CITY))
    with pytest.raises(Forbidden):
        perform(file, INSTRUCT, by(COUNTY))


@pytest.mark.parametrize("leader", ["county", "nobody"])
def test_nobody_is_named_who_is_not_in_office(leader: str) -> None:
    with pytest.raises(Invalid) as refusal:
        perform(lifted("vice"), acts.NameLeader(leader=leader, reason="出差"), by(OFFICE))
    assert leader in refusal.value.en


def test_another_leader_is_named_for_a_lifted_case_alone_and_until_it_is_signed_off() -> None:
    act = acts.NameLeader(leader="vice", reason="出差")
    with pytest.raises(Conflict):
        perform(case(), act, by(OFFICE))
    file = lifted("mayor")
    perform(file, acts.SignOff(), by(MAYOR))
    with pytest.raises(Conflict):
        perform(file, act, by(OFFICE))


def test_whoever_is_named_in_a_task_force_exists() -> None:
    perform(
        lifted("mayor"), acts.Instruct(instruction="会办", task_force=("roads", "vice", "city")), by(MAYOR)
    )
    act = acts.Instruct(instruction="会办", task_force=("roads", "ghosts"))
    with pytest.raises(Invalid, match="ghosts"):
        perform(lifted("mayor"), act, by(MAYOR))


def test_while_dispatch_has_said_no_unit_nobody_can_be_missed() -> None:
    act = acts.Instruct(instruction="会办", task_force=("ghosts",))
    perform(lifted("mayor"), act, ActContext(AT, MAYOR, TODAY, Directory(LED.leaders)))


def gathering(verdict: events.Verdict) -> events.Deadline:
    return events.Deadline(
        leg_id=None, unit=None, round=2, deadline="gathering", started_at=AT, due_at=AT, verdict=verdict
    )


GATHER = acts.Gather(summary="两次交办均未办结，须自然资源局配合。")


def test_what_the_office_gathered_for_a_waiting_lift_is_kept_and_lifts_the_case() -> None:
    waiting = case(deadlines=[gathering(events.Verdict.OPEN)])
    (event,) = perform(waiting, GATHER, by(OFFICE))
    assert isinstance(event, events.AppealGathered)
    assert [(kept.summary, kept.gathered_at) for kept in waiting.gathered] == [(GATHER.summary, AT)]
    restored = case()
    restore_event(restored, event)
    assert [kept.gathered_at for kept in restored.gathered] == [AT]


@pytest.mark.parametrize("verdict", [None, events.Verdict.OVERDUE, events.Verdict.MET, events.Verdict.VOID])
def test_nothing_is_gathered_where_no_lift_waits_for_it(verdict: events.Verdict | None) -> None:
    with pytest.raises(Conflict):
        perform(case(deadlines=[gathering(verdict)] if verdict else []), GATHER, by(OFFICE))


def test_a_complaint_that_waits_too_long_keeps_a_closed_case_on_the_ledger() -> None:
    late = events.Deadline(
        leg_id=None,
        unit=None,
        round=1,
        deadline="complaint",
        started_at=AT,
        due_at=AT,
        verdict=events.Verdict.OVERDUE,
    )
    called_late = late.model_copy(update={"deadline": "follow_up"})
    for state, stands in (("closed", True), ("referred", True), ("withdrawn", False)):
        closed = case(state=state, deadlines=[late, called_late])
        assert closed.supervised() is stands
        assert [missed.deadline for missed in closed.office_missed()] == ["complaint"] * stands
    answered = late.model_copy(update={"met_at": AT})
    assert not case(state="closed", deadlines=[answered, called_late]).supervised()
