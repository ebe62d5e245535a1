"""亳政办〔2024〕8号, version 3: what stood still or ended its clocks by words, and what happens now."""

from datetime import date

import pytest

from shared.rules.judging import acts
from shared.rules.terms import Mark
from tests.packs.histories import Story, loaded, working_days

BZ, BEFORE = "bozhou-2024", "bozhou-2024@2"


def dispatched(pack_id: str = BZ) -> Story:
    return Story(pack_id).received("03-02 09:00").dispatched("03-02 10:00").contacted("03-02 11:00")


def replying(pack_id: str = BZ) -> Story:
    """A unit that replies in every round and never finishes."""
    return dispatched(pack_id).replied("03-04 10:00").replied("03-10 10:00").replied("03-13 10:00")


def test_what_nobody_dispatched_is_the_offices_and_goes_up():
    """Half a working day from 09:00 is 195 minutes of the office: 14:45. Then a working day, to its close."""
    story = Story(BZ).received("03-02 09:00")
    assert story.ruled("03-31 12:00") == [
        "03-02 14:45 overdue dispatch",
        "03-02 14:45 raised dispatch head",
        "03-03 17:30 raised dispatch in_charge",
    ]
    assert story.dispatched("03-03 09:00").ruled("03-03 18:00")[1:] == ["03-02 14:45 raised dispatch head"]
    assert Story(BEFORE).received("03-02 09:00").ruled() == []


def test_an_undecided_objection_goes_up_and_the_units_clock_runs_on():
    story = dispatched().replied("03-02 11:30").did(acts.Objected, "03-02 12:00")
    assert story.ruled("03-06 12:00") == [
        "03-03 17:30 overdue objection",
        "03-03 17:30 raised objection head",
        "03-04 17:30 raised objection in_charge",
    ]


def test_after_an_upheld_objection_it_is_dispatched_again_in_half_a_working_day():
    """Upheld at 17:00: half an hour on that day, 165 minutes on the next: 11:15."""
    given_back = dispatched().did(acts.Objected, "03-02 12:00")
    given_back.did(acts.ObjectionDecided, "03-02 17:00", upheld=True)
    assert given_back.ruled("03-03 12:00") == [
        "03-03 11:15 overdue dispatch_again",
        "03-03 11:15 raised dispatch_again head",
    ]
    assert given_back.copy().dispatched("03-03 11:00", "bureau").ruled("03-03 12:00") == []


def test_a_unit_that_only_replies_gets_the_card_and_is_lifted():
    """未办结: ten days to Thursday 03-12, the second dispatch ten more to Sunday 03-22, which rolls."""
    assert replying().ruled("03-27 12:00") == [
        "03-12 24:00 overdue completion",
        "03-12 24:00 card.issued completion",
        "03-12 24:00 redispatched overdue",
        "03-23 24:00 overdue completion",
        "03-23 24:00 supervised completion",
        "03-25 17:30 overdue gathering",
        "03-25 17:30 raised gathering head",
        "03-25 17:30 lifted count",
    ]
    assert replying(BEFORE).ruled() == []


def test_a_limit_typed_at_dispatch_replaces_the_ten_days():
    limits = {"completion": {"limit": working_days(5)}}
    story = Story(BZ).dispatched("03-02 10:00", limits=limits).replied("03-03 10:00")
    assert "completion 03-09 17:30 open" in story.stands("03-04 10:00")


def test_the_card_says_which_of_its_grounds_is_the_text_and_which_a_choice():
    steps = {step.step: step for step in loaded(BZ).ladder}
    grounds = [
        steps[name].ground for name in ("yellow_card", "yellow_card_for_reply", "yellow_card_for_promise")
    ]
    assert grounds == ["亳政办〔2024〕8号 §3", "choice", "choice"]


@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2026, 3, 2)])
def test_a_plan_for_a_day_that_is_over_meets_nothing(day: date):
    story = dispatched().replied("03-02 11:30").did(acts.Promised, "03-03 10:00", planned_on=day)
    assert "completion 03-12 24:00 open" in story.stands("03-04 12:00")


def test_what_was_promised_is_kept_or_gets_the_card_and_the_lift():
    """Friday 03-20, to its end; the second dispatch begins on the 21st; its three days end on the 24th."""
    story = (
        dispatched().replied("03-02 11:30").did(acts.Promised, "03-03 10:00", planned_on=date(2026, 3, 20))
    )
    assert story.copy().completed("03-20 23:00").ruled("03-23 12:00") == []
    assert story.ruled("03-27 12:00") == [
        "03-20 24:00 overdue promise",
        "03-20 24:00 card.issued promise",
        "03-20 24:00 redispatched overdue",
        "03-24 24:00 overdue reply",
        "03-24 24:00 supervised reply",
        "03-26 17:30 overdue gathering",
        "03-26 17:30 raised gathering head",
        "03-26 17:30 lifted count",
    ]


