"""What lay with nobody: unconfirmed reports, complaints past the end, units that are added after the rating.

Each was a state in which no clock ran and nobody was named. The random walks found or would find them.
"""

from decimal import Decimal

import pytest

from shared.rules.judging import acts
from tests.packs.histories import Story, working_days

QINGYANG, XX, XC = "qingyang-2023-arrears@3", "xx-city-2022-arrears@3", "xuancheng-2024@3"


def at_work(pack: str, *units: str, kind: str = "help") -> Story:
    """Registered and dispatched on Monday 2026-03-02."""
    return Story(pack, kind).received("03-02 09:00").dispatched("03-02 10:00", *units)


def stands(story: Story, upto: str, *deadlines: str) -> list[str]:
    return [line for line in story.stands(upto) if line.split()[0] in deadlines]


@pytest.mark.parametrize("pack", [QINGYANG, XX])
def test_a_payment_that_the_debtor_reports_waits_three_working_days_and_then_goes_up(pack: str):
    story = at_work(pack, kind="arrears").did(acts.StageProposed, "03-03 10:00", number=1)
    assert stands(story, "03-06 17:30", "stage_decision") == ["stage_decision 03-06 17:30 open"]
    assert [line for line in story.ruled("03-10 18:00") if "stage_decision" in line] == [
        "03-06 17:30 overdue stage_decision",
        "03-06 17:30 reminded stage_decision",
        "03-06 17:30 raised stage_decision head",
        "03-09 17:30 raised stage_decision in_charge",
    ]
    assert {d.unit for d in story.judged("03-10 18:00").deadlines if d.kind == "stage_decision"} == {None}


def test_a_report_is_decided_by_its_number_whether_it_is_confirmed_or_not():
    story = at_work(QINGYANG, kind="arrears")
    for number, day in enumerate(("03-03", "03-04", "03-05"), 1):
        story.did(acts.StageProposed, f"{day} 10:00", number=number)
    story.reached("paid", "03-05 11:00", number=2, paid=Decimal(100))
    story.did(acts.StageDeclined, "03-05 12:00", number=3)
    assert stands(story, "03-06 12:00", "stage_decision") == [
        "stage_decision 03-06 17:30 open",
        "stage_decision 03-09 17:30 met",
        "stage_decision 03-10 17:30 met",
    ]
    assert stands(story.reached("paid", "03-06 13:00", paid=Decimal(1)), "03-06 14:00", "stage_decision")[
        0
    ] == ("stage_decision 03-06 17:30 open")


def test_a_report_of_the_same_moment_as_its_confirmation_is_decided():
    story = at_work(QINGYANG, kind="arrears").reached("paid", "03-03 10:00", number=1, paid=Decimal(100))
    story.did(acts.StageProposed, "03-03 10:00", number=1)
    assert stands(story, "03-04 10:00", "stage_decision") == ["stage_decision 03-06 17:30 met"]


def closed(pack: str = XC) -> Story:
    story = at_work(pack).completed("03-03 10:00").did(acts.Found, "03-03 11:00")
    return story.did(acts.Rated, "03-03 12:00").did(acts.Closed, "03-04 10:00")


def test_a_complaint_after_closure_has_its_clock_and_goes_up():
    story = closed().did(acts.Complained, "03-05 10:00")
    assert story.judged("03-06 10:00").state == "closed"
    assert stands(story, "03-06 10:00", "complaint") == ["complaint 03-10 17:30 open"]
    assert [line for line in story.ruled("03-12 10:00") if "complaint" in line] == [
        "03-10 17:30 overdue complaint",
        "03-10 17:30 raised complaint head",
        "03-11 17:30 raised complaint in_charge",
    ]
    answered = story.copy().did(acts.ComplaintDecided, "03-09 10:00")
    assert stands(answered, "03-20 10:00", "complaint") == ["complaint 03-10 17:30 met"]


def test_who_closes_the_case_still_owes_the_answer_to_a_complaint():
    story = at_work(XC).completed("03-03 10:00").did(acts.Complained, "03-03 11:00")
    story.did(acts.Rated, "03-03 12:00").did(acts.Closed, "03-04 10:00")
    assert stands(story, "03-05 10:00", "complaint") == ["complaint 03-06 17:30 open"]
    assert "03-06 17:30 raised complaint head" in story.ruled("03-07 10:00")


def test_who_refers_the_case_still_owes_the_answer_to_a_complaint():
    story = at_work(XC).did(acts.Complained, "03-03 10:00").did(acts.Referred, "03-03 11:00")
    assert stands(story, "03-04 10:00", "complaint") == ["complaint 03-06 17:30 open"]
    received = story.copy().did(acts.ReferralReceived, "03-04 11:00")
    assert stands(received, "03-05 10:00", "complaint") == ["complaint 03-06 17:30 open"]


