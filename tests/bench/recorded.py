"""Invented recorded cases, judged in memory beside a bare pass over the file, and replayed."""

import contextlib
import csv
import io
import random
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from huying.replay.replay import replay as through_services
from huying.simulate import profiles
from huying.simulate.judging import CASE, history
from huying.simulate.recorded import RecordedCases, read_all
from huying.simulate.simulate import RUN_ON
from huying.simulate.simulate import simulate as judge
from shared.rules.judging.decide import decide
from shared.rules.pack import pack_files
from shared.rules.time.calendar import Calendar
from tests.bench.measure import Figure, Variant, in_turns

LATE = (1, 1, 5, 40)
"""Days until a case is completed, all equally frequent: half in time, a quarter late, a quarter very late."""
TARGET = "≥ 20,000 a second"
MONDAY = datetime(2025, 3, 3, 8, 30)  # noqa: DTZ001 - local time, as in such files
SHIPPED = {"appeals-zh": "bozhou-2024", "boston-311": "case-limits"}


def write(path: Path, profile: str, cases: int) -> None:
    """Write a file of invented cases over a quarter, as `profile` reads it; the same cases every time."""
    chance = random.Random(7)
    rows = [_row(profile, n, MONDAY + timedelta(minutes=chance.randrange(130_000))) for n in range(cases)]
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, rows[0])
        lines.writeheader()
        lines.writerows(rows)


def _row(profile: str, n: int, received: datetime) -> dict[str, object]:
    answered = received + timedelta(days=LATE[n % len(LATE)], minutes=n % 90)
    if profile == "boston-311":
        return {
            "case_enquiry_id": n,
            "open_dt": received,
            "target_dt": received + timedelta(days=3),
            "closed_dt": answered,
            "case_title": "Pothole at the gate",
            "type": "Request for Pothole Repair",
            "neighborhood": "East",
            "department": "PWDx",
            "closure_reason": "Case Resolved",
        }
    return {
        "source_id": n,
        "received_at": received,
        "title": "A市厂区门口道路破损",
        "body": "货车无法进出，请尽快派人勘查修复。" * 6,
        "author": "示例制造有限公司",
        "replied_at": answered,
        "reply": "您好，来信收悉。经现场勘查，路面已安排修复。" * 6,
    }


async def simulate(*, quick: bool) -> list[Figure]:
    """Cases a second from file to results, on one core and on two, and for the judgement alone."""
    rounds, cases = (1, 4_000) if quick else (3, 30_000)
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for profile, pack_id in SHIPPED.items():
            file = Path(folder, f"{profile}.csv")
            write(file, profile, cases)
            rates = await in_turns(
                rounds,
                two=_timed(partial(_whole, file, profile, pack_id, 2), cases),
                one=_timed(partial(_whole, file, profile, pack_id, 1), cases),
                once=_timed(partial(_pass, file), cases),
            )
            rates |= await _judged(file, profile, pack_id, rounds, cases)
            once = ("cases/s", "bare CSV pass", rates["once"])
            figures += [
                Figure(f"simulate, {pack_id}, two cores", once[0], rates["two"], *once[1:], TARGET),
                Figure(f"simulate, {pack_id}, one core", once[0], rates["one"], *once[1:]),
                Figure(
                    f"decide, {pack_id}",
                    "cases/s",
                    rates["judging"],
                    "three dates by table",
                    rates["comparing"],
                ),
            ]
    return figures


async def _judged(file: Path, profile: str, pack_id: str, rounds: int, cases: int) -> dict[str, float]:
    """The judgement alone. Its histories are freed: the next simulation has as much memory as a user's."""
    judging, comparing = _judging(file, profile, pack_id)
    return await in_turns(rounds, judging=_timed(judging, cases), comparing=_timed(comparing, cases))


def _timed(work: Callable[[], None], cases: int) -> Variant:
    async def rate() -> float:
        began = perf_counter()
        work()
        return cases / (perf_counter() - began)

    return rate


def _whole(file: Path, profile: str, pack_id: str, processes: int | None = None) -> None:
    with _silence():
        judge(file, profile, [pack_id], file.parent / "out", at_once=processes)


def _pass(file: Path) -> None:
    """Read every row, parse its times, and write it."""
    with file.open(encoding="utf-8", newline="") as source, io.StringIO() as target:
        rows, lines = csv.DictReader(source), csv.writer(target)
        for row in rows:
            times = [
                datetime.fromisoformat(cell) for name, cell in row.items() if name.endswith(("_at", "_dt"))
            ]
            lines.writerow([*row.values(), *times])


def _judging(file: Path, profile: str, pack_id: str) -> tuple[Callable[[], None], Callable[[], None]]:
    """Judge all cases of a file and compare three due days of each."""
    rules, how = pack_files.load(pack_id), profiles.load(profile)
    content: RecordedCases = read_all(file, how)
    upto, calendar = content.ends_at() + RUN_ON, Calendar.load(ZoneInfo(rules.zone))
    histories = [history(case, how) for case in content.cases]
    weekdays = [
        day for day in range(date(2025, 1, 1).toordinal(), 740_000) if date.fromordinal(day).weekday() < 5
    ]

    def judging() -> None:
        for folded in histories:
            decide(CASE, folded, rules, calendar, upto)

    def comparing() -> None:
        for case in content.cases:
            start, end = case.received_at.toordinal(), case.ends_at.toordinal()
            late = [end > weekdays[bisect_right(weekdays, start) + days] for days in (0, 2, 2)]
            assert len(late) == 3

    return judging, comparing


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()):
        yield


async def replay(*, quick: bool) -> list[Figure]:
    """Cases a second through services that are started for it, and the same file in memory."""
    cases = 500 if quick else 2_000
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "cases.csv")
        write(file, "appeals-zh", cases)

        async def services() -> float:
            began = perf_counter()
            with _silence():
                await through_services(file, "appeals-zh", "bozhou-2024", Path(folder, "out"))
            return cases / (perf_counter() - began)

        memory = _timed(lambda: _whole(file, "appeals-zh", "bozhou-2024"), cases)
        rates = await in_turns(1, services=services, memory=memory)
    return [Figure("replay, bozhou-2024", "cases/s", rates["services"], "simulate", rates["memory"])]