def test_a_promise_for_2046_ends_with_the_thirtieth_working_day():
    story = dispatched().replied("03-02 11:30").did(acts.Promised, "03-03 10:00", planned_on=date(2046, 1, 1))
    assert "promise 04-14 24:00 open" in story.stands("03-04 12:00")


def test_a_lifted_case_is_not_done_by_a_plan():
    story = dispatched().replied("03-02 11:30").did(acts.Refused, "03-03 10:00")
    story.did(acts.Promised, "03-03 11:00", planned_on=date(2026, 3, 20))
    assert "lifted 03-13 24:00 open" in story.stands("03-04 12:00")


def test_the_office_gathers_before_a_lift_and_cannot_keep_it():
    story = Story(BZ).dispatched("03-02 10:00", marks=[Mark.INHERITED]).replied("03-02 11:00")
    assert story.copy().did(acts.Gathered, "03-02 15:00").ruled("03-04 12:00") == ["03-02 15:00 lifted kind"]
    assert story.ruled("03-03 18:00") == [
        "03-03 17:30 overdue gathering",
        "03-03 17:30 raised gathering head",
        "03-03 17:30 lifted kind",
    ]


def test_a_refusal_is_lifted_at_once():
    story = dispatched().replied("03-02 11:30").did(acts.Refused, "03-03 10:00")
    assert story.ruled("03-05 12:00") == ["03-03 10:00 lifted refusal"]


def test_what_is_done_is_followed_up_and_struck_off():
    done = dispatched().completed("03-03 10:00")
    assert done.ruled("03-07 12:00") == [
        "03-06 17:30 overdue follow_up",
        "03-06 17:30 raised follow_up head",
    ]
    rated = done.copy().did(acts.Rated, "03-04 10:00")
    assert rated.ruled("03-09 18:00") == ["03-09 17:30 overdue closure", "03-09 17:30 raised closure head"]
    assert rated.did(acts.Closed, "03-09 10:00").ruled() == []


def test_a_complaint_about_a_reply_has_its_clock():
    story = dispatched().replied("03-03 10:00").did(acts.Complained, "03-03 12:00")
    assert story.ruled("03-07 12:00") == [
        "03-06 17:30 overdue complaint",
        "03-06 17:30 raised complaint head",
    ]
    assert story.did(acts.ComplaintDecided, "03-05 10:00").ruled("03-07 12:00") == []


def test_what_a_unit_asks_for_is_decided_in_a_working_day():
    story = dispatched().replied("03-03 10:00").did(acts.ExtensionAsked, "03-03 12:00")
    assert story.ruled("03-04 18:00") == [
        "03-04 17:30 overdue extension",
        "03-04 17:30 raised extension head",
    ]


def test_what_was_verified_is_published_or_exposed():
    """附件4: three working days after Wednesday 03-04 end on Monday 03-09."""
    story = Story(BZ, "report").received("03-02 09:00").dispatched("03-02 10:00").replied("03-02 11:00")
    story.reached("verified", "03-04 10:00")
    assert story.copy().reached("disclosed", "03-09 10:00").ruled("03-12 12:00") == []
    assert story.ruled("03-10 12:00") == NOT_PUBLISHED


NOT_PUBLISHED = [
    "03-09 17:30 overdue disclosure",
    "03-09 17:30 raised disclosure head",
    "03-09 17:30 publication.proposed disclosure",
]


@pytest.mark.parametrize("completed", ["03-03 10:00", "03-05 10:00"])
def test_a_completion_before_or_after_what_was_verified_does_not_end_its_publication(completed: str):
    """附件4: what is published is how it was verified and handled (核查处理情况)."""
    story = Story(BZ, "report").received("03-02 09:00").dispatched("03-02 10:00").contacted("03-02 11:00")
    for when, stage in sorted([(completed, "completed"), ("03-04 10:00", "verified")]):
        story = story.completed(when) if stage == "completed" else story.reached(stage, when)
    about = [line for line in story.ruled("03-10 12:00") if "disclosure" in line]
    assert about == NOT_PUBLISHED
    published = story.reached("disclosed", "03-09 17:30").ruled("03-10 12:00")
    assert not [line for line in published if "disclosure" in line]
