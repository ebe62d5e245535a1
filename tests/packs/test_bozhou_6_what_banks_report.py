"""亳政办〔2024〕8号 §6: what a bank reports meets what it says and stops nothing else."""

import pytest

from shared.rules.judging import acts
from tests.packs.histories import Story

BANK = "bank"
LOAN = "bozhou-2024-financing"
EARLIER = "bozhou-2024-financing@3"


def pushed(when: str = "03-02 10:00", kind: str = "help", pack: str = LOAN) -> Story:
    """Pushed on Monday, 2026-03-02: contact 03-03, status 03-05, decision 04-02, each at 24:00."""
    return Story(pack, kind).received(when).dispatched(when, BANK)


def stands(story: Story, upto: str, *deadlines: str) -> list[str]:
    return [line for line in story.stands(upto) if line.split()[0] in deadlines]


BANKS_OWN = ("bank_contact", "bank_status", "bank_decision")


def test_a_withdrawal_that_the_bank_reports_meets_nothing_and_stops_no_clock():
    """The old way: `withdrawn` on a fresh leg met all three deadlines, and the bank had a clean record."""
    story = pushed().did(acts.Objected, "03-02 11:00", unit=BANK)
    assert story.stands("03-02 12:00")[1:] == [
        "bank_contact 03-03 24:00 open",
        "bank_status 03-05 24:00 open",
        "bank_decision 04-02 24:00 open",
        "withdrawal 03-03 17:30 open",
    ]
    assert {line.split()[-1] for line in stands(story, "04-03 12:00", *BANKS_OWN)} == {"overdue"}


def test_confirmed_it_ends_the_leg_and_meets_none_of_the_banks_limits():
    story = pushed().did(acts.Objected, "03-02 11:00", unit=BANK)
    story.did(acts.ObjectionDecided, "03-03 09:00", unit=BANK, upheld=True)
    assert {line.split()[-1] for line in stands(story, "04-03 12:00", *BANKS_OWN)} == {"void"}
    assert stands(story, "03-03 10:00", "withdrawal") == ["withdrawal 03-03 17:30 met"]


def test_denied_the_clocks_ran_on_and_the_question_may_come_again():
    story = pushed().did(acts.Objected, "03-02 11:00", unit=BANK)
    story.did(acts.ObjectionDecided, "03-03 09:00", unit=BANK, upheld=False)
    story.did(acts.Objected, "03-04 09:00", unit=BANK)
    assert stands(story, "03-04 10:00", "bank_contact", "withdrawal") == [
        "bank_contact 03-03 24:00 overdue",
        "withdrawal 03-03 17:30 met",
        "withdrawal 03-05 17:30 open",
    ]


@pytest.mark.parametrize(
    ("stage", "met"),
    [
        ("documents_needed", {"bank_status"}),
        ("under_review", {"bank_status"}),
        ("approved", {"bank_status", "bank_decision"}),
        ("declined", {"bank_status", "bank_decision"}),
        ("disbursed", set()),
    ],
)
def test_each_report_meets_what_it_says_and_none_is_a_call(stage: str, met: set[str]):
    """The old way: `approved`, or asking for papers, met the contact that nobody made."""
    story = pushed().reached(stage, "03-02 11:00", unit=BANK)
    lines = [line.split() for line in stands(story, "03-02 12:00", *BANKS_OWN)]
    assert {words[0] for words in lines if words[-1] == "met"} == met


def test_a_call_meets_the_contact_alone():
    lines = [
        line.split() for line in stands(pushed().contacted("03-02 11:00", BANK), "03-02 12:00", *BANKS_OWN)
    ]
    assert {words[0] for words in lines if words[-1] == "met"} == {"bank_contact"}


def declined(when: str, unit: str = BANK, story: Story | None = None) -> Story:
    return (story or pushed()).reached("declined", when, unit=unit).completed(when, unit)


def test_a_decline_on_the_spot_does_not_end_the_clock_of_the_call():
    """The old way: a decline without a call left the contact void and the record clean."""
    assert stands(declined("03-02 11:00"), "03-06 12:00", "bank_contact") == [
        "bank_contact 03-03 24:00 overdue"
    ]
    called = declined("03-02 11:00").contacted("03-03 15:00", BANK)
    assert stands(called, "03-06 12:00", "bank_contact") == ["bank_contact 03-03 24:00 met"]


def test_asking_for_papers_again_and_again_stalls_nothing():
    story = pushed()
    for day in range(3, 31):
        story.reached("documents_needed", f"03-{day:02} 10:00", unit=BANK)
        story.reached("under_review", f"03-{day:02} 11:00", unit=BANK)
    assert stands(story, "04-03 12:00", "bank_decision") == ["bank_decision 04-02 24:00 overdue"]
    paused = pushed().did(acts.Paused, "03-10 10:00", unit=BANK, ground="enterprise_papers")
    assert stands(paused, "04-03 12:00", "bank_decision") == ["bank_decision 04-02 24:00 overdue"]


def test_all_banks_declined_is_the_offices_to_act_on():
    story = declined("03-03 10:00").contacted("03-03 11:00", BANK)
    assert stands(story, "03-03 12:00", "next_bank") == ["next_bank 03-04 17:30 open"]
    asked = story.did(acts.Assigned, "03-04 10:00", legs=pushed("03-04 10:00")._acts[1].legs)  # the same leg
    assert stands(asked, "03-04 12:00", "next_bank") == ["next_bank 03-04 17:30 met"]


def test_an_approval_is_followed_until_the_money_is_there():
    story = pushed().contacted("03-02 11:00", BANK).reached("approved", "03-10 10:00", unit=BANK)
    assert stands(story, "03-11 10:00", "disbursement") == ["disbursement 04-10 24:00 open"]
    story.reached("disbursed", "03-12 10:00", unit=BANK).completed("03-12 10:00", BANK)
    assert stands(story, "03-13 10:00", "disbursement", "follow_up") == [
        "disbursement 04-10 24:00 met",
        "follow_up 03-17 17:30 open",
    ]


def test_a_request_that_no_bank_fits_is_the_windows_within_half_a_working_day():
    nobody = Story(LOAN).received("03-02 10:00")
    assert nobody.stands("03-02 12:00") == ["dispatch 03-02 15:45 open"]


def test_before_the_notice_of_october_2024_no_bank_had_a_month():
    earlier = pushed("2024-10-30 10:00", pack=EARLIER)
    assert [line.split()[0] for line in earlier.stands("2024-10-30 12:00")] == [
        "dispatch",
        "bank_contact",
        "bank_status",
        "tracking",
    ]
    assert not stands(earlier, "2024-12-31 12:00", "bank_decision")
    assert {d.unit for d in earlier.judged("2024-12-31 12:00").deadlines if d.kind == "tracking"} == {None}
    assert stands(pushed("2024-10-31 10:00"), "2024-12-31 12:00", "bank_decision")


def test_a_complaint_about_an_institution_has_the_regulators_clock_and_the_windows():
    complaint = pushed(kind="complaint")
    assert complaint.stands("03-02 12:00") == [
        "complaint_tracking 03-30 17:30 open",
        "regulator_result 03-23 17:30 open",
    ]
    assert complaint.completed("03-10 10:00", BANK).stands("03-20 10:00") == [
        "complaint_tracking 03-30 17:30 met",
        "regulator_result 03-23 17:30 met",
    ]
