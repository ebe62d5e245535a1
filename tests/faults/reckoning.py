"""When a limit ends, counted day by day from the pack's file, without the judge's arithmetic.

Pauses and extensions are left out: the load makes none.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from math import ceil
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
"""Deadlines of the case itself; every other deadline is a leg's and starts with its round."""


@dataclass(frozen=True)
class Rules:
    """The content of a pack's file. It must count whole minutes, and the time that counts for reminders."""

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
    content = yaml.safe_load((PACKS / f"{pack}.yaml").read_text("utf-8"))
    if amended := content.get("amends"):
        content = yaml.safe_load((PACKS / f"{pack}@{amended}.yaml").read_text("utf-8")) | content
    assert content["counting"]["whole_minutes"]
    assert content["counting"].get("reminders_by_counted_time", "reminder" not in content)
    reminder = content.get("reminder") or {"deadlines": [], "percent": 0}
    spans = [tuple(time.fromisoformat(end) for end in span) for span in content["office_hours"]["spans"]]
    return Rules(
        ref=f"{content['id']}@{content['version']}",
        limits=tuple(content["limits"]),
        met_by=content["met_by"],
        ladder=tuple(content.get("ladder", ())),
        percent=dict.fromkeys(reminder["deadlines"], reminder["percent"]),
        spans=tuple((start, end) for start, end in spans),
        never_lifted=frozenset((content.get("never_lifted") or {}).get("marks", ())),
    )


def is_in(rounds: int | str | None, number: int) -> bool:
    """Whether a rule with these `rounds` (1, "2+", or None for all) covers round `number`."""
    if rounds is None:
        return True
    first = int(str(rounds).rstrip("+"))
    return number >= first if str(rounds).endswith("+") else number == first


def limit_of(pack: Rules, deadline: str, number: int, kind: str) -> dict[str, Any] | None:
    """The limit of a deadline in a round of a case of this kind."""
    for rule in pack.limits:
        fits = is_in(rule.get("rounds"), number) and kind in rule.get("kinds", [kind])
        if rule["deadline"] == deadline and fits:
            return dict(rule["limit"])
    return None


def due(limit: dict[str, Any], start: datetime, pack: Rules) -> datetime:
    """When a limit that starts at `start`, a whole minute, ends, UTC."""
    day, unit, number = start.astimezone(ZONE).date(), limit["unit"], limit["number"]
    if unit == "half_working_days":
        return _on_the_clock(ceil(number * _minutes(pack) / 2), start, pack)
    if unit == "working_days":
        for _ in range(number):
            day = _working(day + DAY)
        return datetime.combine(day, pack.spans[-1][1], ZONE).astimezone(UTC)
    day = day + number * DAY if unit == "natural_days" else _a_month_on(day)
    if limit.get("roll"):
        day = _working(day)
    return datetime.combine(day + DAY, time(), ZONE).astimezone(UTC)


def remind_at(
    limit: dict[str, Any], start: datetime, due_at: datetime, pack: Rules, percent: int
) -> datetime:
    """When `percent` of the time that counts from `start` to `due_at` has passed, a whole minute, UTC."""
    if limit["unit"] in ("natural_days", "months"):
        return start + ceil((due_at - start) / MINUTE * percent / 100) * MINUTE
    low, high = 0, ceil((due_at - start) / MINUTE)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _on_the_clock(middle, start, pack) >= due_at else (middle, high)
    return _on_the_clock(ceil(high * percent / 100), start, pack)


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
    """The moment `minutes` of office time after `start`."""
    left, day = minutes * MINUTE, start.astimezone(ZONE).date()
    while True:
        for opens, closes in pack.spans if chinese_calendar.is_workday(day) else ():
            begins = max(datetime.combine(day, opens, ZONE), start.astimezone(ZONE))
            length = datetime.combine(day, closes, ZONE) - begins
            if length >= left:
                return (begins + left).astimezone(UTC)
            left -= max(length, timedelta())
        day += DAY
