"""A planned day is a promise (说到做到): a deadline with reminder, card and lift, no completion."""

from datetime import date
from pathlib import Path

from shared.rules.judging import acts
from shared.rules.judging.state import CaseState
from shared.rules.terms import Rank
from shared.rules.wording.deadlines import explain_deadline
from tests.packs.histories import Story, working_days

EVERY_WORD = str(Path(__file__).parent / "every_word.yaml")


def dispatched() -> Story:
    """Dispatched on Monday 2026-03-02 with ten days for completion, which end on Thursday the 12th."""
    return Story(EVERY_WORD).received("03-02 10:00").dispatched("03-02 11:00").replied("03-02 16:00")


def promised(story: Story, when: str, day: date, rank: Rank | None = None) -> Story:
    return story.did(acts.Promised, when, planned_on=day, rank=rank)


def promises(story: Story, upto: str = "12-31 12:00") -> list[str]:
    return [line for line in story.stands(upto) if line.startswith("promise")]


MARCH_20 = date(2026, 3, 20)


def test_a_promise_is_no_completion_and_ends_with_its_day() -> None:
    story = promised(dispatched(), "03-10 10:00", MARCH_20)
    assert story.judged("03-11 10:00").state == CaseState.DISPATCHED
    assert "completion 03-12 24:00 met" in story.stands("03-11 10:00")
    assert promises(story, "03-11 10:00") == ["promise 03-20 24:00 open"]


def test_a_broken_promise_is_reminded_of_carded_and_lifted() -> None:
    story = promised(dispatched(), "03-10 10:00", MARCH_20)
    lines = [line for line in story.ruled("03-21 10:00", reminders=True) if "promise" in line]
    assert [line.split()[2] for line in lines] == ["due_soon", "overdue", "card.issued"]
    promised(story, "03-23 10:00", date(2026, 3, 25)).replied("03-23 11:00")
    assert "03-25 24:00 overdue promise" in story.ruled()
    # 24:00 of the 25th is the start of Thursday the 26th: the working day to gather is Friday the 27th.
    assert "03-27 17:30 lifted count" in story.ruled()


def test_a_kept_promise_is_met_by_completion() -> None:
    story = promised(dispatched(), "03-10 10:00", MARCH_20).completed("03-20 23:00")
    assert promises(story) == ["promise 03-20 24:00 met"]
    assert story.judged("03-21 10:00").state == CaseState.COMPLETED


def test_a_day_that_is_over_promises_nothing() -> None:
    for day in (date(2020, 1, 1), date(2026, 3, 9)):
        story = promised(dispatched(), "03-10 10:00", day)
        assert promises(story) == []
        assert "completion 03-12 24:00 open" in story.stands("03-11 10:00")
    assert promises(promised(dispatched(), "03-10 10:00", date(2026, 3, 10)), "03-10 11:00") == [
        "promise 03-10 24:00 open"
    ]


def test_nobody_promises_beyond_the_cap_without_the_rank() -> None:
    # 30 working days from Monday 2026-03-02 end on Tuesday 2026-04-14: Qingming is off on 04-06.
    far = date(2046, 1, 1)
    assert promises(promised(dispatched(), "03-10 10:00", far), "03-11 10:00") == ["promise 04-14 24:00 open"]
    by_the_unit = promised(dispatched(), "03-10 10:00", far, Rank.UNIT_HEAD)
    assert promises(by_the_unit, "03-11 10:00") == ["promise 04-14 24:00 open"]
    by_the_leader = promised(dispatched(), "03-10 10:00", date(2026, 6, 1), Rank.LEADER)
    assert promises(by_the_leader, "03-11 10:00") == ["promise 06-01 24:00 open"]


def test_a_later_day_is_an_extension_and_not_another_promise() -> None:
    story = promised(promised(dispatched(), "03-10 10:00", MARCH_20), "03-18 10:00", date(2026, 3, 30))
    assert promises(story, "03-19 10:00") == ["promise 03-20 24:00 open"]
    # 20 working days from the promise on the 10th: Wednesday 2026-04-08, at the close of business.
    story.extended("03-18 11:00", "promise", working_days(20))
    assert promises(story, "03-19 10:00") == ["promise 04-08 17:30 open"]


def test_an_earlier_day_replaces_the_promise() -> None:
    story = promised(promised(dispatched(), "03-10 10:00", MARCH_20), "03-11 10:00", date(2026, 3, 16))
    assert promises(story, "03-12 10:00") == ["promise 03-20 24:00 void", "promise 03-16 24:00 open"]


def test_the_same_day_again_changes_nothing() -> None:
    once = promised(dispatched(), "03-10 10:00", MARCH_20)
    twice = promised(promised(dispatched(), "03-10 10:00", MARCH_20), "03-11 10:00", MARCH_20)
    assert twice.stands() == once.stands()


def test_a_promise_meets_nothing_twice_in_a_round() -> None:
    story = promised(dispatched(), "03-10 10:00", MARCH_20)
    story.did(acts.Reopened, "03-10 11:00")  # nothing is completed: nothing is reopened
    promised(story, "03-11 10:00", date(2026, 3, 16))
    assert sum(line.endswith("met") for line in story.stands("03-12 10:00")) == 4  # with dispatch and reply


def test_a_promise_after_a_broken_one_comes_with_the_next_round_only() -> None:
    story = promised(dispatched(), "03-10 10:00", MARCH_20)
    # Broken on the 20th, dispatched again; in round 2 the completion runs anew and may be promised once more.
    assert "completion 03-31 24:00 open" in story.stands("03-21 10:00")
    promised(story, "03-23 10:00", date(2026, 4, 3))
    assert promises(story, "03-24 10:00") == ["promise 03-20 24:00 overdue", "promise 04-03 24:00 open"]


def test_a_promise_goes_on_when_another_limit_starts_the_next_round() -> None:
    story = Story(EVERY_WORD).received("03-02 10:00").dispatched("03-02 11:00")
    promised(story, "03-03 10:00", MARCH_20)
    # The reply is late on the 5th: round 2 begins, and the day of the promise stays.
    assert story.judged("03-11 10:00").rounds == 2
    assert promises(story, "03-11 10:00") == ["promise 03-20 24:00 open"]
    assert "promise 03-20 24:00 overdue" in promises(story, "03-21 10:00")
    promised(story, "03-12 10:00", date(2026, 3, 30))
    assert promises(story, "03-13 10:00") == ["promise 03-20 24:00 open"]


def test_lifted_handling_is_not_met_by_a_promise() -> None:
    story = dispatched().did(acts.Refused, "03-03 10:00")
    promised(story, "03-04 10:00", MARCH_20)
    assert "lifted 03-13 24:00 open" in story.stands("03-05 10:00")
    assert "lifted 03-13 24:00 overdue" in story.stands("03-16 10:00")


def test_a_promise_says_in_words_that_the_unit_made_it() -> None:
    judged = promised(dispatched(), "03-10 10:00", MARCH_20).judged("03-11 10:00")
    words = explain_deadline(next(d for d in judged.deadlines if d.kind == "promise"))
    assert words["zh"].startswith("承办单位承诺：2026-03-21 00:00 到期（§3）。")
    assert words["en"].startswith("Promised by the unit: due 2026-03-21 00:00 (§3).")
