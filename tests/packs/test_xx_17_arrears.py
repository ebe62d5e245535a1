"""XX市实施意见（2022）§17: arrears paid off year by year. Sample settings: a plan in 30 natural days."""

from tests.packs.histories import Story


def planned() -> Story:
    story = (
        Story("xx-city-2022-arrears@2", "arrears").received("03-02 09:00").dispatched("03-02 10:00", "debtor")
    )
    return story.reached(
        "plan_filed", "03-20 10:00", "12-31 24:00", "2027-12-31 24:00", "2028-12-31 24:00", unit="debtor"
    )


def test_the_plan_brings_the_shares_of_its_years():
    assert planned().stands("03-20 12:00") == [
        "plan 04-01 24:00 met",
        "share 12-31 24:00 open",
        "share 2027-12-31 24:00 open",
        "share 2028-12-31 24:00 open",
    ]


def test_a_debtor_without_a_plan_is_supervised():
    story = Story("xx-city-2022-arrears@2", "arrears").dispatched("03-02 10:00", "debtor")
    assert story.ruled() == ["04-01 24:00 overdue plan", "04-01 24:00 supervised plan"]


def test_a_year_that_passes_unpaid_is_handed_over_each_time():
    lines = planned().reached("paid", "12-30 10:00", unit="debtor").ruled("2029-02-01 12:00")
    assert lines == [
        "2027-12-31 24:00 overdue share",
        "2027-12-31 24:00 supervised share",
        "2027-12-31 24:00 handed_over share debt_supervisor",
        "2028-12-31 24:00 overdue share",
        "2028-12-31 24:00 supervised share",
        "2028-12-31 24:00 handed_over share debt_supervisor",
    ]


def test_who_pays_every_year_hears_nothing():
    story = planned()
    for when in ("12-30 10:00", "2027-12-30 10:00", "2028-12-30 10:00"):
        story.reached("paid", when, unit="debtor")
    assert story.ruled("2029-02-01 12:00") == []


def test_who_pays_all_at_once_is_through():
    assert planned().completed("06-01 10:00", "debtor").ruled("2029-02-01 12:00") == []
