"""A file read in shares gives what it gives when it is read from beginning to end. All rows are invented."""

import csv
import filecmp
import random
from pathlib import Path

import pytest

from huying.simulate import partitions, profiles
from huying.simulate.judging import PartitionJudge
from huying.simulate.partitions import Partition
from huying.simulate.recorded import check_all_rows, read, read_all
from huying.simulate.recorded_case import RecordedCase, RejectedRow
from huying.simulate.simulate import header, merged, simulate
from shared.files.bounded import FileRefused

HOW = profiles.load("appeals-zh")
HEADER = ["source_id", "author", "title", "received_at", "body", "reply", "replied_at"]
PIECES = ["道路", '他说"修好了"', "一\n二", "一\r\n二", "逗号,", "·", "", "  边  "]
BAD = ["\x07", "x\ry", "\x85", "\udcff"]
"""A control character of ASCII, a line end of its own, a control character beyond, and no UTF-8."""


def row(chance: random.Random, number: int, bad: str) -> list[str]:
    day = chance.randrange(1, 28)
    pieces = [*PIECES, bad] if chance.random() < 0.05 else PIECES
    body = "".join(chance.choice(pieces) for _ in range(chance.randrange(1, 60)))
    replied = f"2017-03-{chance.randrange(day, 29):02}T23:00:00" if chance.random() < 0.8 else ""
    source_id = str(number if chance.random() < 0.95 else chance.randrange(number + 1))
    title = chance.choice(["路灯", '"引号"', "", "A县,B县", "长" * 200, "长" * 201])
    return [source_id, "甲公司", title, f"2017-03-{day:02}T09:00:00", body, "已修", replied]


def invented(path: Path, seed: int, end: str, rows: int = 2500) -> Path:
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8-sig", newline="", errors="surrogateescape") as file:
        lines = csv.writer(file, lineterminator=end)
        lines.writerow(HEADER)
        lines.writerows(row(chance, number, BAD[seed]) for number in range(rows))
    return path


def in_shares(file: Path, of: int) -> tuple[list[str], list[RejectedRow]]:
    columns = header(file, HOW)
    judges = [PartitionJudge(Partition(file, HOW, columns, index, of), []) for index in range(of)]
    parts = [judge.read() for judge in judges]
    assert len(parts) == 1 or all(part.blocks for part in parts)
    content = merged(file, parts, [judge.rejections for judge in judges], HOW)
    return list(content.cases), list(content.rejected)


def at_a_stretch(file: Path) -> tuple[list[str], list[RejectedRow]]:
    records = list(read(file, HOW))
    cases = sorted(
        (record for record in records if isinstance(record, RecordedCase)), key=lambda case: case.received_at
    )
    return [case.source_id for case in cases], [
        record for record in records if isinstance(record, RejectedRow)
    ]


@pytest.mark.parametrize(
    ("seed", "end"), [(seed, end) for seed, end in enumerate(["\n", "\r\n", "\n", "\r\n"])]
)
def test_shares_hold_what_the_file_holds(tmp_path: Path, seed: int, end: str) -> None:
    file = invented(tmp_path / "appeals.csv", seed, end)
    assert file.stat().st_size > 9 * partitions.BLOCK
    expected = at_a_stretch(file)
    assert len(expected[0]) > 1500
    assert {rejected.reason.partition("：")[0] for rejected in expected[1]} >= {"source_id", "title"}
    for of in (1, 2, 3):
        assert in_shares(file, of) == expected


def test_a_field_too_long_for_csv_is_rejected_in_shares_too(tmp_path: Path) -> None:
    file = tmp_path / "appeals.csv"
    good = "{},甲,路,2017-03-01T09:00:00,正文,已修,\n"
    long = good.format("long").replace("正文", "长" * (csv.field_size_limit() + 1))
    lines = [",".join(HEADER) + "\n", *(good.format(i) for i in range(3000)), long, good.format("last")]
    file.write_text("".join(lines), "utf-8")
    assert in_shares(file, 2) == at_a_stretch(file)
    assert [rejected.line for rejected in in_shares(file, 2)[1]] == [3002]


GOOD = "{},甲,路,2017-03-01T09:00:00,{},已修,2017-03-03T10:00:00\n"


def with_bodies(tmp_path: Path, bodies: dict[int, str], rows: int = 3000) -> Path:
    """A file of so many rows, some of them with these bodies; row n stands in line n + 2."""
    file = tmp_path / "appeals.csv"
    lines = "".join(GOOD.format(index, bodies.get(index, "正文")) for index in range(rows))
    file.write_text(",".join(HEADER) + "\n" + lines, "utf-8")
    return file


