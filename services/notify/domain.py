"""The recipients of a message: what the words of the routing table stand for.

Pure: no I/O, no clock. A recipient is written `enterprise:<appeal id>`, `unit:<code>` (the unit's handlers),
`head:<code>` (the unit's head), `leader:<code>`, `bank:<code>`, `office` or `regulator`. That is also the
name of its inbox.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from services.notify.document import CaseDocument
from shared.directory.leaders import TOP, Leaders
from shared.events import Event, RaisedTo

OFFICE = "office"
REGULATOR = "regulator"


class RecipientWord(NamedTuple):
    """A word of the routing table: the event field it needs, and the recipients it stands for."""

    needs: str | None
    recipients: Callable[[CaseDocument, Any], Iterable[str | None]]


def _named(kind: str, *codes: str | None) -> list[str | None]:
    return [code and f"{kind}:{code}" for code in codes]


def _raised_to(event: Any) -> str:
    """The head of the office, or the leader in charge of it; while unknown, the office or the mayor."""
    if event.to is RaisedTo.IN_CHARGE:
        return f"leader:{event.leader or TOP}"
    return f"head:{event.office}" if event.office else OFFICE


RECIPIENTS = {
    "enterprise": RecipientWord(None, lambda case, event: [f"enterprise:{case.appeal_id}"]),
    "office": RecipientWord(None, lambda case, event: [OFFICE]),
    "unit": RecipientWord("unit", lambda case, event: _named("unit", event.unit)),
    "head": RecipientWord("unit", lambda case, event: _named("head", event.unit)),
    "new_units": RecipientWord(
        "legs.unit", lambda case, event: _named("unit", *(leg.unit for leg in event.legs))
    ),
    "invited": RecipientWord(
        "invited.unit", lambda case, event: _named("unit", *(each.unit for each in event.invited))
    ),
    "asking_unit": RecipientWord("asked_by", lambda case, event: _named("unit", event.asked_by)),
    "units": RecipientWord(None, lambda case, event: _named("unit", *case.units(event.occurred_at))),
    "task_force": RecipientWord(
        "task_force",
        lambda case, event: _named("unit", *(event.task_force or case.units(event.occurred_at))),
    ),
    "unit_leader": RecipientWord("unit", lambda case, event: _named("leader", case.unit_leader(event.unit))),
    "leader": RecipientWord(
        None,
        lambda case, event: _named(
            "leader", getattr(event, "acts", None) or getattr(event, "leader", None) or case.leader
        ),
    ),
    "superior": RecipientWord("to", lambda case, event: [event.to]),
    "raised_to": RecipientWord("office", lambda case, event: [_raised_to(event)]),
    "regulator": RecipientWord(None, lambda case, event: [REGULATOR]),
    "bank": RecipientWord("bank", lambda case, event: _named("bank", event.bank)),
    "new_banks": RecipientWord(
        "legs.bank", lambda case, event: _named("bank", *(leg.bank for leg in event.legs))
    ),
    "banks": RecipientWord(None, lambda case, event: _named("bank", *case.banks_asked(event.occurred_at))),
}
TO_BANKS = {"bank", "new_banks", "banks"}
NAMED = {"unit", "head", "new_units", "units", "task_force", "superior", *TO_BANKS}
"""Words whose recipients a template may address by name."""
TO_ALL_LEGS = {"units", "task_force", "banks"}
"""Words that stand for every leg of a case, also for one that is heard later than the event."""


def acting(recipient: str, leaders: Leaders, on: date) -> str:
    """The recipient; where that is a leader or a post, who acts for them on this day."""
    kind, _, code = recipient.partition(":")
    return f"leader:{leaders.acting(code, on)}" if kind == "leader" else recipient


def recipients(word: str, case: CaseDocument, event: Event) -> list[str]:
    """The recipients that `word` stands for; empty where the case and the event name nobody."""
    return [recipient for recipient in RECIPIENTS[word].recipients(case, event) if recipient]
