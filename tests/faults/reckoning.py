"""When a limit ends, counted day by day from the pack's file, without the judge's arithmetic.

A pause is a pair: its start, and its end or None while it lasts. All moments are whole minutes.
"""

import calendar
from collections.abc import Iterator, Sequence
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
ROUND = "round"
USUAL_START = {
    "dispatch": "received",
    "lifted": "lifted",
    "objection": "objected",
    "follow_up": "all_completed",
    "dispatch_again": "upheld",
    "extension": "extension_asked",
    "closure": "heard",
    "gathering": "to_be_lifted",
    "promise": "planned",
    "complaint": "complained",
    "pause": "pause_asked",
    "referral": "referred",
    "stage_decision": "proposed",
}
"""What starts a deadline where the pack does not say it; a dispatch starts every other one."""
OF_CASE = frozenset(
    {
        "received",
        "lifted",
        "all_completed",
        "upheld",
        "heard",
        "to_be_lifted",
        "returned",
        "complained",
        "referred",
    }
)
"""What starts a deadline of the case itself."""
IN_DAYS = ("natural_days", "months")

Pauses = Sequence[tuple[datetime, datetime | None]]


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
    extension: dict[str, Any]
    pauses: dict[str, Any]
    raising: dict[str, Any]
    promises: dict[str, Any]
    stages: dict[str, dict[str, Any]]
    closes_heard: bool
    returning: frozenset[str]
    outlasting: frozenset[str]
    contacts: frozenset[str]
    merges: bool
    begins_anew: bool
    """Whether a case that was signed off and is reopened may be lifted again."""


@cache
def rules(pack: str) -> Rules:
    """The rules of a shipped pack, by its id, or by id and version."""
    content = _with_defaults(_content(pack))
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
        extension=content.get("extension") or {"deadlines": []},
        pauses=content.get("pauses") or {},
        raising=content.get("raising") or {},
        promises=content.get("promises") or {},
        stages={stage["stage"]: stage for stage in content.get("stages", ())},
        closes_heard="heard" in (content.get("closure") or {}).get("needs", ()),
        returning=frozenset(stage["stage"] for stage in content.get("stages", ()) if stage.get("returns")),
        outlasting=frozenset(rule["deadline"] for rule in content["limits"] if rule.get("outlasts")),
        contacts=_contacts(content),
        merges="merging" in content,
        begins_anew=bool((content.get("reopening") or {}).get("after_closure")),
    )


def _contacts(content: dict[str, Any]) -> frozenset[str]:
    """The deadlines that what is done for a merged appeal's lead neither meets nor ends."""
    if not (content.get("merging") or {}).get("each_contacted"):
        return frozenset()
    return frozenset(kind for kind, words in content["met_by"].items() if "contacted" in words)


def _content(pack: str) -> dict[str, Any]:
    """What the pack's file says, with what it amends."""
    path = PACKS / f"{pack}.yaml"
    name, _, version = pack.partition("@")
    content: dict[str, Any] = yaml.safe_load(
        (path if path.exists() else PACKS / f"{name}.yaml").read_text("utf-8")
    )
    assert version in ("", str(content["version"]))
    if amended := content.get("amends"):
        return _content(f"{name}@{amended}") | content
    return content


def _with_defaults(part: Any) -> Any:
    """The same with the default of each setting in its place."""
    if isinstance(part, dict):
        return part["default"] if "setting" in part else {key: _with_defaults(part[key]) for key in part}
    return [_with_defaults(member) for member in part] if isinstance(part, list) else part


def is_in(rounds: int | str | None, number: int) -> bool:
    """Whether a rule with these `rounds` (1, "2+", or None for all) covers round `number`."""
    if rounds is None:
        return True
    first = int(str(rounds).rstrip("+"))
    return number >= first if str(rounds).endswith("+") else number == first


def started_by(pack: Rules, start: str, number: int, kind: str) -> Iterator[dict[str, Any]]:
    """The rules by which `start` starts deadlines in a round of a case of this kind, each once."""
    deadlines = set()
    for rule in sorted(pack.limits, key=lambda rule: "kinds" not in rule):
        fits = is_in(rule.get("rounds"), number) and kind in rule.get("kinds", [kind])
        starts = rule.get("starts") or USUAL_START.get(rule["deadline"], ROUND)
        if fits and starts == start and rule["deadline"] not in deadlines:
            deadlines.add(rule["deadline"])
            yield rule


