"""A leg goes from one unit to another (改派); units that watch; marks found later. Under every pack alike."""

from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest

from shared.rules.judging import acts
from shared.rules.judging.acts import AssignedLeg
from shared.rules.judging.state import CaseState
from shared.rules.terms import Mark, Role
from tests.packs.histories import Story

# Received and dispatched on Monday 2026-03-02. Bozhou: contact in 1 natural day, reply in 3.
BOZHOU = "bozhou-2024"
MONDAY = "03-02 10:00"


def leg(unit: str, role: Role = Role.LEAD) -> AssignedLeg:
    return AssignedLeg(uuid5(NAMESPACE_OID, unit), unit, role, f"leader-of-{unit}")


EVERY_WORD = str(Path(__file__).parent / "every_word.yaml")
"""A pack whose office has clocks of its own."""


def dispatched(*legs: AssignedLeg, pack: str = BOZHOU) -> Story:
    return Story(pack).received("03-02 09:00").did(acts.Assigned, MONDAY, legs=legs)


def reassigned(story: Story, when: str, unit: str, to: str, role: Role = Role.LEAD) -> Story:
    story.did(acts.Assigned, when, legs=(leg(to, role),))
    return story.did(acts.Relieved, when, unit=unit, successor=uuid5(NAMESPACE_OID, to))


def deadlines(story: Story, unit: str, upto: str = "12-31 12:00") -> dict[tuple[int, str], str]:
    return {
        (deadline.round, deadline.kind): deadline.verdict
        for deadline in story.judged(upto).deadlines
        if deadline.unit == unit
    }


def cards(story: Story, upto: str = "12-31 12:00") -> list[str]:
    return [ruling.unit for ruling in story.judged(upto).rulings if ruling.name == "card.issued.v1"]  # type: ignore[attr-defined]


def test_what_the_relieved_unit_missed_stays_its_own_and_the_successor_begins_with_round_1() -> None:
    story = reassigned(dispatched(leg("roads")), "03-06 10:00", "roads", "water")
    story.contacted("03-06 11:00", "water").replied("03-06 12:00", "water").completed("03-09 10:00", "water")
    # The reply was due at 24:00 of the 5th: a card, and round 2, whose deadlines fell away on the 6th.
    assert cards(story) == ["roads"]
    assert deadlines(story, "roads")[1, "reply"] == "overdue"
    assert set(deadlines(story, "roads").values()) == {"overdue", "void"}
    assert deadlines(story, "water")[1, "reply"] == "met"
    assert not any(round_ > 1 for round_, _ in deadlines(story, "water"))
    assert story.judged().state == CaseState.COMPLETED
    judged = story.judged()
    assert [ruling.name for ruling in judged.rulings if ruling.name == "card.cleared.v1"] == []
    assert judged.cards == 1


def test_a_relieved_unit_gets_no_card_for_what_is_no_longer_its_own() -> None:
    story = reassigned(dispatched(leg("roads")), "03-05 23:00", "roads", "water")
    assert cards(story, "03-08 12:00") == []
    assert cards(story, "03-10 00:01") == ["water"]  # 3 days from the 5th, to the 8th, a Sunday: to the 9th


def test_the_case_is_not_completed_while_the_successor_works() -> None:
    story = dispatched(leg("roads"), leg("water", Role.ASSIST)).completed("03-03 10:00", "roads")
    story = reassigned(story, "03-04 10:00", "water", "east", Role.ASSIST)
    assert story.judged("03-04 12:00").state == CaseState.DISPATCHED
    assert story.completed("03-04 13:00", "east").judged("03-04 14:00").state == CaseState.COMPLETED


def test_relieved_without_a_successor_no_unit_has_the_case() -> None:
    story = dispatched(leg("roads")).did(acts.Relieved, "03-03 10:00", unit="roads")
    assert story.judged("03-03 11:00").state == CaseState.REGISTERED
    assert set(deadlines(story, "roads").values()) == {"void"}


def test_a_lift_after_the_reassignment_goes_to_the_leader_in_charge_of_the_successor() -> None:
    story = reassigned(dispatched(leg("roads"), leg("water", Role.ASSIST)), "03-03 10:00", "roads", "east")
    story.did(acts.Marked, "03-03 11:00", marks=frozenset({Mark.INHERITED}))
    story.did(acts.Gathered, "03-03 11:30")
    (lifted,) = [
        ruling for ruling in story.judged("03-03 12:00").rulings if ruling.name == "appeal.lifted.v1"
    ]
    assert (lifted.leader, lifted.reason) == ("leader-of-east", "kind")  # type: ignore[attr-defined]


@pytest.mark.parametrize("mark", [Mark.INHERITED, Mark.CROSS_LEVEL, Mark.CROSS_DEPARTMENT])
def test_a_case_found_complex_later_is_lifted_once_gathered_and_no_unit_is_added(mark: Mark) -> None:
    story = dispatched(leg("roads")).did(acts.Marked, "03-03 11:00", marks=frozenset({mark}))
    assert "03-04 17:30 lifted kind" in story.ruled("03-04 18:00")  # a working day without the gathering
    story.did(acts.Gathered, "03-03 11:30")
    assert "03-03 11:30 lifted kind" in story.ruled("03-03 12:00")
    assert len({deadline.leg_id for deadline in story.judged("03-03 12:00").deadlines} - {None}) == 1


