"""The figures of the battery: how many inputs of each kind, and how late honest cases were judged."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

PROPERTY = "hostile"
"""The name under which a test records its figures: counts by group and kind, and `late_s`."""


def figures(reports: Iterable[Any]) -> list[str]:
    """The table in Markdown of what the reports of tests recorded; empty where none did."""
    groups: defaultdict[str, Counter[str]] = defaultdict(Counter)
    late_s: dict[str, float] = {}
    for recorded in (
        value for report in reports for name, value in report.user_properties if name == PROPERTY
    ):
        late = recorded.get("late_s", 0.0)
        for group, counts in recorded.items():
            if group != "late_s":
                groups[group].update(counts)
                late_s[group] = max(late, late_s.get(group, 0.0))
    if not groups:
        return []
    rows = [
        f"| {group} | {counts.total():,} | {_kinds(counts)} | {_late(late_s[group])} |"
        for group, counts in sorted(groups.items())
    ]
    total = sum(counts.total() for counts in groups.values())
    head = ["| inputs | tried | of each kind | judged late, s |", "|---|---|---|---|"]
    return [*head, *rows, f"| all | {total:,} | | {_late(max(late_s.values()))} |"]


def _kinds(counts: Counter[str]) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in sorted(counts.items()))


def _late(seconds: float) -> str:
    return f"{seconds:.1f}" if seconds else ""
