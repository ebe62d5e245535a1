"""A pause that reached its cap says so; one that begins in the due minute is in time like any act."""

from pathlib import Path

import pytest

from shared.rules.judging import acts
from shared.rules.pack import pack_files
from shared.rules.wording.deadlines import explain_deadline
from tests.packs.histories import Story, at

EVERY_WORD = Path(__file__).parent / "every_word.yaml"
BY_THE_CLOCK = "{number: 3, unit: working_hours}"


@pytest.fixture(scope="session")
def by_the_clock(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same city with three working hours for a reply."""
    file = tmp_path_factory.mktemp("packs") / "every_word.yaml"
    text = EVERY_WORD.read_text("utf-8")
    days = "deadline: reply, limit: {number: 3, unit: working_days}"
    assert days in text
    file.write_text(text.replace(days, f"deadline: reply, limit: {BY_THE_CLOCK}"), encoding="utf-8")
    return str(file)


def paused(pack_id: str = str(EVERY_WORD)) -> Story:
    """Paused on Tuesday 2026-03-03, at the longest until Thursday 2026-04-02."""
    return Story(pack_id).received("03-02 10:00").dispatched("03-02 11:00").did(acts.Paused, "03-03 10:00:20")


def test_a_pause_that_reached_its_cap_says_so() -> None:
    ended = [line for line in paused().ruled() if "pause_ended" in line]
    assert ended == ["04-02 24:00 pause_ended"]
    ruling = next(r for r in paused().judged().rulings if r.name == "appeal.pause_ended.v1")
    assert (ruling.unit, ruling.paused_at) == ("town", at("03-03 10:00"))  # type: ignore[attr-defined]


def test_a_pause_that_somebody_ended_says_nothing() -> None:
    for when in ("03-10 10:00", "04-02 24:00"):
        story = paused().did(acts.Resumed, when)
        assert not any("pause_ended" in line for line in story.ruled())


def test_versions_of_before_end_a_pause_without_a_word() -> None:
    story = Story("bozhou-2024@1").received("03-02 10:00").dispatched("03-02 11:00")
    assert not any("pause_ended" in line for line in story.did(acts.Paused, "03-03 10:00").ruled())


def test_a_pause_in_the_due_minute_stops_the_office_clock(by_the_clock: str) -> None:
    # Three working hours from 09:00 end at 12:00 on the minute.
    story = Story(by_the_clock).received("03-02 08:40").dispatched("03-02 09:00")
    story.did(acts.Paused, "03-02 12:00:59")
    assert "reply suspended open" in story.stands("03-04 10:00")
    resumed = story.did(acts.Resumed, "03-05 10:00:30")
    # Nothing was left: what is done in the minute of the end is in time.
    assert "reply 03-05 10:00 overdue" in resumed.stands("03-05 10:02")
    assert "reply 03-05 10:00 met" in resumed.replied("03-05 10:00:50").stands("03-05 10:02")


def test_a_pause_a_minute_later_comes_too_late(by_the_clock: str) -> None:
    story = (
        Story(by_the_clock).received("03-02 08:40").dispatched("03-02 09:00").did(acts.Paused, "03-02 12:01")
    )
    assert "reply 03-02 12:00 overdue" in story.stands("03-04 10:00")


def test_a_pause_in_the_due_minute_moves_a_given_moment() -> None:
    own = {"completion": {"due_at": at("03-04 10:00")}}
    story = Story(str(EVERY_WORD)).received("03-02 10:00").dispatched("03-02 11:00", limits=own)
    story.did(acts.Paused, "03-04 10:00:40").did(acts.Resumed, "03-05 10:00:10")
    assert "completion 03-05 10:00 open" in story.stands("03-05 10:00:30")


def test_without_the_word_such_a_pause_comes_too_late(by_the_clock: str, tmp_path: Path) -> None:
    file = tmp_path / "old.yaml"
    text = Path(by_the_clock).read_text("utf-8").replace("  pauses_in_due_minute: true\n", "")
    file.write_text(text, encoding="utf-8")
    assert pack_files.load(file).counting
    story = (
        Story(str(file)).received("03-02 08:40").dispatched("03-02 09:00").did(acts.Paused, "03-02 12:00:59")
    )
    assert "reply 03-02 12:00 overdue" in story.stands("03-04 10:00")


def test_the_explanation_counts_as_the_judge_does(by_the_clock: str) -> None:
    story = Story(by_the_clock).received("03-02 08:40").dispatched("03-02 09:00")
    story.did(acts.Paused, "03-02 12:00:59")
    open_ = next(d for d in story.judged("03-04 10:00").deadlines if d.kind == "reply")
    assert "03-02 12:00 起暂停，恢复后重算。" in explain_deadline(open_)["zh"]
    story.did(acts.Resumed, "03-05 10:00:30")
    closed = next(d for d in story.judged("03-05 10:00:40").deadlines if d.kind == "reply")
    assert "Due 2026-03-05 10:00; all of that minute is in time." in explain_deadline(closed)["en"]
    assert "Paused, not counted: 03-02 12:00 to 03-05 10:00." in explain_deadline(closed)["en"]


def test_a_limit_in_days_is_paused_in_its_due_minute_as_before() -> None:
    story = Story(str(EVERY_WORD)).received("03-02 10:00").dispatched("03-02 11:00")
    story.did(acts.Paused, "03-05 17:30:59")
    assert "reply suspended open" in story.stands("03-06 10:00")
