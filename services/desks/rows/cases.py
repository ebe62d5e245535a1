"""The row of an appeal: what lists show, sort by and search. Pure."""

from typing import Any

from services.desks.document import CaseFile, Fact, read
from services.desks.rows.deadlines import Due, Stated, earliest, unmet
from services.desks.rows.states import ENDED, case_state, lead_of, leg_state
from shared.finding.words import bigrams, folded
from shared.rules.judging.state import CaseState
from shared.rules.terms import Kind, Verdict
from shared.states import LegState

Row = dict[str, Any]
WITHHELD_KINDS = frozenset({Kind.REPORT, Kind.CLUE})
"""Whoever reports, or gives a clue, is never named to a unit."""
BETWEEN = "\x1f"
"""Stands between the texts that are searched as one."""


def case_row(case: CaseFile) -> Row | None:
    """The row of an appeal; None while its registration was not heard, and for a loan request."""
    if case.get("received") is None:
        return None
    received = _corrected(case)
    state, judged = case_state(case), case.get("judged") or {}
    due = earliest(_counting(judged.get("deadlines", ()), state))
    units, readers = _units(case), _readers(case)
    row = {
        **_received(received),
        "appeal_id": case.appeal_id,
        "registration_number": case.registration_number,
        "pack": case.pack,
        "state": state.value,
        "ended": state in ENDED,
        "units": units,
        "readers": readers,
        "marks": list(case.subjects("mark")),
        "rating": _rating(case),
        "leader": _leader(case),
        "lead": lead_of(case),
        "round": _round(case),
        "updated_at": read(case.updated_at),
        **_due_columns(due),
    }
    return row | _searched(row, received)


def _corrected(case: CaseFile) -> Fact:
    """The registration as it stands after all corrections."""
    corrected = {field: case.facts[f"corrected:{field}"]["value"] for field in case.subjects("corrected")}
    return {**case.facts["received"], **corrected}


def _received(received: Fact) -> Row:
    optional = ("locality", "category", "urgency", "division", "complained_of", "enterprise", "credit_code")
    row: Row = {name: received.get(name) for name in optional}
    row |= {name: received[name] for name in ("kind", "channel", "title")}
    named = received.get("confidentiality") in (None, "named") and row["kind"] not in WITHHELD_KINDS
    return row | {"is_named": named, "received_at": read(received["at"])}


def _counting(deadlines: list[Stated], state: CaseState) -> list[Stated]:
    """Unmet deadlines. Once the case has ended only those that still run count, such as a complaint's."""
    return [
        deadline for deadline in unmet(deadlines) if state not in ENDED or deadline["verdict"] == Verdict.OPEN
    ]


def _due_columns(due: Due) -> Row:
    return {
        "due_at": read(due.due_at),
        "deadline": due.deadline,
        "deadline_name": due.name,
        "due_unit": due.unit,
        "overdue_at": read(due.overdue_at),
        "provisional": due.provisional,
    }


def unit_of(case: CaseFile, leg: str) -> str:
    """The unit of a leg, by whichever of its facts is known."""
    if assigned := case.get(f"leg:{leg}:assigned"):
        return str(assigned["unit"])
    facts = [fact for slot, fact in case.facts.items() if slot.startswith(f"leg:{leg}:")]
    return min((str(fact["unit"]) for fact in facts if fact.get("unit")), default="")


def _units(case: CaseFile) -> list[str]:
    legs = case.subjects("leg")
    return sorted({unit_of(case, leg) for leg in legs if leg_state(case, leg) is not LegState.ENDED})


def _readers(case: CaseFile) -> list[str]:
    """The units that read the case: its own, who registered it, the task force, and those of a study."""
    instructions = [case.get(f"instruction:{id_}:instructed") or {} for id_ in case.subjects("instruction")]
    task_forces = {unit for instruction in instructions for unit in instruction.get("task_force", ())}
    studies = [case.facts[f"study:{number}:asked"] for number in case.subjects("study")]
    invited = {invitation["unit"] for study in studies for invitation in study["invited"]}
    first_asked = case.facts["received"].get("first_asked")
    return sorted({*_units(case), *task_forces, *invited, *([first_asked] if first_asked else [])})


def _rating(case: CaseFile) -> str | None:
    """How the enterprise rated the handling since the last reopening."""
    rated = case.get("rated")
    return str(rated["rating"]) if rated and holds_since_reopening(case, "rated") else None


def holds_since_reopening(case: CaseFile, slot: str) -> bool:
    """Whether what filled the slot came after the last reopening."""
    return case.at(slot) > case.at("reopened")


def _leader(case: CaseFile) -> str | None:
    """The leader who acts in the lifted case: whom the lift names, or the office since."""
    facts = [fact for slot in ("lifted", "leader_named") if (fact := case.get(slot))]
    newest = max(facts, key=lambda fact: fact["at"], default=None)
    return (newest.get("acts") or newest.get("leader")) if newest else None


def _round(case: CaseFile) -> int:
    rounds = [case.get(f"leg:{leg}:round") for leg in case.subjects("leg")]
    return max((fact["round"] for fact in rounds if fact), default=1 if rounds else 0)


def _searched(row: Row, received: Fact) -> Row:
    """What is searched: the case by its number, firm, credit code and title, and by tags for exact words."""
    number, title = row["registration_number"], row["title"]
    enterprise, credit_code = received.get("enterprise"), received.get("credit_code")
    shown = (number, credit_code, enterprise, title)
    for_units = shown if row["is_named"] else (number, None, None, title)
    return {
        "bigrams": bigrams(shown),
        "searched": _joined(shown),
        "searched_by_units": _joined(for_units),
        "tags": tags(row),
    }


def _joined(texts: tuple[str | None, ...]) -> str:
    return BETWEEN.join(folded(text or "") for text in texts)


TAGGED = ("state", "kind", "channel", "category", "locality", "urgency", "rating", "pack")


def tags(row: Row) -> list[str]:
    """Every word that a filter compares, with its name: a pack without version, a category by each level."""
    single = {name: row[name] for name in TAGGED if row[name] is not None}
    every = [f"{name}={value}" for name, value in single.items()]
    levels = str(row["category"] or "").split(".")
    every += [f"category={'.'.join(levels[:depth])}" for depth in range(1, len(levels)) if levels[0]]
    every += [f"unit={unit}" for unit in row["units"]]
    every += [f"reader={unit}" for unit in row["readers"]]
    every += [f"mark={mark}" for mark in row["marks"]]
    every.append(f"pack={str(row['pack']).partition('@')[0]}")
    return sorted(set(every))
