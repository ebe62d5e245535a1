"""The office has clocks of its own, and what it misses goes up until somebody has met it."""

from datetime import date
from pathlib import Path

import pytest

from shared.rules.judging import acts
from shared.rules.judging.state import CaseState
from tests.packs.histories import Story, working_days

EVERY_WORD = str(Path(__file__).parent / "every_word.yaml")
"""A pack with every word of version 3. Half a day to dispatch, one to decide, one between two steps up."""


def received() -> Story:
    """Registered on Monday 2026-03-02."""
    return Story(EVERY_WORD).received("03-02 10:00")


def dispatched() -> Story:
    return received().dispatched("03-02 11:00").replied("03-02 16:00")


def raised(story: Story, upto: str = "12-31 12:00") -> list[str]:
    return [line for line in story.ruled(upto) if " raised " in line]


def test_an_appeal_that_nobody_dispatches_goes_up_step_by_step() -> None:
    # 195 office minutes from 10:00 end at 15:45; a working day after Monday ends on Tuesday at 17:30.
    assert received().ruled() == [
        "03-02 15:45 overdue dispatch",
        "03-02 15:45 raised dispatch head",
        "03-03 17:30 raised dispatch in_charge",
    ]


def test_the_next_step_says_itself_when_it_is_due() -> None:
    judged = received().judged("03-02 18:00")
    assert judged.next_due_at is not None
    assert received().judged("03-03 18:00").next_due_at is None


def test_what_is_met_late_goes_up_no_further() -> None:
    assert raised(received().dispatched("03-03 09:00"), "03-04 09:00") == ["03-02 15:45 raised dispatch head"]


def test_an_act_in_the_minute_in_which_it_would_go_up_is_in_time() -> None:
    assert len(raised(received().dispatched("03-03 17:30:59"), "03-04 08:00")) == 1
    assert len(raised(received().dispatched("03-03 17:31:00"), "03-04 08:00")) == 2


@pytest.mark.parametrize("end", [acts.Withdrawn, acts.Closed])
def test_an_ended_case_goes_up_no_further(end: type[acts.Act]) -> None:
    assert len(raised(received().did(end, "03-03 09:00"))) == 1


def test_after_an_upheld_objection_the_office_has_to_dispatch_again() -> None:
    story = received().dispatched("03-02 11:00").did(acts.Objected, "03-02 14:30")
    story.did(acts.ObjectionDecided, "03-03 09:00", upheld=True)
    assert story.judged("03-03 10:00").state == CaseState.REGISTERED
    assert story.stands("03-03 10:00")[-1] == "dispatch_again 03-03 14:45 open"
    assert "03-03 14:45 raised dispatch_again head" in story.ruled()
    in_time = story.dispatched("03-03 10:30", "county")
    assert "dispatch_again 03-03 14:45 met" in in_time.stands("03-03 18:00")


def test_a_rejected_objection_leaves_the_case_where_it_is() -> None:
    story = received().dispatched("03-02 11:00").did(acts.Objected, "03-02 14:30")
    story.did(acts.ObjectionDecided, "03-03 09:00", upheld=False)
    assert not any("dispatch_again" in line for line in story.stands())


def test_an_undecided_objection_goes_up() -> None:
    story = received().dispatched("03-02 11:00").did(acts.Objected, "03-02 14:30")
    assert "03-03 17:30 raised objection head" in story.ruled()


def test_a_second_objection_has_a_clock_of_its_own() -> None:
    story = received().dispatched("03-02 11:00").did(acts.Objected, "03-02 14:30")
    story.did(acts.ObjectionDecided, "03-02 15:00", upheld=False).did(acts.Objected, "03-04 09:00")
    assert [line for line in story.stands("03-04 10:00") if line.startswith("objection")] == [
        "objection 03-03 17:30 met",
        "objection 03-05 17:30 open",
    ]


def asked(extension: bool) -> Story:
    return dispatched().did(acts.ExtensionAsked if extension else acts.PauseRequested, "03-03 09:00")


@pytest.mark.parametrize("extension", [True, False])
def test_what_a_unit_asks_for_is_decided_in_a_day_or_goes_up(extension: bool) -> None:
    kind = "extension" if extension else "pause"
    assert f"{kind} 03-04 17:30 open" in asked(extension).stands("03-04 09:00")
    assert f"03-04 17:30 raised {kind} head" in asked(extension).ruled()


def test_each_decision_on_an_extension_meets_it() -> None:
    denied = asked(True).did(acts.ExtensionDenied, "03-04 09:00")
    granted = asked(True).extended("03-04 09:00", "completion", working_days(15))
    for decided in (denied, granted):
        assert "extension 03-04 17:30 met" in decided.stands("03-05 09:00")


