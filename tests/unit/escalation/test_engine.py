"""Events of appeals become acts, and rulings become events: nothing is left out on either way."""

import dataclasses
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given

from services.escalation import engine
from shared import events
from shared.events import CATALOGUE, Event
from shared.rules.judging import acts
from shared.rules.judging.acts import Act
from shared.rules.judging.decide import decide
from shared.rules.judging.fold import FOLDS
from shared.rules.judging.rulings import Ruling
from shared.rules.pack import pack_files
from tests.contract.samples import events as drawn
from tests.unit.rules.strategies import CALENDAR, CASE, calendars, histories, moments, packs
from tests.unit.rules.test_decide_properties import quick

NUMBER = "BZ-20260302-00001"
WITHOUT_EFFECT = {
    events.ReferralObjected,
    events.PublicationAnswered,
    events.PublicationDecided,
    events.CardServed,
    events.CardAcknowledged,
    events.CardAppealed,
    events.CardUpheld,
    events.AppealMerged,
    events.AppealUnmerged,
    events.LeaderNamed,
    events.LeaderChanged,
    events.UnitChanged,
    events.AttachmentStored,
    events.AttachmentReleased,
    events.AttachmentRemoved,
    events.AppealNoted,
    events.LegUrged,
    events.AppealTransferred,
    events.TransferReceived,
    events.StudyAsked,
    events.StudyAnswered,
    events.StudyDueSoon,
    events.StudyOverdue,
    events.StudyClosed,
    events.AppealAddedTo,
    events.AppealUrged,
    events.ContactChanged,
    events.ReceiptCodeRenewed,
    events.AppealPersonsErased,
    events.UnitPersonsErased,
    events.CasePersonsErased,
    events.ReopeningAsked,
    events.ReopeningDeclined,
    events.IntakeReadsRecorded,
    events.DispatchReadsRecorded,
    events.EscalationReadsRecorded,
}


def test_every_event_of_an_appeal_is_an_act_or_a_ruling_or_known_to_change_nothing() -> None:
    of_the_judge = {*engine.EVENTS.values(), events.AppealJudged}
    about_appeals = {
        event for event in CATALOGUE.values() if event.source in ("intake", "dispatch", "escalation")
    }
    assert engine.ACTS.keys() | of_the_judge | WITHOUT_EFFECT == about_appeals
    assert not engine.ACTS.keys() & (of_the_judge | WITHOUT_EFFECT)


@pytest.mark.parametrize("event_type", engine.ACTS, ids=lambda event_type: event_type.__name__)
def test_an_act_bears_what_its_event_bears(event_type: type[Event]) -> None:
    @given(drawn(event_type))
    @quick
    def check(event: Any) -> None:
        act = engine.ACTS[event_type](event)
        values = {field.name: getattr(act, field.name) for field in dataclasses.fields(act)}
        if isinstance(act, acts.Assigned):
            legs = values.pop("legs")
            assert [dataclasses.asdict(leg) for leg in legs] == [
                leg.model_dump(exclude={"unit_name"}) | {"limits": _limits(leg), "unit_kind": leg.unit_kind}
                for leg in event.legs
            ]
        assert values == {name: getattr(event, name) for name in values}

    check()


def _limits(leg: events.Leg) -> dict[str, Any]:
    return {deadline: {"limit": own.limit, "due_at": own.due_at} for deadline, own in leg.limits.items()}


def test_every_act_comes_from_an_event_of_its_own() -> None:
    act_types: set[type[Act]] = set()
    for event_type, make in engine.ACTS.items():
        act_types.add(type(make(_sample(event_type))))
    assert act_types == FOLDS.keys()
    assert len(act_types) == len(engine.ACTS)


def _sample(event_type: type[Event]) -> Event:
    return event_type.model_construct(**dict.fromkeys(event_type.model_fields, ()))


def test_every_ruling_is_said() -> None:
    named = {name for cls in _leaves(Ruling) if (name := cls.name)}
    assert {ruling.name for ruling in engine.EVENTS} == named
    assert {ruling.name: event.type for ruling, event in engine.EVENTS.items()} == {
        name: name for name in named
    }


def _leaves(base: type[Ruling]) -> set[type[Ruling]]:
    children = {cls for cls in base.__subclasses__() if "__slots__" in vars(cls)}
    return {leaf for child in children for leaf in _leaves(child)} if children else {base}


@given(histories, packs, calendars, moments)
@quick
def test_what_is_said_is_as_valid_as_if_it_had_come_over_the_wire(history, rules, known, upto) -> None:
    for ruling in decide(CASE, history, rules, known, upto).rulings:
        event = engine.to_event(ruling, CASE, NUMBER)
        assert (event.id, event.occurred_at) == (ruling.id, ruling.occurred_at)
        assert (event.appeal_id, event.registration_number) == (CASE, NUMBER)
        assert vars(event).keys() == type(event).model_fields.keys()
        assert type(event).model_validate_json(event.model_dump_json()) == event


def test_what_the_judge_said_before_is_no_part_of_the_history() -> None:
    rules = pack_files.load("bozhou-2024@2")
    shared: dict[str, Any] = {"appeal_id": CASE, "registration_number": NUMBER}
    at = datetime(2026, 3, 2, 2, tzinfo=UTC)
    leg = events.Leg(leg_id=UUID(int=10), unit="town", role=events.Role.LEAD)
    history: list[Event] = [
        events.AppealReceived(
            **shared,
            occurred_at=at,
            channel=events.Channel.WEB,
            kind=events.Kind.HELP,
            title="Water",
            pack="x",
        ),
        events.AppealAssigned(**shared, occurred_at=at, legs=(leg,)),
    ]
    upto = at.replace(month=at.month + 1)
    first = engine.judge(CASE, history, rules, CALENDAR, upto).rulings
    assert first
    emitted = [engine.to_event(ruling, CASE, NUMBER) for ruling in first]
    assert engine.judge(CASE, [*history, *emitted], rules, CALENDAR, upto).rulings == first
