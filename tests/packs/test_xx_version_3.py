"""XX市实施意见（2022）, version 3 of its packs: no way around the clock, and each clause by its text."""

from decimal import Decimal

import pytest

from shared.rules.judging import acts
from shared.rules.terms import Mark
from tests.packs.histories import Story, at, working_days

XX = "xx-city-2022"


def ruled(story: Story, upto: str = "12-31 12:00") -> set[str]:
    """What was ruled of the case, without the moments."""
    return {line.split(maxsplit=2)[2] for line in story.ruled(upto)}


# §7 首问负责，限时办结；保障措施（三）约谈提醒
def test_an_appeal_that_nobody_dispatches_is_raised_to_the_head_and_then_to_the_leader_in_charge():
    # Monday 03-02: one working day, 03-03; raised at once, and after another working day to the next one up.
    lines = Story(XX).received("03-02 09:00").ruled("03-05 12:00")
    assert lines[:2] == ["03-03 17:30 overdue dispatch", "03-03 17:30 reminded dispatch"]
    assert [line for line in lines if "raised" in line] == [
        "03-03 17:30 raised dispatch head",
        "03-04 17:30 raised dispatch in_charge",
    ]


def test_before_version_3_nothing_followed_from_an_appeal_that_nobody_dispatched():
    assert Story(f"{XX}@2").received("03-02 09:00").ruled() == []


def test_a_second_miss_goes_to_the_leader_in_charge_and_not_to_discipline_inspection():
    story = Story(XX).received("03-02 09:00").dispatched("03-02 10:00").contacted("03-03 10:00")
    story.contacted("03-12 10:00")
    assert "hand" not in " ".join(story.ruled())
    assert [line for line in story.ruled("03-17 12:00") if "lifted" in line] == ["03-16 17:30 lifted count"]
    old = Story(f"{XX}@2").dispatched("03-02 10:00").ruled("03-17 12:00")
    assert old[-1] == "03-16 17:30 handed_over completion discipline_inspection"


def test_a_matter_before_a_court_is_not_lifted():
    story = Story(XX).dispatched("03-02 10:00", marks=[Mark.LITIGATION])
    assert "lifted count" not in ruled(story)
    assert "supervised completion" in ruled(story)


# §8 简单事项即时即办
def test_a_simple_matter_is_done_at_once():
    # Half a working day, 195 office minutes, from Monday 10:00: 15:45.
    story = Story(XX, "consultation").received("03-02 09:00").dispatched("03-02 10:00")
    assert "completion 03-02 15:45 open" in story.stands("03-02 12:00")
    help_ = Story(XX).received("03-02 09:00").dispatched("03-02 10:00")
    assert "completion 03-11 17:30 open" in help_.stands("03-02 12:00")


def test_a_hard_consultation_is_given_its_own_limit_at_dispatch():
    own = {"completion": {"limit": working_days(5)}}
    story = Story(XX, "consultation").received("03-02 09:00").dispatched("03-02 10:00", limits=own)
    assert "completion 03-09 17:30 open" in story.stands("03-02 12:00")


def test_an_objection_that_is_not_decided_and_a_matter_given_back_have_their_clocks():
    story = Story(XX).received("03-02 09:00").dispatched("03-02 10:00").did(acts.Objected, "03-02 11:00")
    assert "raised objection head" in ruled(story, "03-04 12:00")
    story.did(acts.ObjectionDecided, "03-03 10:00", upheld=True)
    assert "raised dispatch_again head" in ruled(story, "03-05 12:00")


def test_a_case_that_was_rated_and_is_not_closed_is_raised():
    story = Story(XX).received("03-02 09:00").dispatched("03-02 10:00").completed("03-03 10:00")
    story.did(acts.Rated, "03-04 10:00")
    assert {"overdue closure", "raised closure head", "raised closure in_charge"} <= ruled(story)
    assert not {"raised closure head"} & ruled(story.did(acts.Closed, "03-09 10:00"))


# §19 线索台账，销号管理；事事有回应、件件有着落
def clue() -> Story:
    return Story(f"{XX}-clues", "clue").received("03-02 09:00").dispatched("03-02 10:00", "hotline")


@pytest.mark.parametrize(("version", "state"), [("@2", "completed"), ("", "dispatched")])
def test_a_unit_cannot_end_a_clue_by_saying_that_it_is_done(version: str, state: str):
    story = Story(f"{XX}-clues{version}", "clue").received("03-02 09:00").dispatched("03-02 10:00", "hotline")
    story.completed("03-02 11:00", unit="hotline")
    assert story.judged("03-03 10:00").state == state
    handed = "handed_over transfer discipline_inspection" in ruled(story)
    assert handed == (version == "")


