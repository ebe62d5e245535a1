"""A file of bad rows takes no more memory than its cases, and every row is accounted for."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from huying.simulate import profiles
from huying.simulate.recorded import read_all
from huying.simulate.rejections import MOST_REJECTED, Rejections
from huying.simulate.simulate import simulate
from shared.files.bounded import FileRefused

HEADER = "source_id,author,title,received_at,body,reply,replied_at\n"
ROWS = 100_000
MEASURED = """
import resource, sys
from pathlib import Path
from huying.simulate.simulate import simulate

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

def judged(name):
    simulate(Path(sys.argv[1]) / name, "appeals-zh", ["bozhou-2024@2"], Path(sys.argv[1]) / "out", at_once=1)

judged("few.csv")
before = peak()
judged("many.csv")
sys.stderr.write(str(peak() - before))
"""


@pytest.mark.slow
def test_a_file_of_bad_rows_takes_no_memory(tmp_path: Path) -> None:
    bad = f"{{}},甲,题目,昨天,{'货车无法进出。' * 17},已修,\n"
    for name, rows in (("few.csv", 2_000), ("many.csv", ROWS)):
        with (tmp_path / name).open("w", encoding="utf-8") as file:
            file.write(HEADER)
            file.writelines(bad.format(number) for number in range(rows))
    assert (tmp_path / "many.csv").stat().st_size > 35 * 1024 * 1024
    completed_process = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    assert int(completed_process.stderr) < 12, "MiB more than for a small file"
    with (tmp_path / "out" / "rejected.csv").open(encoding="utf-8") as lines:
        assert [int(row["line"]) for row in csv.DictReader(lines)] == list(range(2, ROWS + 2))


def test_too_many_rows_that_are_no_cases_are_refused(tmp_path: Path) -> None:
    rejections = Rejections(tmp_path / "bad.csv")
    rejections.add(0, 2, "x")
    rejections.count = MOST_REJECTED - 1
    rejections.add(0, 3, "x")
    with pytest.raises(FileRefused, match=r"bad\.csv: .*more than 1,000,000 rows are no cases"):
        rejections.add(1, 0, "x")
    assert list(rejections) == [(0, 2, "x"), (0, 3, "x")]


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("quote", ["", '"'])
def test_rejected_rows_come_in_the_order_of_the_file(tmp_path: Path, processes: int, quote: str) -> None:
    """Bad, repeated and good rows in turn; a stray quote in a cell makes the file be read at a stretch."""
    file = tmp_path / "appeals.csv"
    rows = [
        f"{number // 5 * 5 if number % 5 == 4 else number},甲,题{quote}目,"
        f"{'昨天' if number % 3 == 0 else '2017-03-01T09:00:00'},{'字' * 90},已修,\n"
        for number in range(2_000)
    ]
    file.write_text(HEADER + "".join(rows), "utf-8")
    output = simulate(file, "appeals-zh", ["bozhou-2024@2"], tmp_path / "out", at_once=processes)
    content = read_all(file, profiles.load("appeals-zh"))
    with (tmp_path / "out" / "rejected.csv").open(encoding="utf-8") as lines:
        written = [(int(line), reason) for line, reason in list(csv.reader(lines))[1:]]
    assert written == [tuple(row) for row in content.rejected]
    assert output.cases + output.rejected == 2_000
    assert 600 < output.rejected < 1_100
