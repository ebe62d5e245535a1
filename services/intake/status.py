"""What an enterprise sees of its appeal."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.intake import telling
from services.intake.file import File, LegFile
from shared.events import Deadline, DeadlineKind, Role, Verdict
from shared.rules.pack.pack import Pack
from shared.rules.wording import words


def public(file: File, pack: Pack | None, zone: ZoneInfo, *, together: bool = False) -> dict[str, Any]:
    """How the appeal stands, times in `zone`: no legs that ended, no void deadlines, none of an objection.

    `pack` gives the names. `together`: it is handled together with others, of which nothing is told.
    """
    names = {leg.unit: leg.unit_name for leg in file.legs}
    shown = [one for one in file.deadlines if _is_shown(one)]
    return {
        "registration_number": file.registration_number,
        "title": file.title,
        "state": file.state,
        "pack": file.pack,
        "received_at": file.received_at.astimezone(zone),
        "reasonable": file.finding and file.finding.reasonable,
        "rating": file.rating and file.rating.rating,
        "handled_together": together,
        "legs": [
            _leg(file, leg, [one for one in shown if one.leg_id == leg.leg_id], zone)
            for leg in sorted(file.live_legs(), key=lambda leg: leg.role != Role.LEAD)
        ],
        "deadlines": [_deadline(one, zone) for one in shown if one.leg_id is None],
        "timeline": [
            {**telling.line(entry, pack, zone), "unit_name": entry.unit and names.get(entry.unit)}
            for entry in file.timeline
        ],
    }


def _is_shown(deadline: Deadline) -> bool:
    return deadline.verdict != Verdict.VOID and deadline.deadline != DeadlineKind.OBJECTION


def _leg(file: File, leg: LegFile, deadlines: list[Deadline], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "unit": leg.unit,
        "unit_name": leg.unit_name,
        "role": leg.role,
        "round": leg.round,
        "contacted_at": _local(leg.contacted_at, zone),
        "responded_at": _local(leg.responded_at, zone),
        "completed_at": _local(leg.completed_at, zone) if file.is_completed(leg) else None,
        "deadlines": [_deadline(one, zone) for one in deadlines],
    }


def _deadline(deadline: Deadline, zone: ZoneInfo) -> dict[str, Any]:
    zh, en = telling.deadline_name(deadline.deadline, deadline.title)
    return {
        "deadline": deadline.deadline,
        "title": {"zh": zh, "en": en},
        "round": deadline.round,
        "started_at": _local(deadline.started_at, zone),
        "due_at": _local(deadline.due_at, zone),
        "met_at": _local(deadline.met_at, zone),
        "verdict": deadline.verdict,
        "provisional": deadline.provisional,
        "clause": deadline.clause,
        "ground": words.ground(deadline.clause)._asdict(),
        "explanation": deadline.explanation,
    }


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment and moment.astimezone(zone)