def test_each_decision_on_a_pause_meets_it() -> None:
    for decision in (acts.PauseDenied, acts.Paused):
        assert "pause 03-04 17:30 met" in asked(False).did(decision, "03-04 09:00").stands("03-05 09:00")


def test_the_office_cannot_stop_its_own_clock_by_a_pause_of_the_unit() -> None:
    story = dispatched().did(acts.Objected, "03-03 09:00").did(acts.Paused, "03-03 10:00")
    assert "objection 03-04 17:30 overdue" in story.stands("03-06 10:00")
    assert "completion suspended open" in story.stands("03-06 10:00")


def test_a_complaint_to_the_office_is_answered_in_three_days_or_goes_up() -> None:
    story = dispatched().did(acts.Complained, "03-03 09:00")
    assert "03-06 17:30 raised complaint head" in story.ruled()
    answered = story.did(acts.ComplaintDecided, "03-06 09:00")
    assert "complaint 03-06 17:30 met" in answered.stands("03-07 09:00")


def test_a_further_complaint_after_the_answer_has_a_clock_of_its_own() -> None:
    story = dispatched().did(acts.Complained, "03-03 09:00").did(acts.ComplaintDecided, "03-03 10:00")
    story.did(acts.Complained, "03-04 09:00")
    assert "complaint 03-09 17:30 open" in story.stands("03-05 09:00")


def test_closing_takes_three_days_once_all_is_done_and_the_enterprise_was_heard() -> None:
    done = dispatched().completed("03-04 10:00")
    assert not any(line.startswith("closure") for line in done.stands("03-05 09:00"))
    rated = done.did(acts.Rated, "03-05 10:00")
    assert rated.stands("03-06 09:00")[-1] == "closure 03-10 17:30 open"
    assert "03-10 17:30 raised closure head" in rated.ruled()
    closed = rated.did(acts.Closed, "03-10 09:00")
    assert "closure 03-10 17:30 met" in closed.stands()


def test_a_call_that_was_answered_counts_as_heard_and_one_that_was_not_does_not() -> None:
    for reached, runs in ((True, True), (False, False)):
        story = dispatched().completed("03-04 10:00").did(acts.FollowedUp, "03-05 10:00", reached=reached)
        assert any(line.startswith("closure") for line in story.stands("03-06 09:00")) is runs


def test_reopening_ends_the_clock_of_closure_and_the_enterprise_is_heard_anew() -> None:
    story = (
        dispatched().completed("03-04 10:00").did(acts.Rated, "03-05 10:00").did(acts.Reopened, "03-06 10:00")
    )
    assert "closure 03-10 17:30 void" in story.stands("03-06 11:00")
    again = story.completed("03-09 10:00")
    assert [line for line in again.stands("03-10 09:00") if line.startswith("closure")] == [
        "closure 03-10 17:30 void"
    ]
    again.did(acts.Rated, "03-10 10:00")
    assert "closure 03-13 17:30 open" in again.stands("03-11 09:00")


def test_a_closure_that_was_late_goes_up_no_further_once_the_case_is_reopened() -> None:
    story = (
        dispatched().completed("03-04 10:00").did(acts.Rated, "03-05 10:00").did(acts.Reopened, "03-11 10:00")
    )
    assert [line for line in raised(story) if "closure" in line] == ["03-10 17:30 raised closure head"]


@pytest.mark.parametrize("pack_id", ["bozhou-2024@1", "bowu-2022@1", "xuancheng-2024@1", "qingyang-2023@1"])
def test_versions_of_before_know_none_of_it(pack_id: str) -> None:
    story = Story(pack_id).received("03-02 10:00").dispatched("03-02 11:00").did(acts.Objected, "03-03 09:00")
    story.did(acts.ExtensionAsked, "03-03 09:10").did(acts.Complained, "03-03 09:20")
    story.did(acts.Promised, "03-03 09:30", planned_on=date(2026, 3, 20))
    story.did(acts.ObjectionDecided, "03-03 10:00", upheld=True)
    kinds = {line.split()[0] for line in story.stands()}
    assert not kinds & {"dispatch_again", "extension", "pause", "complaint", "closure", "promise"}
    assert raised(story) == []


def test_a_part_that_was_granted_beside_one_that_was_completed_leaves_no_case_without_a_clock() -> None:
    story = received().dispatched("03-02 11:00", "town", "county").completed("03-03 10:00", "county")
    story.reached("granted", "03-03 11:00")
    assert story.judged("03-04 10:00").state == CaseState.COMPLETED
    assert "follow_up 03-06 17:30 open" in story.stands("03-04 10:00")
