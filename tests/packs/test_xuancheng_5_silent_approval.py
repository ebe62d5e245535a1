"""宣城行动方案（2024）§5: silence is consent. Sample settings: 5 working days, with an extension 10."""

from shared.rules.judging import acts
from tests.packs.histories import Story, working_days


def accepted() -> Story:
    """Accepted Monday 2026-03-02, 10:00: the decision is due Monday 03-09, 17:30."""
    return Story("xuancheng-2024-approval@2").received("03-02 09:00").dispatched("03-02 10:00")


def test_silence_past_the_promise_approves_and_ends_the_case():
    assert accepted().ruled() == ["03-09 17:30 overdue decision", "03-09 17:30 approval.deemed decision"]
    judged = accepted().judged()
    assert judged.state == "approved"
    assert judged.next_due_at is None


def test_nothing_is_deemed_a_moment_before():
    assert accepted().judged("03-09 17:29").state == "dispatched"


def test_a_yes_or_a_no_in_time_is_the_decision():
    for stage in ("granted", "denied"):
        story = accepted().reached(stage, "03-09 17:30")
        assert story.ruled() == []
        assert story.stands() == ["decision 03-09 17:30 met"]


def test_a_no_that_comes_after_the_time_comes_too_late():
    story = accepted().reached("denied", "03-09 17:31").completed("03-09 17:32")
    assert story.judged().state == "approved"
    assert story.stands() == ["decision 03-09 17:30 overdue"]


def test_a_word_on_how_it_stands_is_no_decision():
    assert accepted().replied("03-09 10:00").judged().state == "approved"


def test_one_extension_in_time_moves_the_end_and_its_passing_approves():
    # Ten working days: 3 to 6, 9 to 13, 16 March.
    story = accepted().replied("03-06 09:00").extended("03-06 10:00", "decision", working_days(10))
    assert story.ruled() == ["03-16 17:30 overdue decision", "03-16 17:30 approval.deemed decision"]


def test_there_is_no_second_extension():
    story = accepted().extended("03-06 10:00", "decision", working_days(7))
    story.extended("03-10 10:00", "decision", working_days(10))
    assert story.ruled() == ["03-11 17:30 overdue decision", "03-11 17:30 approval.deemed decision"]


def test_the_extension_is_no_longer_than_the_jurisdiction_allows():
    story = accepted().extended("03-06 10:00", "decision", working_days(20))
    assert story.ruled()[-1] == "03-16 17:30 approval.deemed decision"


def test_an_extension_said_after_the_promise_ran_out_is_none():
    story = accepted().extended("03-09 17:31", "decision", working_days(10))
    assert story.ruled()[-1] == "03-09 17:30 approval.deemed decision"


def test_an_item_with_a_promise_of_its_own_brings_it():
    story = Story("xuancheng-2024-approval@2")
    story.dispatched("03-02 10:00", limits={"decision": {"limit": working_days(2)}})
    assert story.ruled()[-1] == "03-04 17:30 approval.deemed decision"


def test_a_procedure_that_by_law_does_not_count_stops_the_time():
    # Stands still at the close of 03-04 and 03-05: two working days more, 03-11.
    story = accepted().did(acts.Paused, "03-04 10:00", ground="statutory_procedure")
    story.did(acts.Resumed, "03-06 10:00")
    assert story.ruled()[-1] == "03-11 17:30 approval.deemed decision"


def test_an_application_taken_back_is_never_approved():
    story = accepted().did(acts.Withdrawn, "03-05 10:00")
    assert story.ruled() == []
    assert story.judged().state == "withdrawn"


def test_the_enterprise_is_told_why_before_the_one_extension():
    extension = accepted().pack.extension
    assert extension
    assert (extension.times, extension.interim_reply) == (1, True)