def test_a_clue_handed_over_stays_until_it_has_an_outcome():
    story = clue()
    assert "overdue outcome" in ruled(story.completed("04-01 10:00", unit="hotline"))
    assert "overdue outcome" not in ruled(story.did(acts.Found, "04-20 10:00"))


def test_a_clue_is_completed_once_whoever_brought_it_was_told_and_then_closed_in_time():
    story = clue()
    for stage, day in (("transferred", "03-03"), ("inquired", "03-04"), ("told", "03-05")):
        story.reached(stage, f"{day} 10:00", unit="hotline")
    story.completed("03-05 11:00", unit="hotline")
    assert story.judged("03-06 10:00").state == "completed"
    assert "raised closure head" in ruled(story)


def test_a_clue_that_nobody_dispatches_is_raised():
    assert "raised dispatch head" in ruled(Story(f"{XX}-clues", "clue").received("03-02 09:00"))


# §3 到达本级15日内
def award(kind: str = "help", version: str = "") -> Story:
    story = Story(f"{XX}-award{version}", kind).received("09-01 09:00").dispatched("09-01 10:00")
    return story.reached("verified", "09-02 10:00")


def test_the_fifteen_days_run_from_the_arrival_and_not_from_when_the_office_enters_it():
    # Arrived Monday 2026-09-21; day 15 is 10-06, National Day, so Thursday 10-08, 24:00.
    story = award().reached("arrived", "10-07 10:00", "09-21 09:00")
    assert "payment 10-08 24:00 open" in story.stands("10-07 12:00")
    old = award(version="@2").reached("arrived", "10-07 10:00")
    assert "payment 10-22 24:00 open" in old.stands("10-07 12:00")


def test_an_arrival_that_is_entered_late_makes_the_payment_late():
    story = award().reached("arrived", "10-20 10:00", "09-21 09:00")
    assert "payment 10-08 24:00 overdue" in story.stands("10-20 10:01")
    assert "supervised payment" in ruled(story, "10-20 10:01")


def test_the_office_finds_out_whether_the_money_has_come():
    assert "raised arrival head" in ruled(award())
    assert "raised arrival head" not in ruled(award("unkept_promise"))
    assert {"overdue funding", "supervised funding"} <= ruled(award("unkept_promise"))


def test_what_was_paid_is_reported_done():
    story = award().reached("arrived", "09-21 10:00", "09-21 09:00").reached("paid", "09-22 10:00")
    assert "supervised paid_out" in ruled(story)


# §17 对政府部门由财政减少转移支付；对国有企业由国资委监管
@pytest.mark.parametrize(
    ("unit_kind", "to"),
    [
        ("department", "handed_over share finance"),
        ("locality", "handed_over share finance"),
        ("state_firm", "handed_over share state_assets"),
        ("large_firm", None),
        (None, None),
    ],
)
def test_a_share_that_is_not_paid_goes_to_who_stands_over_the_debtor(unit_kind: str | None, to: str | None):
    story = Story(f"{XX}-arrears", "arrears").received("03-02 09:00")
    story.dispatched("03-02 10:00", "debtor", unit_kind=unit_kind)
    story.reached("plan_filed", "03-03 10:00", "06-30 24:00", unit="debtor")
    lines = ruled(story)
    assert "supervised share" in lines
    assert [line for line in lines if "handed_over" in line] == ([to] if to else [])


def test_what_was_paid_adds_up_and_the_last_payment_starts_the_report():
    story = Story(f"{XX}-arrears", "arrears").received("03-02 09:00").dispatched("03-02 10:00", "debtor")
    plan = {"stage": "plan_filed", "dates": (at("06-30 24:00"),), "sums": (Decimal(600000),)}
    story.did(acts.Reached, "03-03 10:00", unit="debtor", **plan)
    story.did(acts.Reached, "04-01 10:00", unit="debtor", stage="paid", paid=Decimal(1))
    assert "share 06-30 24:00 open" in story.stands("04-02 10:00")
    story.did(acts.Reached, "04-07 10:00", unit="debtor", stage="paid", paid=Decimal(599999))
    stands = story.stands("04-07 12:00")
    assert "share 06-30 24:00 met" in stands
    assert "settled 04-10 17:30 open" in stands
    assert "supervised settled" in ruled(story)
    assert "supervised settled" not in ruled(story.completed("04-10 10:00", unit="debtor"))
