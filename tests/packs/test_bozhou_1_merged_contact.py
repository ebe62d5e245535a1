"""亳政办〔2024〕8号 §1: a common problem is solved once; each enterprise is still contacted by itself."""

from typing import Any

import pytest

from shared.rules.judging import acts
from tests.packs.histories import Story

PASSED_ON: dict[str, Any] = {"passed_on": True}


def contact(story: Story, upto: str) -> list[str]:
    return [line for line in story.stands(upto) if line.startswith("contact")]


def dispatched(pack: str = "bozhou-2024") -> Story:
    # Monday 03-02: contact by the end of Tuesday 03-03
    return Story(pack).dispatched("03-02 10:00")


@pytest.mark.parametrize("act_type", [acts.Responded, acts.Completed])
def test_what_was_told_to_another_enterprise_is_no_contact_with_this_one(act_type: type[acts.LegAct]):
    story = dispatched().did(act_type, "03-02 15:00", **PASSED_ON)
    assert contact(story, "03-02 16:00") == ["contact 03-03 24:00 open"]
    assert contact(story.copy(), "03-04 10:00") == ["contact 03-03 24:00 overdue"]
    called = story.contacted("03-03 09:00")
    assert contact(called, "03-04 10:00") == ["contact 03-03 24:00 met"]


@pytest.mark.parametrize("act_type", [acts.Responded, acts.Completed])
def test_what_the_unit_told_this_enterprise_itself_is_a_contact_as_ever(act_type: type[acts.LegAct]):
    assert contact(dispatched().did(act_type, "03-02 15:00"), "03-04 10:00") == ["contact 03-03 24:00 met"]


@pytest.mark.parametrize("pack", ["bozhou-2024@2", "bozhou-2024@1", "bowu-2022"])
def test_a_pack_without_the_word_lets_the_shared_reply_count(pack: str):
    story = dispatched(pack).did(acts.Responded, "03-02 10:30", **PASSED_ON)
    plain = dispatched(pack).did(acts.Responded, "03-02 10:30")
    assert story.stands("03-05 10:00") == plain.stands("03-05 10:00")


def test_what_else_is_shared_counts_for_all():
    story = dispatched().did(acts.Responded, "03-02 15:00", **PASSED_ON)
    assert "reply 03-05 24:00 met" in story.stands("03-04 10:00")
    assert (
        dispatched().did(acts.Completed, "03-02 15:00", **PASSED_ON).judged("03-02 16:00").state
        == "completed"
    )
