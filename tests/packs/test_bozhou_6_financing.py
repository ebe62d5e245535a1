"""亳政办〔2024〕8号 §6 and 金发〔2024〕32号 in version 2: call in 1 day, report in 3, decide in a month."""

import pytest

from shared.rules.judging import acts
from tests.packs.histories import Story

BANK = "bank"


def pushed(when: str, kind: str = "help") -> Story:
    return Story("bozhou-2024-financing@2", kind).received(when).dispatched(when, BANK)


@pytest.mark.parametrize(
    ("when", "contact", "status", "decision"),
    [
        ("03-02 10:00", "03-03", "03-05", "04-02"),
        ("02-13 10:00", "02-14", "02-24", "03-13"),  # 02-14 is worked, day 3 is in Spring Festival
        (
            "2025-12-31 10:00",
            "01-04",
            "01-04",
            "02-02",
        ),  # New Year to 01-03; Sunday 01-04 is worked; 01-31 Saturday
        ("01-30 10:00", "02-02", "02-02", "02-28"),  # Saturday, Sunday off; February ends on the 28th, worked
    ],
)
def test_the_three_limits_of_a_bank(when: str, contact: str, status: str, decision: str):
    assert pushed(when).stands(when) == [
        f"bank_contact {contact} 24:00 open",
        f"bank_status {status} 24:00 open",
        f"bank_decision {decision} 24:00 open",
    ]


def test_a_bank_that_says_nothing_is_reminded_and_asked_in_writing_and_gets_no_card():
    assert pushed("03-02 10:00").ruled() == [
        "03-03 24:00 overdue bank_contact",
        "03-03 24:00 reminded bank_contact",
        "03-05 24:00 overdue bank_status",
        "03-05 24:00 supervised bank_status",
        "04-02 24:00 overdue bank_decision",
        "04-02 24:00 supervised bank_decision",
    ]


@pytest.mark.parametrize("decision", ["approved", "declined", "taken_back"])
def test_a_decision_meets_all_that_is_open(decision: str):
    story = pushed("03-02 10:00").reached(decision, "03-03 10:00", unit=BANK)
    assert story.ruled() == []
    assert {d.verdict for d in story.judged().deadlines} == {"met"}


def test_asking_for_papers_reports_the_state_and_decides_nothing():
    story = pushed("03-02 10:00").reached("documents_needed", "03-03 10:00", unit=BANK)
    assert story.ruled() == ["04-02 24:00 overdue bank_decision", "04-02 24:00 supervised bank_decision"]


def test_waiting_for_papers_does_not_count():
    # Paused 03-10 to 03-20: ten days do not count, so 04-02 becomes 04-12, a Sunday, and that 04-13.
    story = pushed("03-02 10:00").reached("documents_needed", "03-03 10:00", unit=BANK)
    story.did(acts.Paused, "03-10 10:00", unit=BANK, ground="enterprise_papers")
    assert story.stands("03-12 10:00")[-1] == "bank_decision suspended open"
    resumed = story.did(acts.Resumed, "03-20 10:00", unit=BANK)
    assert resumed.stands("03-20 12:00")[-1] == "bank_decision 04-13 24:00 open"


def test_each_bank_has_its_own_clocks():
    story = Story("bozhou-2024-financing@2").received("03-02 10:00").dispatched("03-02 10:00", BANK, "other")
    story.reached("approved", "03-03 10:00", unit=BANK)
    assert {d.unit for d in story.judged().deadlines if d.verdict == "overdue"} == {"other"}


def test_a_complaint_about_a_bank_runs_with_the_regulator_alone():
    # 15 working days in the sample settings: 03-03 to 03-06, 03-09 to 03-13, 03-16 to 03-20, 03-23.
    story = pushed("03-02 10:00", "complaint")
    assert story.stands("03-02 10:00") == ["regulator_result 03-23 17:30 open"]
    assert story.ruled() == ["03-23 17:30 overdue regulator_result", "03-23 17:30 reminded regulator_result"]
    assert pushed("03-02 10:00", "complaint").completed("03-23 17:30", BANK).ruled() == []
