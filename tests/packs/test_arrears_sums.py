"""Arrears by the sums that are owed: 庆阳 §12 (a ledger of what is owed; pay in full, or by a plan that both
sides agreed on) and XX市 §17 (year by year, with no part left over).

The old way: a payment of one yuan met an instalment of 600,000, and the debtor's own "done" voided the rest.
"""

from decimal import Decimal

import pytest

from shared.rules.judging import acts
from shared.rules.judging.state import Deadline
from shared.rules.wording.deadlines import explain_deadline
from tests.packs.histories import Story

QINGYANG, XX = "qingyang-2023-arrears@3", "xx-city-2022-arrears@3"


def sums(*yuan: int) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, yuan))


def planned() -> Story:
    """A debt of a million: 600,000 by the end of April, 400,000 by the end of May."""
    story = Story(QINGYANG, "arrears").received("03-02 09:00")
    story.dispatched("03-02 10:00", "debtor", unit_kind="large_firm")
    story.reached("confirmed", "03-04 10:00", unit="debtor")
    dates = ("04-30 24:00", "05-31 24:00")
    return story.reached("plan_agreed", "03-10 10:00", *dates, unit="debtor", sums=sums(600_000, 400_000))


def instalments(story: Story, upto: str) -> list[Deadline]:
    return [deadline for deadline in story.judged(upto).deadlines if deadline.kind == "instalment"]


def stand(story: Story, upto: str) -> list[str]:
    return [str(deadline.verdict) for deadline in instalments(story, upto)]


def test_one_yuan_meets_nothing_of_six_hundred_thousand():
    story = planned().paid("1.00", "04-30 10:00", "debtor")
    assert stand(story, "05-01 12:00") == ["overdue", "open"]
    assert story.ruled("05-01 12:00") == [
        "04-30 24:00 overdue instalment",
        "04-30 24:00 supervised instalment",
        "04-30 24:00 publication.proposed instalment",
    ]


def test_under_version_2_one_yuan_met_it():
    story = Story("qingyang-2023-arrears@2", "arrears").dispatched("03-02 10:00", "debtor")
    story.reached("plan_agreed", "03-10 10:00", "04-30 24:00", unit="debtor", sums=sums(600_000))
    assert stand(story.paid("1.00", "04-30 10:00", "debtor"), "05-01 12:00") == ["met"]


def test_payments_add_up_and_the_instalment_is_met_when_they_reach_it():
    story = planned().paid("200000", "04-10 10:00", "debtor").paid("399999.99", "04-20 10:00", "debtor")
    assert stand(story, "04-21 12:00") == ["open", "open"]
    assert stand(story.paid("0.01", "04-22 10:00", "debtor"), "04-23 12:00") == ["met", "open"]


def test_what_is_paid_over_counts_for_the_next_instalment():
    story = planned().paid("700000", "04-20 10:00", "debtor").paid("300000", "05-20 10:00", "debtor")
    assert stand(story, "05-21 12:00") == ["met", "met"]
    assert story.ruled("05-21 12:00") == []


def test_the_debtors_done_leaves_what_is_unpaid_open():
    story = planned().paid("600000", "04-20 10:00", "debtor").completed("04-21 10:00", "debtor")
    assert stand(story, "04-22 12:00") == ["met", "open"]
    assert story.judged("04-22 12:00").state == "dispatched"
    assert story.ruled()[0] == "05-31 24:00 overdue instalment"


def test_under_version_2_the_debtors_done_voided_what_was_unpaid():
    story = Story("qingyang-2023-arrears@2", "arrears").dispatched("03-02 10:00", "debtor")
    story.reached("plan_agreed", "03-10 10:00", "04-30 24:00", "05-31 24:00", unit="debtor")
    assert stand(story.completed("03-11 10:00", "debtor"), "06-30 12:00") == ["met", "void"]


def test_a_debtor_without_plan_is_not_done_by_his_own_word_either():
    story = Story(QINGYANG, "arrears").dispatched("03-02 10:00", "debtor")
    story.reached("confirmed", "03-04 10:00", unit="debtor").completed("03-05 10:00", "debtor")
    assert story.ruled() == ["04-03 24:00 overdue settlement", "04-03 24:00 supervised settlement"]


def test_the_word_of_creditor_or_office_that_all_is_paid_meets_all_of_it():
    story = planned().reached("paid", "04-20 10:00", unit="debtor", in_full=True)
    assert stand(story.completed("04-21 10:00", "debtor"), "04-22 12:00") == ["met", "met"]
    assert story.judged("04-22 12:00").state == "completed"


