"""What people see of a judged case, whatever it is: moments and deadlines in the zone of the city."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.events import Deadline, Verdict
from shared.rules.wording import words

INTERNAL = {"said", "receipt_hash", "erased_at"}
"""The fields of a document that nobody is shown."""


def deadlines(judged: list[Deadline], zone: ZoneInfo) -> list[dict[str, Any]]:
    """The deadlines as people see them, each explained; those that fell away are left out."""
    return [_deadline(deadline, zone) for deadline in judged if deadline.verdict is not Verdict.VOID]


def _deadline(deadline: Deadline, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "deadline": deadline.deadline,
        "title": deadline.title,
        "due_at": local(deadline.due_at, zone),
        "met_at": local(deadline.met_at, zone),
        "verdict": deadline.verdict,
        "clause": deadline.clause,
        "ground": words.ground(deadline.clause)._asdict(),
        "explanation": deadline.explanation,
    }


def local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The moment as the clocks in `zone` show it."""
    return moment and moment.astimezone(zone)
