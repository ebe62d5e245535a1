"""Which units an appeal may be for, each with reasons that can be shown. Pure: it counts what was before."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_SUGGESTED = 5
Case = Mapping[str, Any]
Sentence = tuple[str, str]
"""The same words in Chinese and English."""


@dataclass(slots=True)
class Suggestion:
    """A unit that an appeal may be for. `weight` orders suggestions, and is not shown."""

    unit: str
    name: str
    is_locality: bool
    reasons: list[Sentence] = field(default_factory=list)
    weight: int = 0


def suggestions(
    case: Case,
    units: Sequence[Mapping[str, Any]],
    *,
    alike: Sequence[Case],
    same_category: Sequence[Case],
    past: Sequence[Case],
) -> list[Suggestion]:
    """The units that had what is most like the appeal, those with the most reasons first."""
    known = {
        unit["code"]: Suggestion(unit["code"], unit["name"], unit["kind"] == "locality") for unit in units
    }
    if (own := known.get(case["locality"] or "")) is not None:
        _add(own, 4, "诉求所在地", "the appeal's locality")
    name = case["category_name"] or case["category"]
    total = _total(same_category)
    for weight, cases, zh, en in (
        (3, alike, "件相似诉求由其承办", "similar, handled by it"),
        (
            1,
            same_category,
            f"件同类由其承办（近 {total} 件“{name}”中）",
            f"of {total} of the same subject, handled by it",
        ),
        (1, past, "件该企业既往诉求由其承办", "earlier of the enterprise, handled by it"),
    ):
        for code, number in _handled(cases).items():
            _count(known, code, weight, number, zh, en)
    found = sorted((each for each in known.values() if each.reasons), key=lambda each: -each.weight)
    return found[:MOST_SUGGESTED]


def lead_of(suggested: Sequence[Suggestion]) -> str | None:
    """The unit that is proposed to lead: the department with the most reasons, else the locality."""
    departments = [each for each in suggested if not each.is_locality]
    return next((each.unit for each in (*departments, *suggested)), None)


def _handled(cases: Iterable[Case]) -> Counter[str]:
    return Counter(unit for case in cases for unit in dict.fromkeys(case["units"]))


def _total(cases: Iterable[Case]) -> int:
    return sum(1 for case in cases if case["units"])


def _count(known: Mapping[str, Suggestion], code: str, weight: int, number: int, zh: str, en: str) -> None:
    if code in known:
        _add(known[code], weight * number, f"{number} {zh}", f"{number} {en}")


def _add(suggestion: Suggestion, weight: int, zh: str, en: str) -> None:
    suggestion.reasons.append((zh, en))
    suggestion.weight += weight