def test_a_plan_that_is_agreed_after_that_word_is_owed_again():
    story = planned().reached("paid", "04-20 10:00", unit="debtor", in_full=True)
    story.reached("plan_agreed", "04-21 10:00", "06-30 24:00", unit="debtor", sums=sums(300_000))
    assert stand(story, "04-22 12:00") == ["met", "met", "open"]
    assert stand(story.copy().paid("1.00", "04-23 10:00", "debtor"), "04-24 12:00")[2:] == ["open"]
    story.completed("04-23 10:00", "debtor")
    assert story.judged("04-24 12:00").state == "dispatched"


def test_who_paid_all_is_done():
    story = planned().paid("1000000", "04-20 10:00", "debtor").completed("04-21 10:00", "debtor")
    assert story.judged("04-22 12:00").state == "completed"
    assert story.ruled("04-22 12:00") == []


def test_a_missed_instalment_is_paid_late_and_stays_overdue():
    story = planned().paid("600000", "05-10 10:00", "debtor")
    first, second = instalments(story, "05-20 12:00")
    assert (first.verdict, first.met_at is None) == ("overdue", False)
    assert (second.verdict, second.met_at) == ("open", None)


def test_a_new_plan_is_of_what_is_still_owed_and_counts_payments_from_then_on():
    story = planned().paid("100000", "04-10 10:00", "debtor")
    dates = ("06-30 24:00", "07-31 24:00")
    story.reached("plan_agreed", "04-20 10:00", *dates, unit="debtor", sums=sums(500_000, 400_000))
    assert stand(story.copy().paid("400000", "06-01 10:00", "debtor"), "06-02 12:00")[2:] == ["open", "open"]
    assert stand(story.paid("500000", "06-01 10:00", "debtor"), "06-02 12:00")[2:] == ["met", "open"]


def test_a_new_plan_does_not_take_back_that_the_old_one_was_missed():
    story = planned().reached(
        "plan_agreed", "05-10 10:00", "06-30 24:00", unit="debtor", sums=sums(1_000_000)
    )
    assert stand(story, "05-11 12:00") == ["overdue", "void", "open"]
    story.paid("1000000", "06-20 10:00", "debtor").completed("06-21 10:00", "debtor")
    assert stand(story, "06-22 12:00") == ["overdue", "void", "met"]
    assert story.judged("06-22 12:00").state == "completed"


def test_two_sums_of_one_day_are_due_together():
    story = Story(QINGYANG, "arrears").dispatched("03-02 10:00", "debtor")
    dates = ("04-30 24:00", "04-30 24:00")
    story.reached("plan_agreed", "03-10 10:00", *dates, unit="debtor", sums=sums(1, 2))
    (instalment,) = instalments(story, "03-11 12:00")
    assert instalment.sum == 3


@pytest.mark.parametrize(("paid", "verdict"), [("99999.99", "overdue"), ("100000", "met")])
def test_no_part_of_the_years_share_is_left_over(paid: str, verdict: str):
    story = Story(XX, "arrears").received("03-02 09:00").dispatched("03-02 10:00", "debtor")
    dates = ("12-31 24:00", "2027-12-31 24:00")
    story.reached("plan_filed", "03-20 10:00", *dates, unit="debtor", sums=sums(100_000, 100_000))
    shares = story.paid(paid, "12-30 10:00", "debtor").judged("2027-01-05 12:00").deadlines[-2:]
    assert [str(share.verdict) for share in shares] == [verdict, "open"]


def test_each_debtor_pays_his_own():
    story = Story(QINGYANG, "arrears").dispatched("03-02 10:00", "debtor", "other")
    for unit, when in (("debtor", "03-10 10:00"), ("other", "03-10 10:01")):
        story.reached("plan_agreed", when, "04-30 24:00", unit=unit, sums=sums(500))
    assert stand(story.paid("1000", "04-20 10:00", "debtor"), "05-01 12:00") == ["met", "overdue"]


def test_a_claim_that_is_reopened_is_not_done_by_the_word_of_before():
    story = Story(QINGYANG, "arrears").dispatched("03-02 10:00", "debtor")
    story.reached("plan_agreed", "03-10 10:00", "04-30 24:00", unit="debtor", sums=sums(500))
    story.reached("paid", "03-20 10:00", unit="debtor", in_full=True).completed("03-21 10:00", "debtor")
    story.did(acts.Reopened, "03-22 10:00").completed("03-23 10:00", "debtor")
    assert story.judged("03-24 12:00").state == "dispatched"


def test_an_instalment_says_what_is_due_and_when_it_counts_as_paid():
    first, _ = instalments(planned(), "03-11 12:00")
    explanation = explain_deadline(first)
    assert "应还 600000 元；计划商定后的付款累计达到本期及此前各期之和，方为还清。" in explanation["zh"]
    assert "600000 yuan are due: met when what was paid since the plan reaches this" in explanation["en"]
