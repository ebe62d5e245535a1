"""What escalation had said comes back into its cases as it stood."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.escalation import domain, judgement, restore
from services.escalation.acts import (
    Acknowledge,
    Contest,
    Instruct,
    NameLeader,
    Serve,
    SignOff,
    Uphold,
    Withdraw,
)
from services.escalation.document import CaseDocument
from shared import events
from shared.events import CATALOGUE, Event
from shared.roles import AccountRole
from shared.rules.time.limits import Limit, LimitUnit
from shared.service.accounts import Caller

AT = datetime(2026, 11, 13, 1, tzinfo=UTC)
OFFICE = Caller("office", AccountRole.OFFICE, None)
ROADS = Caller("roads", AccountRole.UNIT, "roads")
MAYOR = Caller("leader", AccountRole.LEADER, "mayor")


def case() -> CaseDocument:
    return CaseDocument(appeal_id=UUID(int=1), registration_number="BZ-20261109-00001", pack="bozhou-2024@1")


def stored(of: CaseDocument) -> dict[str, Any]:
    """The case as it is stored, without what people wrote."""
    document: dict[str, Any] = json.loads(of.stored())
    return {name: value for name, value in document.items() if name not in ("version", "said")}


def said_by_the_judge(of: CaseDocument) -> list[Event]:
    """A card and a lift."""
    leg = uuid4()
    common = {"leg_id": leg, "unit": "roads", "clause": "3"}
    due = {"round": 1, "deadline": "reply", "due_at": AT}
    return [
        of.event(events.CardIssued, AT, card_id=uuid4(), card="yellow", **common, **due),
        of.event(events.AppealLifted, AT, leader="mayor", reason="count", unit="roads", clause="3"),
    ]


STORIES = {
    "served and acknowledged": [(Serve, OFFICE, {}), (Acknowledge, ROADS, {})],
    "contested and upheld": [
        (Serve, OFFICE, {}),
        (Contest, ROADS, {"reason": "已答复"}),
        (Uphold, OFFICE, {"reason": "理由不成立"}),
    ],
    "withdrawn": [(Withdraw, OFFICE, {"reason": "误发"})],
}


@pytest.mark.parametrize(
    ("story", "cleared"),
    [*((story, False) for story in STORIES), ("contested and upheld", True)],
)
def test_a_card_stands_as_it_stood(story: str, cleared: bool) -> None:
    lived, back = case(), case()
    history = said_by_the_judge(lived)
    for event in history:
        lived.said.add(event.id)
        judgement.keep(lived, event)
    card = lived.cards[0]
    for n, (act, by, words) in enumerate(STORIES[story]):
        emitted = domain.perform(
            lived, act(card_id=card.card_id, **words), domain.ActContext(AT, by, AT.date())
        )
        history += emitted
        if cleared and n == len(STORIES[story]) - 2:
            leg = {"card_id": card.card_id, "leg_id": card.leg_id, "unit": "roads"}
            history.append(lived.event(events.CardCleared, AT, **leg))
            lived.said.add(history[-1].id)
            judgement.keep(lived, history[-1])
    for event in history:
        restore.restore_event(back, event)
    assert (stored(back), back.said) == (stored(lived), lived.said)
    assert back.version >= lived.version


def test_a_case_is_stored_without_what_people_wrote() -> None:
    lived = case()
    for event in said_by_the_judge(lived):
        judgement.keep(lived, event)
    card = lived.cards[0].card_id
    acts = [
        (Contest(card_id=card, reason="暗记一"), ROADS),
        (Instruct(instruction="暗记二"), MAYOR),
        (NameLeader(leader="vice_mayor", reason="暗记三"), OFFICE),
    ]
    for act, by in acts:
        domain.perform(lived, act, domain.ActContext(AT, by, AT.date()))
    assert "暗记一" in lived.model_dump_json()
    assert "暗记" not in lived.stored()


def test_an_instruction_and_a_signature_stand_at_the_lift() -> None:
    lived, back = case(), case()
    history = said_by_the_judge(lived)
    for event in history:
        lived.said.add(event.id)
        judgement.keep(lived, event)
    history += domain.perform(
        lived,
        Instruct(
            instruction="限期办结",
            task_force=("roads",),
            limit=Limit(number=5, unit=LimitUnit.WORKING_DAYS),
        ),
        domain.ActContext(AT, MAYOR, AT.date()),
    )
    named = NameLeader(leader="vice_mayor", reason="出差")
    history += domain.perform(lived, named, domain.ActContext(AT, OFFICE, AT.date()))
    history += domain.perform(lived, SignOff(), domain.ActContext(AT, MAYOR, AT.date()))
    for event in history:
        restore.restore_event(back, event)
    assert stored(back)["lifts"] == stored(lived)["lifts"]


def test_all_that_people_make_escalation_say_is_known() -> None:
    """An event of an act that were taken for the judge's would never be judged again: each has its entry."""
    by_people = {"card.served.v1", "card.acknowledged.v1", "card.appealed.v1", "card.upheld.v1"}
    by_people |= {"card.withdrawn.v1", "appeal.instructed.v1", "appeal.signed_off.v1"}
    by_people |= {"appeal.leader_named.v1", "case.persons_erased.v1"}
    by_people |= {"publication.answered.v1", "publication.decided.v1", "appeal.gathered.v1"}
    by_judge = {"appeal.judged.v1", "appeal.due_soon.v1", "appeal.overdue.v1", "appeal.supervised.v1"}
    by_judge |= {"appeal.reminded.v1", "deadline.moved.v1", "approval.deemed.v1", "appeal.handed_over.v1"}
    by_judge |= {"publication.proposed.v1", "card.issued.v1", "card.cleared.v1", "appeal.redispatched.v1"}
    by_judge |= {"appeal.lifted.v1", "approval.decided.v1", "appeal.raised.v1", "appeal.pause_ended.v1"}
    assert {event.type for event in restore.BY_PEOPLE} == by_people
    own = {type_ for type_, event in CATALOGUE.items() if event.source == "escalation"}
    assert own == by_people | by_judge | {"leader.changed.v1", "escalation.reads_recorded.v1"}, (
        "a new event of escalation: does an act of people make it, or the judge?"
    )
