"""A lift waits for what the office gathers (汇总梳理), and no longer than that: it is no drawer."""

from pathlib import Path

from shared.rules.judging import acts
from shared.rules.judging.state import CaseState
from shared.rules.terms import Mark
from tests.packs.histories import Story

EVERY_WORD = str(Path(__file__).parent / "every_word.yaml")
WAITS = "gathering 03-11 17:30 open"


def twice_late() -> Story:
    """Dispatched on Monday 2026-03-02: the reply is late on the 5th, and again on the 10th."""
    return Story(EVERY_WORD).received("03-02 10:00").dispatched("03-02 11:00")


def lifts(story: Story, upto: str = "12-31 12:00") -> list[str]:
    return [line for line in story.ruled(upto) if " lifted " in line]


def test_the_lift_waits_while_the_office_gathers() -> None:
    assert WAITS in twice_late().stands("03-11 10:00")
    assert lifts(twice_late(), "03-11 10:00") == []
    assert twice_late().judged("03-11 10:00").state == CaseState.DISPATCHED


def test_what_the_office_gathered_is_lifted_then() -> None:
    story = twice_late().did(acts.Gathered, "03-11 10:00")
    assert lifts(story) == ["03-11 10:00 lifted count"]
    assert "gathering 03-11 17:30 met" in story.stands("03-12 10:00")


def test_what_the_office_did_not_gather_is_lifted_anyway_and_goes_up() -> None:
    lines = twice_late().ruled("03-12 18:00")
    assert lifts(twice_late()) == ["03-11 17:30 lifted count"]
    assert "03-11 17:30 overdue gathering" in lines
    assert "03-11 17:30 raised gathering head" in lines
    assert "raised gathering in_charge" not in " ".join(lines)  # the lift itself goes to the leader in charge


def test_a_refusal_does_not_wait_and_takes_what_waited_with_it() -> None:
    story = twice_late().did(acts.Refused, "03-11 10:00")
    assert lifts(story) == ["03-11 10:00 lifted refusal"]
    assert "gathering 03-11 17:30 void" in story.stands()


def test_what_was_completed_meanwhile_needs_no_leader() -> None:
    story = twice_late().completed("03-11 10:00").did(acts.Gathered, "03-11 11:00")
    assert lifts(story) == []
    assert "gathering 03-11 17:30 void" in story.stands()


def test_what_waited_waits_again_when_a_referred_case_comes_back() -> None:
    story = twice_late().did(acts.Referred, "03-11 10:00")
    assert "gathering 03-11 17:30 void" in story.stands("03-12 10:00")
    assert lifts(story.copy().did(acts.Gathered, "03-11 11:00")) == []
    story.did(acts.ReferralReturned, "03-12 10:00")
    assert "gathering 03-13 17:30 open" in story.stands("03-12 11:00")
    assert lifts(story)[0] == "03-13 17:30 lifted count"


def test_gathering_without_a_lift_that_waits_changes_nothing() -> None:
    early = twice_late().did(acts.Gathered, "03-09 10:00")
    assert early.ruled() == twice_late().ruled()


def test_what_is_never_lifted_is_not_lifted_after_the_gathering_either() -> None:
    story = Story("bozhou-2024@1").received("03-02 10:00").dispatched("03-02 11:00", marks={Mark.LITIGATION})
    assert lifts(story.did(acts.Gathered, "03-20 10:00")) == []