def limit_of(pack: Rules, deadline: str, number: int, kind: str) -> dict[str, Any] | None:
    """The limit of a deadline in a round of a case of this kind."""
    start = USUAL_START.get(deadline, ROUND)
    held = (rule for rule in started_by(pack, start, number, kind) if rule["deadline"] == deadline)
    return next((dict(rule["limit"]) for rule in held), None)


def due(limit: dict[str, Any], start: datetime, pack: Rules, pauses: Pauses = ()) -> datetime | None:
    """When a limit that starts at `start` ends, UTC; None while a pause keeps it from ending.

    A day does not count where it closes within a pause.
    """
    unit, number = limit["unit"], limit["number"]
    if unit == "half_working_days":
        minutes = sum((end.hour - begin.hour) * 60 + end.minute - begin.minute for begin, end in pack.spans)
        return _after(-(-number * minutes // 2), _stretches(start, pack, pauses, office=True))
    day = start.astimezone(ZONE).date()
    if unit == "months":
        number = (_months_on(day, number) - day).days
    in_work, counted = unit == "working_days", 0
    while True:
        day += DAY
        ends = closing(day, pack.spans[-1][1] if in_work else None)
        paused = [end for begin, end in pauses if begin <= ends and (end is None or ends < end)]
        if None in paused:
            return None
        if not paused:
            counted += not in_work or _is_working(day)
            if counted >= number and (_is_working(day) or not (in_work or limit.get("roll"))):
                return ends.astimezone(UTC)


def moved(given_at: datetime, started_at: datetime, pauses: Pauses) -> datetime | None:
    """A given moment, later by what was paused since `started_at`; None while a pause is open before it."""
    for begins, ends in pauses:
        if ends is None or ends > started_at:
            begins = max(begins, started_at)
            if begins >= given_at:
                break
            if ends is None:
                return None
            given_at += ends - begins
    return given_at


def closing(day: date, closes: time | None = None) -> datetime:
    """When a day ends: at the close of business, else at 24:00."""
    return datetime.combine(day, closes, ZONE) if closes else datetime.combine(day + DAY, time(), ZONE)


def remind_at(
    limit: dict[str, Any] | None,
    start: datetime,
    due_at: datetime,
    pack: Rules,
    percent: int,
    pauses: Pauses = (),
) -> datetime:
    """When `percent` of the time that counts from `start` to `due_at` has passed, UTC."""
    office = limit is not None and limit["unit"] not in IN_DAYS
    minutes = 0
    for begins, ends in _stretches(start, pack, pauses, office=office):
        if begins >= due_at:
            break
        minutes += (min(ends, due_at) - begins) // MINUTE
    at = _after(-(-minutes * percent // 100), _stretches(start, pack, pauses, office=office))
    assert at
    return at


def _stretches(
    start: datetime, pack: Rules, pauses: Pauses, *, office: bool
) -> Iterator[tuple[datetime, datetime]]:
    """The time that counts from `start` on, stretch by stretch: the office hours, or all; never a pause."""
    for begins, ends in _office_hours(start, pack) if office else [(start, start + 4000 * DAY)]:
        for pause_begins, pause_ends in pauses:
            if pause_begins < ends and (pause_ends is None or pause_ends > begins):
                if begins < pause_begins:
                    yield begins, pause_begins
                if pause_ends is None:
                    return
                begins = pause_ends
        if begins < ends:
            yield begins, ends


def _office_hours(start: datetime, pack: Rules) -> Iterator[tuple[datetime, datetime]]:
    day = start.astimezone(ZONE).date()
    while True:
        for opens, closes in pack.spans if _is_working(day) else ():
            begins = max(datetime.combine(day, opens, ZONE), start.astimezone(ZONE))
            ends = datetime.combine(day, closes, ZONE)
            if begins < ends:
                yield begins, ends
        day += DAY


def _after(minutes: int, stretches: Iterator[tuple[datetime, datetime]]) -> datetime | None:
    """The moment after so many minutes of the stretches; None where they end before."""
    left = minutes * MINUTE
    for begins, ends in stretches:
        if ends - begins >= left:
            return (begins + left).astimezone(UTC)
        left -= ends - begins
    return None


@cache
def _is_working(day: date) -> bool:
    return bool(chinese_calendar.is_workday(day))


def _months_on(day: date, months: int) -> date:
    for _ in range(months):
        year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
        day = date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
    return day
