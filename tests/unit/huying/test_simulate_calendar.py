"""`huying simulate --calendar`: cases by other holiday notices, and calendars that cannot be used."""

import csv
import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from huying.commands.main import app
from huying.simulate.simulate import simulate
from shared.rules.time.notices import MOST_OFF, Notice, published, statutory

CASES = """source_id,author,title,received_at,body,reply,replied_at
1,企业,标题,2026-04-29T10:00:00,正文,已回复,2026-05-08T10:00:00
2,企业,标题,2027-02-04T10:00:00,正文,已回复,2027-02-12T10:00:00
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cases.csv"
    path.write_text(CASES, encoding="utf-8")
    return path


def due(file: Path, calendar: Path | None, processes: int) -> list[tuple[str, str]]:
    """When completion is due, three working days after dispatch."""
    simulate(
        file,
        "appeals-zh",
        ["bowu-2022@2"],
        file.parent / "out",
        calendar=calendar,
        explain=True,
        at_once=processes,
    )
    with (file.parent / "out" / "deadlines.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["deadline"] == "completion"]
    return [(row["source_id"], row["due_at"][:16]) for row in rows]


def year(number: int, off: set[date], work: set[date]) -> str:
    lines = [f"- year: {number}", "  notice: 试算", "  off:", *(f"    {day}: 假日" for day in sorted(off))]
    return "\n".join([*lines, f"  work: [{', '.join(map(str, sorted(work)))}]"]) + "\n"


def known(number: int) -> Notice:
    return next(notice for notice in published().notices if notice.year == number)


@pytest.mark.parametrize("processes", [1, 2])
def test_the_years_of_a_calendar_take_the_place_of_those_known(file: Path, processes: int) -> None:
    calendar = file.parent / "calendar.yaml"
    may = known(2026)
    spring = {*statutory(2027), *(date(2027, 2, day) for day in range(5, 12))}
    calendar.write_text(
        year(2026, {*may.off, date(2026, 5, 6)}, set(may.work)) + year(2027, spring, {date(2027, 2, 13)}),
        encoding="utf-8",
    )

    # Thu 04-30, Wed 05-06, Thu 05-07; with 05-06 off too: 04-30, 05-07, 05-08.
    # 2027 is not noticed: only the statutory days are off; with 02-05 to 02-11 off: 02-12, 02-13, 02-15.
    without = due(file, None, processes)
    assert without[0] == ("1", "2026-05-07T17:30")
    assert due(file, calendar, processes) == [("1", "2026-05-08T17:30"), ("2", "2027-02-15T17:30")]
    assert without[1][1] < "2027-02-15"
    explanations = (file.parent / "out" / "explanations.csv").read_text(encoding="utf-8")
    assert "+2026:试算+2027:试算" in explanations


BAD = {
    "empty": ("", "calendar.yaml, line 1: "),
    "empty list": ("[]", "the file is empty; give year, notice, off and work"),
    "no year": ("notice: x\noff: {}\n", "'year' is missing"),
    "no days": ("year: 2027\nnotice: x\n", "'off' is missing"),
    "hours": (
        "year: 2027\nnotice: x\noff: {}\nspans: []\n",
        "'spans' is not known; a year has year, notice, off",
    ),
    "overlapping": (
        year(2027, {date(2027, 1, 2), *statutory(2027)}, {date(2027, 1, 2)}),
        "2027-01-02 is given twice",
    ),
    "another year": (
        "year: 2027\nnotice: x\noff: {2026-05-01: y}\n",
        "is not in 2027, nor in the December before",
    ),
    "reversed": (
        "year: 2027\nnotice: x\noff: {01-05-2027: y}\n",
        "'01-05-2027' is no date; write it like 2027-10-01",
    ),
    "a year twice": (year(2027, set(statutory(2027)), set()) * 2, "the year 2027 is given twice"),
    "nothing open": (
        year(2027, {date.fromordinal(date(2027, 1, 1).toordinal() + day) for day in range(365)}, set()),
        f"a year has {MOST_OFF} days off at most, ordinary weekends left out",
    ),
    "3 MB": (f"- {'x' * 1000}\n" * 3_000, "line 1: a year's data must be a mapping"),
    "5 MB": ("# " + "x" * 5_000_000, "calendar.yaml"),
    "an alias bomb": (
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "calendar.yaml, line ",
    ),
    "nested": ("[" * 5_000, "calendar.yaml, line 1: "),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_calendar_that_cannot_be_used_is_refused_with_a_sentence_before_a_case_is_read(
    file: Path, bad: str
) -> None:
    text, sentence = BAD[bad]
    (file.parent / "calendar.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=re.escape(sentence)) as refused:
        simulate(
            file, "appeals-zh", ["bowu-2022@2"], file.parent / "out", calendar=file.parent / "calendar.yaml"
        )
    assert len(str(refused.value).splitlines()) == 1
    assert not (file.parent / "out").exists()


def test_the_command_takes_a_calendar_for_a_file_alone(file: Path) -> None:
    calendar = file.parent / "calendar.yaml"
    calendar.write_text(year(2027, set(statutory(2027)), set()), encoding="utf-8")
    words = ["simulate", str(file), "--profile", "appeals-zh", "--pack", "bowu-2022@2", "--processes", "1"]
    options = ["--out", str(file.parent / "out"), "--calendar", str(calendar)]

    assert CliRunner().invoke(app, [*words, *options]).exit_code == 0
    refused = CliRunner().invoke(app, ["simulate", "--from-events", "--pack", "bowu-2022@2", *options])
    assert "--calendar is for FILE" in str(refused.exception)
