"""When a limit ends, counted day by day from the pack's own file: nothing of the judge's arithmetic is used.

Pauses and extensions are not reckoned: the load makes none.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar
import yaml

import shared.rules

PACKS = Path(shared.rules.__file__).parent / "packs"
ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
AT_RECEIPT, WHEN_LIFTED = "dispatch", "lifted"
"""Deadlines of the case itself; all others are a leg's and start with its round."""


@dataclass(frozen=True)
class Rules:
    """A pack as its file has it."""

    ref: str
    limits: tuple[dict[str, Any], ...]
    met_by: dict[str, list[str]]
    ladder: tuple[dict[str, Any], ...]
    percent: dict[str, int]
    spans: tuple[tuple[time, time], ...]
    never_lifted: frozenset[str]


@cache
def rules(pack: str) -> Rules:
    """The rules of a shipped pack."""
    found = yaml.safe_load((PACKS / f"{pack}.yaml").read_text("utf-8"))
    reminder = found.get("reminder") or {"deadlines": [], "percent": 0}
    spans = [tuple(time.fromisoformat(end) for end in span) for span in found["office_hours"]["spans"]]
    return Rules(
        ref=f"{found['id']}@{found['version']}",
        limits=tuple(found["limits"]),
        met_by=found["met_by"],
        ladder=tuple(found.get("ladder", ())),
        percent=dict.fromkeys(reminder["deadlines"], reminder["percent"]),
        spans=tuple((start, end) for start, end in spans),
        never_lifted=frozenset((found.get("never_lifted") or {}).get("marks", ())),
    )


def is_in(rounds: int | str | None, number: int) -> bool:
    """Whether a round is one of those a rule names: `1`, `2+`, or all where it names none."""
    if rounds is None:
        return True
    first = int(str(rounds).rstrip("+"))
    return number >= first if str(rounds).endswith("+") else number == first


def limit_of(pack: Rules, deadline: str, number: int, kind: str) -> dict[str, Any] | None:
    """The limit of a deadline in a round of a case of this kind."""
    for held in pack.limits:
        fits = is_in(held.get("rounds"), number) and kind in held.get("kinds", [kind])
        if held["deadline"] == deadline and fits:
            return dict(held["limit"])
    return None


def due(limit: dict[str, Any], start: datetime, pack: Rules) -> datetime:
    """When it ends, UTC."""
    day, unit, number = start.astimezone(ZONE).date(), limit["unit"], limit["number"]
    if unit == "half_working_days":
        return _on_the_clock(number * _minutes(pack) // 2, start, pack)
    if unit == "working_days":
        for _ in range(number):
            day = _working(day + DAY)
        return datetime.combine(day, pack.spans[-1][1], ZONE).astimezone(UTC)
    day = day + number * DAY if unit == "natural_days" else _a_month_on(day)
    if limit.get("roll"):
        day = _working(day)
    return datetime.combine(day + DAY, time(), ZONE).astimezone(UTC)


def _working(day: date) -> date:
    while not chinese_calendar.is_workday(day):
        day += DAY
    return day


def _a_month_on(day: date) -> date:
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _minutes(pack: Rules) -> int:
    return sum((end.hour - start.hour) * 60 + end.minute - start.minute for start, end in pack.spans)


def _on_the_clock(minutes: int, start: datetime, pack: Rules) -> datetime:
    """So much office time after `start`, span by span."""
    left, day = minutes * MINUTE, start.astimezone(ZONE).date()
    while True:
        for opens, closes in pack.spans if chinese_calendar.is_workday(day) else ():
            begins = max(datetime.combine(day, opens, ZONE), start.astimezone(ZONE))
            there = datetime.combine(day, closes, ZONE) - begins
            if there >= left:
                return (begins + left).astimezone(UTC)
            left -= max(there, timedelta())
        day += DAY