def test_a_quote_within_a_field_is_text(tmp_path: Path) -> None:
    file = with_bodies(tmp_path, {700: '5" 管', 701: '5" 管'})
    assert simulate(file, "appeals-zh", ["bozhou-2024@2"], tmp_path / "out", at_once=2).cases == 3000


@pytest.mark.parametrize(
    ("bodies", "line"),
    [
        ({2000: '"开'}, 2002),  # to the end of the file
        ({0: '"开'}, 2),
        ({2999: '"开'}, 3001),  # in the last row
        ({2000: '"开', 2900: '关"'}, 2002),  # ends where a field ends, 900 rows later
        ({2000: '"开', 2001: '关"'}, 2002),  # in the next row
        ({2000: '"开', 2900: '"又开"'}, 2002),  # ends where another quote opens
        ({2000: '"开"了'}, 2002),  # text after the quote that closes
        ({700: '5" 管', 2000: '"开'}, 2002),
        ({2000: '"开', 2900: '关"', 2950: '"好"'}, 2002),
        ({2000: '"一\n二","开'}, 2003),  # behind a text of two lines, to the end of the file
        ({2000: '"一\n二","开', 2900: '关"'}, 2003),
        ({2000: '"一\n二","开"了'}, 2003),
        ({700: '"一\n二\n三"', 2000: '"一\n二" 三\n四"'}, 2004),
    ],
)
def test_a_quote_that_is_not_closed_is_found_however_the_file_is_read(
    tmp_path: Path, bodies: dict[int, str], line: int
) -> None:
    file = with_bodies(tmp_path, bodies)
    refusal = rf"appeals\.csv, line {line}: the quote that opens here is not closed"
    for processes in (1, 2, 3):
        with pytest.raises(FileRefused, match=refusal):
            simulate(file, "appeals-zh", ["bozhou-2024@2"], tmp_path / "out", at_once=processes)
    with pytest.raises(FileRefused, match=refusal):
        read_all(file, HOW)
    assert not list((tmp_path / "out").glob("*"))


def test_a_table_in_a_quoted_text_swallows_nothing(tmp_path: Path) -> None:
    file = with_bodies(tmp_path, {5: '"序号,时间\n1,2017-03-01T09:00:00\n2,a,b,2017-03-01T09:00:00"'}, 10)
    assert len(read_all(file, HOW).cases) == 10


def test_every_row_of_a_damaged_file_is_accounted_for_or_the_file_is_refused(tmp_path: Path) -> None:
    chance = random.Random(1)
    whole = invented(tmp_path / "whole.csv", 0, "\n", 40).read_text("utf-8-sig").partition("\n")[2]
    outcomes: set[str] = set()
    for number in range(300):
        at = chance.randrange(len(whole))
        damage = chance.choice(['"', '",', '""', '\n"', "\n", ","])
        file = tmp_path / f"{number}.csv"
        file.write_text(",".join(HEADER) + "\n" + whole[:at] + damage + whole[at:], "utf-8")
        try:
            content = read_all(file, HOW)
        except FileRefused:
            outcomes.add("refused")
            continue
        with file.open(encoding="utf-8", newline="") as lines:
            assert (
                len(content.cases) + len(content.rejected) == sum(1 for row in csv.reader(lines) if row) - 1
            )
        assert len(content.cases) + len(content.rejected) >= 39
        outcomes.add("accounted")
    assert outcomes == {"refused", "accounted"}


def test_a_row_that_is_neither_case_nor_rejected_is_an_error(tmp_path: Path) -> None:
    check_all_rows(tmp_path, 3, 3)
    with pytest.raises(ValueError, match="of 3 rows 2 are accounted for"):
        check_all_rows(tmp_path, 3, 2)


def test_three_processes_write_what_one_writes(tmp_path: Path) -> None:
    file = invented(tmp_path / "appeals.csv", 2, "\r\n")
    packs = ["bozhou-2024@2", "case-limits@2"]
    for processes in (1, 3):
        simulate(file, "appeals-zh", packs, tmp_path / str(processes), explain=True, at_once=processes)
    names = sorted(
        path.relative_to(tmp_path / "1") for path in (tmp_path / "1").rglob("*.*") if path.is_file()
    )
    assert len(names) == 10
    match, *others = filecmp.cmpfiles(tmp_path / "1", tmp_path / "3", names, shallow=False)
    assert (len(match), others) == (10, [[], []])
