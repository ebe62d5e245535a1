"""How a case and its legs stand, from the moments of their facts. Pure."""

from enum import StrEnum

from services.desks.document import CaseFile
from shared.events import AppealMerged, AppealPaused
from shared.rules.judging.state import CaseState
from shared.rules.terms import Role

ENDED = frozenset({CaseState.APPROVED, CaseState.CLOSED, CaseState.WITHDRAWN, CaseState.REFERRED})


class LegState(StrEnum):
    """How a leg stands. An ended one is its unit's no more."""

    OPEN = "open"
    PAUSED = "paused"
    COMPLETED = "completed"
    ENDED = "ended"


def holds(case: CaseFile, slot: str, *ended_by: str) -> bool:
    """Whether what filled `slot` still holds: nothing that ends it came after."""
    began = case.at(slot)
    return bool(began) and all(case.at(other) < began for other in ended_by)


def leg_state(case: CaseFile, leg: str) -> LegState:
    """How a leg stands."""
    slot = f"leg:{leg}:"
    pause = case.get(f"{slot}pause")
    if case.get(f"{slot}ended"):
        return LegState.ENDED
    if holds(case, f"{slot}completed", f"{slot}round", "reopened"):
        return LegState.COMPLETED
    if pause and pause["type"] == AppealPaused.type:
        return LegState.PAUSED
    return LegState.OPEN


def handles(case: CaseFile, leg: str) -> bool:
    """Whether the leg's unit handles the case; a supervising or first-asked unit watches."""
    assigned = case.get(f"leg:{leg}:assigned") or {}
    return "role" not in assigned or Role(assigned["role"]).handles


def case_state(case: CaseFile) -> CaseState:
    """How the case stands, as intake derives it."""
    states = {leg: leg_state(case, leg) for leg in case.subjects("leg") if handles(case, leg)}
    live = [state for state in states.values() if state is not LegState.ENDED]
    reached = (
        (CaseState.APPROVED, holds(case, "approved")),
        (CaseState.CLOSED, holds(case, "closed", "reopened")),
        (CaseState.WITHDRAWN, holds(case, "withdrawn")),
        (CaseState.REFERRED, holds(case, "referred", "reopened", "returned")),
        (CaseState.COMPLETED, bool(live) and set(live) == {LegState.COMPLETED}),
        (CaseState.LIFTED, holds(case, "lifted")),
        (CaseState.DISPATCHED, bool(live)),
    )
    return next((state for state, is_so in reached if is_so), CaseState.REGISTERED)


def lead_of(case: CaseFile) -> str | None:
    """The id of the appeal that this one is handled with."""
    merge = case.get("merge")
    return str(merge["lead"]) if merge and merge["type"] == AppealMerged.type else None
