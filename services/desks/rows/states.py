"""How a case and its legs stand, from the moments of their facts. Pure."""

from services.desks.document import CaseFile
from shared.events import AppealMerged, AppealPaused
from shared.named import Named
from shared.rules.judging.state import CaseState
from shared.rules.terms import Role
from shared.states import LegState

ENDED = frozenset({CaseState.APPROVED, CaseState.CLOSED, CaseState.WITHDRAWN, CaseState.REFERRED})


class WaitingKind(Named):
    """What waits for somebody's word."""

    OBJECTION = "objection", "派单异议"
    EXTENSION = "extension", "延期"
    PAUSE = "pause", "暂停"
    LIFT = "lift", "提级请求"
    STAGE = "stage", "环节确认"
    CARD = "card", "黄牌申诉"
    COMPLAINT = "complaint", "投诉"
    REFERRAL = "referral", "引导异议"
    PUBLICATION = "publication", "公开审核"


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
