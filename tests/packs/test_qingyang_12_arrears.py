"""庆阳若干措施（2023）§12: full payment, or a plan with dates.

Sample settings: confirmation 10 working days, settlement 30 natural days that roll.
"""

from tests.packs.histories import Story


def claimed() -> Story:
    """Dispatched Monday 03-02: the debt is to be confirmed by Monday 03-16."""
    return (
        Story("qingyang-2023-arrears@2", "arrears")
        .received("03-02 09:00")
        .dispatched("03-02 10:00", "debtor")
    )


def planned() -> Story:
    """Confirmed 03-04; two instalments, at the end of April and of May."""
    story = claimed().reached("confirmed", "03-04 10:00", unit="debtor")
    return story.reached("plan_agreed", "03-10 10:00", "04-30 24:00", "05-31 24:00", unit="debtor")


def test_a_debtor_who_says_nothing_is_supervised():
    assert claimed().ruled() == ["03-16 17:30 overdue confirmation", "03-16 17:30 supervised confirmation"]


def test_a_confirmed_debt_is_paid_or_planned_within_its_time():
    # 30 days after 03-04: 04-03, a Friday.
    story = claimed().reached("confirmed", "03-04 10:00", unit="debtor")
    assert story.ruled() == ["04-03 24:00 overdue settlement", "04-03 24:00 supervised settlement"]
    assert story.completed("04-03 16:00", "debtor").ruled() == []


def test_a_plan_meets_the_settlement_and_brings_the_instalments():
    assert planned().stands("03-10 12:00") == [
        "confirmation 03-16 17:30 met",
        "settlement 04-03 24:00 met",
        "instalment 04-30 24:00 open",
        "instalment 05-31 24:00 open",
    ]


def test_instalments_paid_in_turn_leave_nothing_to_disclose():
    story = (
        planned().reached("paid", "04-30 10:00", unit="debtor").reached("paid", "05-29 10:00", unit="debtor")
    )
    assert story.ruled() == []


def test_a_missed_instalment_is_proposed_for_disclosure_and_the_next_payment_is_for_it():
    story = planned().reached("paid", "05-10 10:00", unit="debtor")
    assert story.ruled("05-20 12:00") == [
        "04-30 24:00 overdue instalment",
        "04-30 24:00 supervised instalment",
        "04-30 24:00 publication.proposed instalment",
    ]
    first, second = (d for d in story.judged("05-20 12:00").deadlines if d.kind == "instalment")
    assert (first.verdict, first.met_at is None) == ("overdue", False)
    assert (second.verdict, second.met_at) == ("open", None)


def test_a_new_plan_takes_the_place_of_what_is_open():
    story = planned().reached("plan_agreed", "04-20 10:00", "06-30 24:00", unit="debtor")
    assert story.stands("04-20 12:00")[2:] == [
        "instalment 04-30 24:00 void",
        "instalment 05-31 24:00 void",
        "instalment 06-30 24:00 open",
    ]


def test_each_debtor_has_a_plan_of_its_own():
    story = Story("qingyang-2023-arrears@2", "arrears").dispatched("03-02 10:00", "debtor", "other")
    story.reached("plan_agreed", "03-10 10:00", "04-30 24:00", unit="debtor").completed(
        "03-11 10:00", "other"
    )
    assert [d.unit for d in story.judged("03-12 12:00").deadlines if d.kind == "instalment"] == ["debtor"]
