"""宣城 §5 with several departments: a silent one (视为该部门默认) approves its own part, one denial denies.

The old way: one department denied in time, the other was silent, and the whole was approved.
"""

from uuid import NAMESPACE_OID, uuid5

import pytest

from shared.rules.judging import acts
from tests.packs.histories import Story, shown, working_days

APPROVAL = "xuancheng-2024-approval"
PLANNING, FIRE = "planning", "fire"


def accepted(by: str = APPROVAL) -> Story:
    """Accepted Monday 2026-03-02 by two departments: each decides by Monday 03-09, 17:30."""
    return Story(by).received("03-02 09:00").dispatched("03-02 10:00", PLANNING, FIRE)


def test_one_denial_is_not_outvoted_by_anothers_silence():
    story = accepted().reached("denied", "03-06 10:00", unit=PLANNING)
    assert story.ruled("03-10 12:00") == [
        "03-06 10:00 approval.decided",
        "03-09 17:30 overdue decision",
        "03-09 17:30 approval.deemed decision",
    ]
    assert story.judged().state == "completed"
    assert [ruling.approved for ruling in story.judged().rulings if hasattr(ruling, "approved")] == [False]


def test_under_version_2_it_was():
    story = accepted(f"{APPROVAL}@2").reached("denied", "03-06 10:00", unit=PLANNING)
    assert story.judged().state == "approved"


def test_one_departments_silence_does_not_speak_for_another():
    # Fire has ten working days after an extension; planning lets its five pass.
    story = accepted().did(
        acts.Extended, "03-06 10:00", unit=FIRE, deadline="decision", limit=working_days(10)
    )
    assert story.ruled("03-12 12:00") == [
        "03-09 17:30 overdue decision",
        "03-09 17:30 approval.deemed decision",
    ]
    assert story.judged("03-12 12:00").state == "dispatched"
    assert story.copy().reached("denied", "03-13 10:00", unit=FIRE).judged().state == "completed"
    assert story.reached("granted", "03-13 10:00", unit=FIRE).judged().state == "approved"


def test_the_case_is_approved_when_the_last_part_is_granted_or_deemed():
    both = accepted().reached("granted", "03-05 10:00", unit=PLANNING)
    assert both.judged("03-06 12:00").state == "dispatched"
    assert both.copy().judged().state == "approved"
    granted = both.reached("granted", "03-06 10:00", unit=FIRE)
    assert granted.ruled() == ["03-06 10:00 approval.decided"]
    assert granted.judged().state == "approved"
    assert granted.judged().next_due_at is None


def test_both_silent_is_two_silences_and_one_approval():
    assert accepted().ruled() == [
        "03-09 17:30 overdue decision",
        "03-09 17:30 overdue decision",
        "03-09 17:30 approval.deemed decision",
        "03-09 17:30 approval.deemed decision",
        "03-09 17:30 approval.decided",
    ]


def test_done_without_a_yes_or_no_is_no_decision():
    story = accepted().completed("03-05 10:00", PLANNING).completed("03-05 10:00", FIRE)
    assert story.judged("03-09 17:31").state == "approved"
    decisions = [deadline for deadline in story.judged().deadlines if deadline.kind == "decision"]
    assert [deadline.verdict for deadline in decisions] == ["overdue", "overdue"]


def test_a_no_after_its_time_comes_too_late_for_this_part_alone():
    story = accepted().reached("denied", "03-09 17:31", unit=PLANNING)
    assert story.judged().state == "approved"


@pytest.mark.parametrize("other", ["granted", "denied"])
def test_a_part_that_was_given_back_decides_nothing(other: str):
    story = accepted().did(acts.Objected, "03-03 10:00", unit=FIRE)
    story.reached(other, "03-04 10:00", unit=PLANNING)
    story.did(acts.ObjectionDecided, "03-05 10:00", unit=FIRE, upheld=True)
    assert story.judged().state == ("approved" if other == "granted" else "completed")


@pytest.mark.parametrize("last", ["03-09 17:30", "03-05 10:00"])
def test_a_denied_case_whose_parts_are_all_decided_is_followed_up(last: str):
    story = accepted()
    story.reached("denied", "03-04 10:00", unit=PLANNING)
    if last == "03-05 10:00":
        story.reached("granted", last, unit=FIRE)
    (follow_up,) = [deadline for deadline in story.judged().deadlines if deadline.kind == "follow_up"]
    assert shown(follow_up.started_at) == last


def test_a_single_department_is_decided_by_its_own_word_or_silence():
    story = Story(APPROVAL).dispatched("03-02 10:00", PLANNING)
    assert story.copy().judged().state == "approved"
    assert story.reached("denied", "03-06 10:00", unit=PLANNING).judged().state == "completed"


def test_a_department_that_gets_it_later_has_no_more_time_than_the_one_before_it_had():
    story = Story(APPROVAL).received("03-02 09:00").dispatched("03-02 10:00", PLANNING)
    story.dispatched("03-06 10:00", FIRE)
    story.did(acts.Relieved, "03-06 10:00", unit=PLANNING, successor=uuid5(NAMESPACE_OID, FIRE))
    assert story.ruled()[:2] == ["03-09 17:30 overdue decision", "03-09 17:30 approval.deemed decision"]
    assert story.judged().state == "approved"


def test_the_time_that_was_added_goes_on_with_it():
    story = Story(APPROVAL).received("03-02 09:00").dispatched("03-02 10:00", PLANNING)
    story.did(acts.Extended, "03-03 10:00", unit=PLANNING, deadline="decision", limit=working_days(10))
    story.dispatched("03-06 10:00", FIRE)
    story.did(acts.Relieved, "03-06 10:00", unit=PLANNING, successor=uuid5(NAMESPACE_OID, FIRE))
    # Ten working days from Monday 2026-03-02.
    assert story.ruled()[0] == "03-16 17:30 overdue decision"


def test_the_time_that_was_paused_goes_on_with_it():
    story = Story(APPROVAL).received("03-02 09:00").dispatched("03-02 10:00", PLANNING)
    story.did(acts.Paused, "03-03 10:00", unit=PLANNING).did(acts.Resumed, "03-05 10:00", unit=PLANNING)
    alone = story.copy().ruled()[0]
    story.dispatched("03-06 10:00", FIRE)
    story.did(acts.Relieved, "03-06 10:00", unit=PLANNING, successor=uuid5(NAMESPACE_OID, FIRE))
    assert story.copy().ruled()[0] == alone == "03-11 17:30 overdue decision"
    story.did(acts.Paused, "03-10 10:00", unit=FIRE).did(acts.Resumed, "03-11 10:00", unit=FIRE)
    assert story.ruled()[0] == "03-12 17:30 overdue decision", "the first pause counts after another one too"
