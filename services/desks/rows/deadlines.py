"""Which deadlines a list shows: those that run, and of the newest round those that passed unmet. Pure."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from shared.rules.terms import Verdict

Stated = dict[str, Any]
"""One deadline as it was judged, without its explanation."""


class Due(NamedTuple):
    """What is due next, and since when something is overdue; None where nothing is."""

    due_at: str | None = None
    deadline: str | None = None
    unit: str | None = None
    overdue_at: str | None = None
    provisional: bool = False
    name: str | None = None
    """The Chinese name of a deadline that the pack names itself."""


def unmet(deadlines: Iterable[Stated]) -> list[Stated]:
    """The deadlines that run, and in the newest round of each leg those that passed unmet.

    What still runs from an earlier round counts: a promised day, what is owed, a word of the office.
    """
    known = list(deadlines)
    newest: dict[str | None, int] = {}
    for deadline in known:
        leg = deadline["leg_id"]
        newest[leg] = max(newest.get(leg, 0), deadline["round"])
    return [
        deadline
        for deadline in unanswered(known)
        if deadline["verdict"] == Verdict.OPEN or deadline["round"] == newest[deadline["leg_id"]]
    ]


def unanswered(deadlines: Iterable[Stated]) -> list[Stated]:
    """The deadlines of every round that run, or passed, with nothing that met them."""
    return [
        deadline
        for deadline in deadlines
        if deadline["met_at"] is None and deadline["verdict"] in (Verdict.OPEN, Verdict.OVERDUE)
    ]


def earliest(deadlines: Iterable[Stated]) -> Due:
    """What is due next of unmet deadlines."""
    known = list(deadlines)
    dated = sorted(
        (deadline for deadline in known if deadline["due_at"]),
        key=lambda deadline: (deadline["due_at"], deadline["deadline"], deadline["leg_id"] or ""),
    )
    overdue = [deadline["due_at"] for deadline in dated if deadline["verdict"] == Verdict.OVERDUE]
    if not dated:
        return Due()
    first = dated[0]
    return Due(
        first["due_at"],
        first["deadline"],
        first["unit"],
        overdue[0] if overdue else None,
        first["provisional"],
        first.get("name"),
    )
