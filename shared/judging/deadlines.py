"""A case's deadlines as the judges' events state them: each with the reason why it ends when it does."""

from collections.abc import Iterable, Mapping

from shared import events
from shared.rules.judging.state import Deadline
from shared.rules.wording.deadlines import explain_deadline


def stated(before: Iterable[events.Deadline], now: Iterable[Deadline]) -> list[events.Deadline]:
    """The deadlines `now`, explained. One whose date is as it was `before` keeps its explanation.

    One that ran on during a pause is explained anew: its date is the same, and the pause is told.
    """
    explanations: dict[tuple[object, ...], dict[str, str]] = {
        (d.leg_id, d.round, d.deadline, d.started_at, d.due_at, d.provisional): d.explanation for d in before
    }
    return [
        to_event(deadline, _known(deadline, explanations) or explain_deadline(deadline)) for deadline in now
    ]


def _known(
    deadline: Deadline, explanations: Mapping[tuple[object, ...], dict[str, str]]
) -> dict[str, str] | None:
    d = deadline
    if d.ran_on:
        return None
    return explanations.get((d.leg_id, d.round, d.kind, d.started_at, d.due_at, d.provisional))


def to_event(deadline: Deadline, explanation: dict[str, str] | None = None) -> events.Deadline:
    """A deadline of the engine as events carry it."""
    return events.Deadline(
        leg_id=deadline.leg_id,
        unit=deadline.unit,
        round=deadline.round,
        deadline=deadline.kind,
        started_at=deadline.started_at,
        due_at=deadline.due_at,
        met_at=deadline.met_at,
        verdict=deadline.verdict,
        clause=deadline.clause,
        provisional=deadline.provisional,
        title=deadline.title,
        explanation=explanation or {},
    )