def test_an_enterprise_that_takes_its_appeal_back_waits_for_no_answer():
    story = at_work(XC).did(acts.Complained, "03-03 10:00").did(acts.Withdrawn, "03-03 11:00")
    assert stands(story, "03-20 10:00", "complaint") == ["complaint 03-06 17:30 void"]


@pytest.mark.parametrize("pack", ["bowu-2022@2", "xuancheng-2024@2"])
def test_before_version_3_a_complaint_was_judged_by_nothing(pack: str):
    story = closed(pack).did(acts.Complained, "03-05 10:00").did(acts.ComplaintDecided, "03-06 10:00")
    assert story.stands() == closed(pack).stands()


def test_a_unit_that_is_added_after_the_rating_has_the_case_closed_by_somebody_again():
    story = at_work(XC, "town").completed("03-03 10:00", "town").did(acts.Rated, "03-03 11:00")
    assert stands(story, "03-04 10:00", "closure") == ["closure 03-06 17:30 open"]
    story.dispatched("03-04 11:00", "county").completed("03-05 10:00", "county")
    assert stands(story, "03-05 12:00", "closure") == ["closure 03-06 17:30 void", "closure 03-10 17:30 open"]


def test_so_it_has_where_the_closure_was_late_before():
    story = at_work(XC, "town").completed("03-03 10:00", "town").did(acts.Rated, "03-03 11:00")
    story.dispatched("03-09 11:00", "county").completed("03-10 10:00", "county")
    assert stands(story, "03-10 12:00", "closure")[-1] == "closure 03-13 17:30 open"


def test_a_reopened_case_is_followed_up_again_though_the_unit_of_the_highest_round_is_gone():
    """The town was in its second round when it was relieved; the county's second is not a later one."""
    story = at_work("bozhou-2024@3", "town").did(acts.Relieved, "03-06 10:00", unit="town")
    assert "03-05 24:00 redispatched overdue" in story.ruled("03-06 11:00")
    story.dispatched("03-06 11:00", "county").completed("03-06 15:00", "county")
    story.did(acts.Rated, "03-06 16:00").did(acts.Reopened, "03-09 10:00").completed("03-10 10:00", "county")
    assert stands(story, "03-10 12:00", "follow_up")[1:] == ["follow_up 03-13 17:30 open"]


def test_a_longer_limit_that_was_asked_for_in_the_round_before_is_decided_no_more():
    story = at_work("bozhou-2024@3").did(acts.ExtensionAsked, "03-05 17:20")
    assert "03-05 24:00 redispatched overdue" in story.ruled("03-06 08:00")
    assert stands(story, "03-10 10:00", "extension") == ["extension 03-06 17:30 void"]


def test_a_complaint_that_the_regulator_leaves_lying_goes_up_at_the_window():
    # Fifteen working days to 03-23, five more to 03-30.
    story = Story("bozhou-2024-financing@4", "complaint").received("03-02 10:00").dispatched("03-02 10:00")
    assert [line for line in story.ruled() if "complaint_tracking" in line] == [
        "03-30 17:30 overdue complaint_tracking",
        "03-30 17:30 raised complaint_tracking head",
        "03-31 17:30 raised complaint_tracking in_charge",
    ]
    answered = story.completed("03-30 17:00")
    assert not [line for line in answered.ruled() if "complaint_tracking" in line]


@pytest.mark.parametrize("pack", ["bowu-2022-award@3", "xuancheng-2024-approval@3", "xx-city-2022-clues@3"])
def test_whoever_complains_is_answered_under_packs_whose_text_knows_no_complaint(pack: str):
    story = Story(pack, "clue" if "clues" in pack else "help").received("03-02 09:00")
    story.did(acts.Complained, "03-02 10:00")
    assert stands(story, "03-03 10:00", "complaint") == ["complaint 03-05 17:30 open"]
    assert "03-05 17:30 raised complaint head" in story.ruled("03-06 10:00")


def test_a_department_that_asks_for_more_time_instead_of_taking_it_is_answered():
    story = at_work("xuancheng-2024-approval@3").did(acts.ExtensionAsked, "03-03 10:00")
    assert stands(story, "03-04 10:00", "extension") == ["extension 03-04 17:30 open"]
    story.did(acts.Extended, "03-04 11:00", deadline="decision", limit=working_days(30))
    assert stands(story, "03-05 10:00", "extension") == ["extension 03-04 17:30 met"]
