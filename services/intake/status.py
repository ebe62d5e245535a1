"""The public status: what an enterprise sees of its appeal."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.intake import timeline
from services.intake.attachments.document import Adder
from services.intake.attachments.domain.reading import files_shown_to
from services.intake.document import AppealDocument, LegDocument
from services.intake.next_steps import next_steps
from services.intake.own_acts import Addition, ReopeningRequest
from services.intake.ratings import OfficeComplaint
from shared.appeals.categories import Category
from shared.events import ENTERPRISE, Deadline, DeadlineKind, Role, Verdict
from shared.rules.pack.pack import Pack
from shared.rules.wording import words


def public_status(
    appeal: AppealDocument,
    pack: Pack | None,
    zone: ZoneInfo,
    category: Category | None = None,
    *,
    together: bool = False,
) -> dict[str, Any]:
    """The appeal as its enterprise sees it, times in `zone`.

    Ended legs, void deadlines and the limit for deciding an objection are left out. `pack` gives the names,
    `category` those of the category, where the city's table still has it.
    `together`: the appeal is handled together with others, of which nothing else is shown.
    """
    names = {leg.unit: leg.unit_name for leg in appeal.legs}
    shown = [deadline for deadline in appeal.deadlines if _is_shown(deadline)]
    return {
        "registration_number": appeal.registration_number,
        "title": appeal.title,
        "state": appeal.state,
        "pack": appeal.pack,
        **_fields(appeal, category),
        "received_at": appeal.received_at.astimezone(zone),
        "reasonable": appeal.finding and appeal.finding.reasonable,
        "rating": appeal.rating and appeal.rating.rating,
        "solved": appeal.rating and appeal.rating.solved,
        "handled_together": together,
        "next": next_steps(appeal, zone),
        "additions": [_addition(addition, zone) for addition in appeal.additions],
        "urgings": [urging.urged_at.astimezone(zone) for urging in appeal.urgings],
        "reopening_requests": [_request(request, zone) for request in appeal.reopening_requests],
        "complaints": [_complaint(complaint, zone) for complaint in appeal.complaints],
        "legs": [
            _leg(appeal, leg, [deadline for deadline in shown if deadline.leg_id == leg.leg_id], zone)
            for leg in sorted(appeal.live_legs(), key=lambda leg: leg.role != Role.LEAD)
        ],
        "deadlines": [_deadline(deadline, zone) for deadline in shown if deadline.leg_id is None],
        "timeline": [
            {**timeline.shown_entry(entry, pack, zone), "unit_name": entry.unit and names.get(entry.unit)}
            for entry in appeal.timeline
        ],
        "attachments": files_shown_to(appeal, Adder(ENTERPRISE), zone),
    }


def _fields(appeal: AppealDocument, category: Category | None) -> dict[str, Any]:
    """What the enterprise said of its appeal; contacts and the clerk's remarks are left out."""
    return {
        "kind": appeal.kind,
        "category": appeal.category,
        "category_path": category and category.path,
        "urgency": appeal.urgency,
        "place": appeal.place and appeal.place.model_dump(mode="json"),
        "complained_of": appeal.complained_of,
        "wished_on": appeal.wished_on,
        "answer_wanted": appeal.answer_wanted,
        "confidentiality": appeal.confidentiality,
        "spot_answer": appeal.spot_answer and appeal.spot_answer.text,
    }


def _complaint(complaint: OfficeComplaint, zone: ZoneInfo) -> dict[str, Any]:
    answer = complaint.answer
    return {
        "about": complaint.about,
        "complained_at": complaint.complained_at.astimezone(zone),
        "justified": answer and answer.justified,
        "answer": answer and answer.reason,
        "answered_at": _local(answer.answered_at if answer else None, zone),
    }


def _addition(addition: Addition, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "text": addition.text,
        "added_at": addition.added_at.astimezone(zone),
        "by": "enterprise" if addition.by is None else "staff",
    }


def _request(request: ReopeningRequest, zone: ZoneInfo) -> dict[str, Any]:
    decision = request.decision
    return {
        "reason": request.reason,
        "requested_at": request.requested_at.astimezone(zone),
        "granted": decision and decision.granted,
        "answer": decision and decision.reason,
        "decided_at": _local(decision.decided_at if decision else None, zone),
    }


def _is_shown(deadline: Deadline) -> bool:
    return deadline.verdict != Verdict.VOID and deadline.deadline != DeadlineKind.OBJECTION


def _leg(
    appeal: AppealDocument, leg: LegDocument, deadlines: list[Deadline], zone: ZoneInfo
) -> dict[str, Any]:
    return {
        "unit": leg.unit,
        "unit_name": leg.unit_name,
        "role": leg.role,
        "round": leg.round,
        "contacted_at": _local(leg.contacted_at, zone),
        "responded_at": _local(leg.responded_at, zone),
        "completed_at": _local(leg.completed_at, zone) if appeal.is_completed(leg) else None,
        "deadlines": [_deadline(deadline, zone) for deadline in deadlines],
    }


def _deadline(deadline: Deadline, zone: ZoneInfo) -> dict[str, Any]:
    zh, en = timeline.deadline_name(deadline.deadline, deadline.title)
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
