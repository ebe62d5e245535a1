"""The limit for completion: the one typed at dispatch, else the pack's, in every round."""

from pathlib import Path

from tests.packs.histories import Story, at, working_days

EVERY_WORD = str(Path(__file__).parent / "every_word.yaml")


def completion(story: Story, upto: str) -> list[str]:
    return [line for line in story.stands(upto) if line.startswith("completion")]


def test_completion_has_a_limit_where_nobody_typed_one() -> None:
    # Ten natural days from Monday 2026-03-02.
    story = Story(EVERY_WORD).received("03-02 10:00").dispatched("03-02 11:00").replied("03-02 12:00")
    assert completion(story, "03-03 10:00") == ["completion 03-12 24:00 open"]
    assert "03-12 24:00 card.issued completion" in story.ruled()


def test_a_bare_reply_is_no_completion_and_meets_its_limit_once_a_round() -> None:
    story = Story(EVERY_WORD).received("03-02 10:00").dispatched("03-02 11:00").replied("03-02 12:00")
    story.replied("03-13 10:00").replied("03-20 10:00")
    # Round 2 starts at 24:00 of the 12th, which is Friday the 13th: the reply is met, completion is not.
    assert completion(story, "03-24 10:00") == [
        "completion 03-12 24:00 overdue",
        "completion 03-23 24:00 overdue",
    ]
    assert "03-25 17:30 lifted count" in story.ruled("03-26 10:00")


def test_what_was_typed_at_dispatch_wins_and_a_moment_that_passed_gives_way_to_the_packs_limit() -> None:
    typed = {"completion": {"due_at": at("03-04 17:30")}}
    story = Story(EVERY_WORD).received("03-02 10:00").dispatched("03-02 11:00", limits=typed)
    story.replied("03-02 12:00")
    assert completion(story, "03-05 10:00") == [
        "completion 03-04 17:30 overdue",
        "completion 03-16 24:00 open",
    ]


def test_a_length_typed_at_dispatch_holds_in_every_round() -> None:
    typed = {"completion": {"limit": working_days(2)}}
    story = Story(EVERY_WORD).received("03-02 10:00").dispatched("03-02 11:00", limits=typed)
    story.replied("03-02 12:00")
    assert completion(story, "03-05 10:00") == [
        "completion 03-04 17:30 overdue",
        "completion 03-06 17:30 open",
    ]
