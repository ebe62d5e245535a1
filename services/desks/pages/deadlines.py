"""The deadlines of a case on pages: how each stands, when it is due, how that was reckoned. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.desks.pages.phrases import Phrases, Standing
from shared.rules.terms import Verdict
from shared.rules.wording import words

USUAL = list(words.DEADLINES)
"""Deadlines of one round stand in this order, those of a pack after them."""


@dataclass(frozen=True, slots=True)
class ShownDeadline:
    """A deadline: its name and round, how it stands, its moment, and how that was reckoned."""

    name: str
    round: int
    standing: Standing
    when: str
    full: str
    steps: list[str]
    at: str


def shown(deadlines: Iterable[Mapping[str, Any]], phrases: Phrases) -> list[ShownDeadline]:
    """The deadlines in the order of their rounds."""
    return [_shown(deadline, phrases) for deadline in sorted(deadlines, key=_order)]


def _order(deadline: Mapping[str, Any]) -> tuple[int, int, str]:
    name = deadline["deadline"]
    place = USUAL.index(name) if name in USUAL else len(USUAL)
    return deadline["round"], place, deadline["due_at"] or deadline["started_at"]


def name_of(deadline: Mapping[str, Any], phrases: Phrases) -> str:
    """The name of a deadline: its own, else the usual words."""
    kind = deadline["deadline"]
    usual = phrases.t(*words.SHORT_DEADLINES.get(kind, (kind, kind)))
    return str(deadline["title"].get(phrases.t("zh", "en")) or usual)


def _shown(deadline: Mapping[str, Any], phrases: Phrases) -> ShownDeadline:
    due_at, met_at = _moment(deadline["due_at"]), _moment(deadline["met_at"])
    standing, when = _standing(deadline, due_at, met_at, phrases)
    if deadline["provisional"]:
        when += phrases.t("（暂定：放假通知未公布）", " (provisional: holidays not announced)")
    return ShownDeadline(
        name_of(deadline, phrases),
        deadline["round"],
        standing,
        when,
        phrases.full(due_at) if due_at else "",
        deadline["explanation"].get(phrases.t("zh", "en"), "").splitlines(),
        deadline["due_at"] or "",
    )


def _standing(
    deadline: Mapping[str, Any], due_at: datetime | None, met_at: datetime | None, phrases: Phrases
) -> tuple[Standing, str]:
    """How a deadline stands, and the moment that goes with it."""
    verdict = deadline["verdict"]
    if verdict == Verdict.MET:
        return Standing("ok", "✓", phrases.t("按时", "in time")), phrases.when(met_at)
    if verdict == Verdict.VOID:
        return Standing("rest", "–", phrases.t("不再适用", "fell away")), ""
    if due_at is None:
        return Standing("rest", "‖", phrases.t("已暂停", "paused")), ""
    if verdict == Verdict.OPEN and due_at > phrases.now:
        return phrases.standing(due_at), phrases.by(due_at)
    was_due = phrases.t(f"应于 {phrases.ends(due_at)}", f"was due {phrases.ends(due_at)}")
    if met_at is None:
        return Standing("over", "■", phrases.t("已超期", "overdue")), was_due
    done = phrases.t(f"{phrases.when(met_at)} 完成，", f"done {phrases.when(met_at)}, ")
    return Standing("over", "■", phrases.t("超期完成", "done late")), done + was_due


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
