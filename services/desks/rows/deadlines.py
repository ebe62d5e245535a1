"""Which deadlines a list shows: of each leg those of its newest round that nothing has met yet. Pure."""

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
    waits: bool = False
    """Whether the time of a deadline stands still in a pause."""


def unmet(deadlines: Iterable[Stated]) -> list[Stated]:
    """The deadlines that are open, or passed with nothing that met them, in the newest round of each leg."""
    known = list(deadlines)
    newest: dict[str | None, int] = {}
    for deadline in known:
        leg = deadline["leg_id"]
        newest[leg] = max(newest.get(leg, 0), deadline["round"])
    return [
        deadline
        for deadline in known
        if deadline["met_at"] is None
        and deadline["verdict"] in (Verdict.OPEN, Verdict.OVERDUE)
        and deadline["round"] == newest[deadline["leg_id"]]
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
        return Due(waits=bool(known))
    first = dated[0]
    return Due(
        first["due_at"],
        first["deadline"],
        first["unit"],
        overdue[0] if overdue else None,
        first["provisional"],
    )
