"""The rows of legs, cards, lifts and of what waits for somebody's word. Pure."""

from collections.abc import Iterator
from datetime import datetime

from services.desks.document import CaseFile, read
from services.desks.rows.cases import Row, unit_of
from services.desks.rows.deadlines import Stated, earliest, unanswered, unmet
from services.desks.rows.states import ENDED, case_state, leg_state
from shared.rules.terms import DeadlineKind
from shared.states import LegState

_CARD_ENDS = ("cleared", "withdrawn", "upheld", "appealed", "acknowledged", "served", "issued")
"""The states of a card; of those that a card reached, the first counts."""


def leg_rows(case: CaseFile) -> Iterator[Row]:
    """The row of every leg."""
    judged = case.get("judged") or {}
    has_ended = case_state(case) in ENDED
    deadlines = unmet(judged.get("deadlines", ()))
    for leg in case.subjects("leg"):
        yield _leg_row(case, leg, deadlines, has_ended=has_ended)


def _leg_row(case: CaseFile, leg: str, deadlines: list[Stated], *, has_ended: bool) -> Row:
    slot, state = f"leg:{leg}:", leg_state(case, leg)
    assigned, began = case.get(f"{slot}assigned") or {}, case.get(f"{slot}round")
    unit = unit_of(case, leg)
    is_open = state in (LegState.OPEN, LegState.PAUSED) and not has_ended
    own = [deadline for deadline in deadlines if deadline["leg_id"] == leg and deadline["unit"] == unit]
    due = earliest(own if is_open else ())
    return {
        "leg_id": leg,
        "appeal_id": case.appeal_id,
        "unit": unit,
        "unit_name": assigned.get("unit_name"),
        "role": assigned.get("role"),
        "round": began["round"] if began else 1,
        "state": state.value,
        "is_open": is_open,
        "due_at": read(due.due_at),
        "deadline": due.deadline,
        "deadline_name": due.name,
        "provisional": due.provisional,
        "overdue_at": read(due.overdue_at),
        "assigned_at": read(case.at(f"{slot}assigned")),
        "contacted_at": read(case.at(f"{slot}contacted")),
        "responded_at": read(case.at(f"{slot}responded")),
        "completed_at": read(case.at(f"{slot}completed")),
        "office_hours": assigned.get("office_hours"),
    }


def card_rows(case: CaseFile) -> Iterator[Row]:
    """The row of every card that is known to be issued."""
    for card in case.subjects("card"):
        if (issued := case.get(f"card:{card}:issued")) is None:
            continue
        yield {
            "card_id": card,
            "appeal_id": case.appeal_id,
            "leg_id": issued["leg_id"],
            "unit": issued["unit"],
            "card": issued["card"],
            "round": issued["round"],
            "deadline": issued["deadline"],
            "due_at": read(issued["due_at"]),
            "clause": issued["clause"],
            "state": next(state for state in _CARD_ENDS if case.get(f"card:{card}:{state}")),
            "issued_at": read(issued["at"]),
        }


def lift_rows(case: CaseFile) -> Iterator[Row]:
    """The row of every lift."""
    for lift in case.subjects("lift"):
        fact = case.facts[f"lift:{lift}:lifted"]
        words = ("reason", "leader", "acts", "unit", "level", "clause")
        values: Row = {word: fact.get(word) for word in words}
        yield {"lift_id": lift, "appeal_id": case.appeal_id, "lifted_at": read(fact["at"]), **values}


_OF_LEGS = (
    ("objection", "objected", "objection_decided", DeadlineKind.OBJECTION),
    ("extension", "extension_asked", "extension_decided", DeadlineKind.EXTENSION),
    ("pause", "pause_asked", "pause_decided", DeadlineKind.PAUSE),
)
"""What a unit asks: the slots of the asking and of the decision, and the deadline of whoever decides."""


def waiting_rows(case: CaseFile) -> Iterator[Row]:
    """What waits, or waited, for somebody's word. It is decided once anything that answers it came after."""
    judged = case.get("judged") or {}
    deadlines, has_ended = unanswered(judged.get("deadlines", ())), case_state(case) in ENDED
    for kind, subject, unit, asked, answers, limit, leg in _asked(case):
        answered = [at for slot in answers if (at := case.at(slot)) and at >= case.at(asked)]
        due_at = None if answered else _due(deadlines, limit, leg, case.at(asked))
        yield {
            "appeal_id": case.appeal_id,
            "kind": kind,
            "subject": subject,
            "unit": unit,
            "asked_at": read(case.at(asked)),
            "due_at": read(due_at),
            "decided_at": read(min(answered, default=None)),
            "is_open": not answered and (not has_ended or kind == "complaint"),
        }


def _due(deadlines: list[Stated], limit: str | None, leg: str | None, asked_at: str) -> str | None:
    """Until when it is to be decided: by the deadline that the asking started, or found running."""
    moment = datetime.fromisoformat(asked_at)
    known = [deadline for deadline in deadlines if (deadline["deadline"], deadline["leg_id"]) == (limit, leg)]
    started = [deadline for deadline in known if _started_at(deadline) <= moment]
    newest = max(started, key=_started_at, default=None)
    return newest["due_at"] if newest else earliest(known).due_at


def _started_at(deadline: Stated) -> datetime:
    return datetime.fromisoformat(deadline["started_at"])


_Asked = tuple[str, str, str | None, str, tuple[str, ...], str | None, str | None]


def _asked(case: CaseFile) -> Iterator[_Asked]:
    """Kind, subject, unit, the slot of the asking, those of the answers, the deadline, and its leg."""
    for leg in case.subjects("leg"):
        slot, unit = f"leg:{leg}:", unit_of(case, leg)
        for kind, asked, decided, limit in _OF_LEGS:
            if case.get(slot + asked):
                yield kind, leg, unit, slot + asked, (slot + decided,), limit, leg
        if case.get(f"{slot}lift_asked"):
            yield "lift", leg, unit, f"{slot}lift_asked", ("lifted",), None, leg
        yield from _stages(case, leg, unit)
    for card in case.subjects("card"):
        if case.get(f"card:{card}:appealed"):
            slot = f"card:{card}:"
            answers = tuple(slot + end for end in ("upheld", "withdrawn", "cleared"))
            yield "card", card, case.facts[f"{slot}appealed"]["unit"], f"{slot}appealed", answers, None, None
    yield from _of_the_case(case)


def _stages(case: CaseFile, leg: str, unit: str) -> Iterator[_Asked]:
    start = f"leg:{leg}:stage "
    for slot in sorted(slot for slot in case.facts if slot.startswith(start) and slot.endswith(":proposed")):
        name = slot.removeprefix(start).removesuffix(":proposed")
        decided = slot.removesuffix("proposed") + "decided"
        yield "stage", f"{leg} {name}", unit, slot, (decided,), DeadlineKind.STAGE_DECISION, leg


def _of_the_case(case: CaseFile) -> Iterator[_Asked]:
    subject = str(case.appeal_id)
    if case.get("complained"):
        yield "complaint", subject, None, "complained", ("complaint_decided",), DeadlineKind.COMPLAINT, None
    if case.get("referral_objected"):
        answers = ("returned", "received_elsewhere")
        yield "referral", subject, None, "referral_objected", answers, None, None
    for publication in case.subjects("publication"):
        slot = f"publication:{publication}:"
        if (proposed := case.get(f"{slot}proposed")) is not None:
            unit = proposed.get("unit")
            yield "publication", publication, unit, f"{slot}proposed", (f"{slot}decided",), None, None
