"""What each event changes in the file of its case. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from services.desks.document import CaseFile, written
from services.desks.facts.slots import SLOTS, Slot
from shared import events
from shared.events import Event
from shared.rules.terms import Verdict

CORRECTED = {
    "category",
    "complained_of",
    "confidentiality",
    "division",
    "enterprise",
    "kind",
    "locality",
    "title",
    "urgency",
}
"""The fields of an appeal that a correction may change and lists show."""
_OF_A_DEADLINE = {"leg_id", "unit", "round", "deadline", "started_at", "due_at", "met_at", "verdict"}
_OF_A_DEADLINE |= {"provisional"}


def keep(case: CaseFile, event: Event) -> None:
    """Keep what `event` says in the slots that it fills."""
    for slot in SLOTS.get(type(event), ()):
        _fill(case, slot, event)
    if (further := FURTHER.get(type(event))) is not None:
        further(case, event)
    case.pack = _pack(case)


def _pack(case: CaseFile) -> str | None:
    """The pack of a case, by its registration. A complaint without a loan request is a case of its own."""
    own_complaint = f"complaint:{case.appeal_id}:complained"
    registered = case.get("received") or case.get("requested") or case.get(own_complaint)
    return str(registered["pack"]) if registered else None


def _fill(case: CaseFile, slot: Slot, event: Event) -> None:
    values = event.model_dump(mode="json", include=set(slot.fields), exclude_none=True)
    case.add(slot.pattern.format(event=event), event, **values)


def _keep_legs(case: CaseFile, event: events.AppealAssigned) -> None:
    for leg in event.legs:
        fields = {"unit", "unit_name", "role", "leader", "office_hours"}
        values = leg.model_dump(mode="json", include=fields, exclude_none=True)
        case.add(f"leg:{leg.leg_id}:assigned", event, **values)
    _keep_marks(case, event)


def _keep_corrections(case: CaseFile, event: events.AppealCorrected) -> None:
    """Each corrected field is a fact of its own; one that was cleared has no value any more."""
    values = event.model_dump(mode="json", include=CORRECTED, exclude_none=True)
    for name, value in {**dict.fromkeys(CORRECTED.intersection(event.cleared)), **values}.items():
        case.add(f"corrected:{name}", event, value=value)


def _keep_marks(case: CaseFile, event: events.AppealAssigned | events.AppealMarked) -> None:
    for mark in event.marks:
        case.add(f"mark:{mark}:made", event)


def _end_leg_if_upheld(case: CaseFile, event: events.ObjectionDecided) -> None:
    if event.upheld:
        case.add(f"leg:{event.leg_id}:ended", event, unit=event.unit)


def _approve(case: CaseFile, event: events.ApprovalDeemed) -> None:
    """Silence approves the case, or, where each unit speaks for its own part, that of one leg."""
    if not event.each_leg:
        case.add("approved", event)
    elif event.leg_id is not None:
        case.add(f"leg:{event.leg_id}:completed", event, unit=event.unit)


def _approve_if_decided(case: CaseFile, event: events.ApprovalDecided) -> None:
    if event.approved:
        case.add("approved", event)


def _keep_bank_legs(case: CaseFile, event: events.LoanPushed) -> None:
    for leg in event.legs:
        values = leg.model_dump(mode="json", include={"leg", "bank", "bank_name"})
        case.add(f"bank:{leg.leg_id}:pushed", event, wave=event.wave, **values)


def _keep_deadlines(case: CaseFile, event: events.AppealJudged | events.LoanJudged) -> None:
    case.add("judged", event, settled(event.deadlines), state=event.state, deadlines=_stated(event.deadlines))


def _keep_deadlines_of_complaint(case: CaseFile, event: events.ComplaintJudged) -> None:
    slot, deadlines = f"complaint:{event.complaint_id}:judged", _stated(event.deadlines)
    case.add(slot, event, settled(event.deadlines), deadlines=deadlines)


def settled(deadlines: tuple[events.Deadline, ...]) -> int:
    """How many deadlines there are, and are met or passed.

    Of two judgements up to one moment the later one knows more acts, so it has more of them.
    """
    return len(deadlines) + sum(
        (deadline.verdict is not Verdict.OPEN) + (deadline.met_at is not None) for deadline in deadlines
    )


def _stated(deadlines: tuple[events.Deadline, ...]) -> list[dict[str, Any]]:
    """The deadlines without their explanations, which have a table of their own."""
    return [_stated_one(deadline) for deadline in deadlines]


def _stated_one(deadline: events.Deadline) -> dict[str, Any]:
    values = deadline.model_dump(mode="json", include=_OF_A_DEADLINE)
    values["started_at"] = written(deadline.started_at)
    values["due_at"] = None if deadline.due_at is None else written(deadline.due_at)
    return {**values, "name": deadline.title["zh"]} if "zh" in deadline.title else values


FURTHER: Mapping[type[Event], Callable[[CaseFile, Any], None]] = {
    events.AppealAssigned: _keep_legs,
    events.AppealMarked: _keep_marks,
    events.AppealCorrected: _keep_corrections,
    events.ObjectionDecided: _end_leg_if_upheld,
    events.ApprovalDeemed: _approve,
    events.ApprovalDecided: _approve_if_decided,
    events.LoanPushed: _keep_bank_legs,
    events.AppealJudged: _keep_deadlines,
    events.LoanJudged: _keep_deadlines,
    events.ComplaintJudged: _keep_deadlines_of_complaint,
}
"""Events that fill slots of several subjects, or only under a condition."""