def test_a_matter_found_to_be_in_litigation_later_is_not_lifted_any_more() -> None:
    story = dispatched(leg("roads")).did(acts.Marked, "03-03 11:00", marks=frozenset({Mark.LITIGATION}))
    story.did(acts.Marked, "03-03 12:00", marks=frozenset({Mark.INHERITED}))
    assert not any("lifted" in line for line in story.ruled())


WATCHING = (Role.SUPERVISE, Role.FIRST_ASKED)


@pytest.mark.parametrize("pack", [BOZHOU, "bozhou-2024@1", "xuancheng-2024", "bowu-2022", "qingyang-2023"])
@pytest.mark.parametrize("role", WATCHING)
def test_a_unit_that_watches_has_no_clock_of_handling_and_no_card(pack: str, role: Role) -> None:
    story = dispatched(leg("roads"), leg("water", Role.ASSIST), leg("east", role), pack=pack)
    assert deadlines(story, "east") == {}
    assert deadlines(story, "water")
    assert "east" not in cards(story)


def test_who_watches_neither_completes_nor_keeps_open() -> None:
    story = dispatched(leg("roads"), leg("east", Role.SUPERVISE), leg("south", Role.FIRST_ASKED))
    assert story.judged("03-02 11:00").state == CaseState.DISPATCHED
    assert story.copy().completed("03-02 11:00", "roads").judged("03-02 12:00").state == CaseState.COMPLETED
    story.did(acts.ObjectionDecided, "03-02 12:00", unit="roads", upheld=True)
    assert story.judged("03-02 13:00").state == CaseState.REGISTERED


def test_a_watching_unit_is_no_dispatch() -> None:
    story = Story("bowu-2022").received("03-02 09:00")
    story.did(acts.Assigned, "03-02 10:00", legs=(leg("east", Role.SUPERVISE),))
    (dispatch,) = [d for d in story.judged("03-02 11:00").deadlines if d.kind == "dispatch"]
    assert dispatch.verdict == "open"


def unknown() -> list[tuple[type[acts.Act], dict[str, Any]]]:
    return [(acts.Relieved, {"successor": UUID(int=5)}), (acts.PauseRequested, {}), (acts.PauseDenied, {})]


@pytest.mark.parametrize(("act", "fields"), unknown(), ids=lambda value: getattr(value, "__name__", ""))
def test_an_act_on_a_leg_that_is_none_changes_nothing(act: type[acts.Act], fields: dict[str, Any]) -> None:
    story = dispatched(leg("roads"))
    assert story.copy().did(act, "03-02 12:00", unit="nobody", **fields).ruled() == story.ruled()


@pytest.mark.parametrize("act", [acts.PauseRequested, acts.PauseDenied])
def test_asking_for_a_pause_stops_nothing(act: type[acts.Act]) -> None:
    story = dispatched(leg("roads"))
    before = deadlines(story, "roads")
    assert deadlines(story.did(act, "03-02 12:00", unit="roads"), "roads") == before


def offices(story: Story, kind: str, upto: str = "12-31 12:00") -> list[str]:
    return [line.removeprefix(f"{kind} ") for line in story.stands(upto) if line.startswith(f"{kind} ")]


def test_a_pause_asked_for_is_decided_within_a_working_day_each_time_it_is_asked_for() -> None:
    story = dispatched(leg("roads"), pack=EVERY_WORD).did(acts.PauseRequested, "03-02 11:00", unit="roads")
    assert offices(story, "pause", "03-02 12:00") == ["03-03 17:30 open"]
    story.did(acts.PauseDenied, "03-02 15:00", unit="roads")
    assert offices(story, "pause", "03-02 16:00") == ["03-03 17:30 met"]
    story.did(acts.PauseRequested, "03-04 09:00", unit="roads").did(acts.Paused, "03-04 10:00", unit="roads")
    assert offices(story, "pause", "03-04 11:00") == ["03-03 17:30 met", "03-05 17:30 met"]


def test_a_leg_taken_from_its_unit_and_given_to_none_is_dispatched_again_in_time() -> None:
    story = dispatched(leg("roads"), pack=EVERY_WORD).did(acts.Relieved, "03-03 08:30", unit="roads")
    assert offices(story, "dispatch_again", "03-03 09:00") == ["03-03 11:45 open"]
    story.did(acts.Assigned, "03-03 10:00", legs=(leg("water"),))
    assert offices(story, "dispatch_again") == ["03-03 11:45 met"]
    story.did(acts.Relieved, "03-03 10:30", unit="water")
    assert [line[12:] for line in offices(story, "dispatch_again", "03-03 11:00")] == ["met", "open"]


def test_a_leg_given_to_another_unit_and_one_that_watched_leave_nothing_to_dispatch() -> None:
    story = dispatched(leg("roads"), leg("east", Role.SUPERVISE), pack=EVERY_WORD)
    story.did(acts.Relieved, "03-02 11:00", unit="east")
    assert offices(reassigned(story, "03-02 12:00", "roads", "water"), "dispatch_again") == []
