"""Puts what people wrote into a case as it is read. Pure.

A case is stored without these words; one of an earlier version has its own.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from shared import events
from shared.events import Event


class Reason(NamedTuple):
    """What somebody wrote: a reason, an instruction or a summary, by its event. `card_id`: of which card."""

    event_id: UUID
    appeal_id: UUID
    type: str
    occurred_at: datetime
    card_id: UUID | None
    reason: str

    @classmethod
    def of(cls, event: Event) -> "Reason | None":
        """What the event has that its owner keeps; None where it has no words."""
        words = event.kept_words()
        if words is None:
            return None
        card_id = event.card_id if isinstance(event, events.CardEvent) else None
        return cls(event.id, event.appeal_id, event.type, event.occurred_at, card_id, words)


UNSAID: Mapping[str, Mapping[str, str | None]] = {
    "cards": {"reason": None},
    "lifts": {"instruction": None, "named_reason": None},
    "gathered": {"summary": ""},
}
"""What a case as it is stored lacks, by its list."""


def with_reasons(case: Mapping[str, Any], reasons: Iterable[Reason]) -> dict[str, Any]:
    """The case with these words, which are its own and in the order of time."""
    filled = {
        **case,
        **{part: [{**words, **row} for row in _stored(case, part)] for part, words in UNSAID.items()},
    }
    stated = list(reasons)
    for reason in stated:
        if (fill := _FILLED.get(reason.type)) is not None:
            fill(filled, reason)
    filled["lift"] = filled["lifts"][-1] if filled["lifts"] else None
    filled["reasons"] = [
        {"type": reason.type, "stated_at": reason.occurred_at.isoformat(), "reason": reason.reason}
        for reason in stated
    ]
    return filled


def _stored(case: Mapping[str, Any], part: str) -> list[dict[str, Any]]:
    """The cards, lifts or gatherings of a case; releases before did not store all of these lists."""
    if part == "lifts" and not case.get("lifts"):
        return [lift for lift in (case.get("lift"),) if lift]
    return case.get(part) or []


def _fill_card(case: dict[str, Any], reason: Reason) -> None:
    for card in case["cards"]:
        if card["card_id"] == str(reason.card_id):
            card["reason"] = reason.reason


def _fill_lift(name: str) -> Callable[[dict[str, Any], Reason], None]:
    """Fills a field of the newest lift at that moment."""

    def fill(case: dict[str, Any], reason: Reason) -> None:
        lifts = [lift for lift in case["lifts"] if _moment(lift["lifted_at"]) <= reason.occurred_at]
        if lifts:
            lifts[-1][name] = reason.reason

    return fill


def _fill_gathering(case: dict[str, Any], reason: Reason) -> None:
    for gathering in case["gathered"]:
        if _moment(gathering["gathered_at"]) == reason.occurred_at:
            gathering["summary"] = reason.reason


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


_FILLED: Mapping[str, Callable[[dict[str, Any], Reason], None]] = {
    events.CardAppealed.type: _fill_card,
    events.CardUpheld.type: _fill_card,
    events.CardWithdrawn.type: _fill_card,
    events.AppealInstructed.type: _fill_lift("instruction"),
    events.LeaderNamed.type: _fill_lift("named_reason"),
    events.AppealGathered.type: _fill_gathering,
}
