"""A case's deadlines as the judges' events state them: each with the reason why it ends when it does."""

from collections.abc import Iterable

from shared import events
from shared.rules.judging.state import Deadline
from shared.rules.wording.deadlines import explain_deadline


def stated(before: Iterable[events.Deadline], now: Iterable[Deadline]) -> list[events.Deadline]:
    """The deadlines `now`, explained. One whose date is as it was `before` keeps its explanation.

    One that ran on during a pause is explained anew: its date is the same, and the pause is told.
    """
    explanations = {_identity(deadline): deadline.explanation for deadline in before}
    explained = []
    for deadline in now:
        unexplained = to_event(deadline)
        known = None if deadline.ran_on else explanations.get(_identity(unexplained))
        explanation = known or explain_deadline(deadline)
        explained.append(unexplained.model_copy(update={"explanation": explanation}))
    return explained


def to_event(deadline: Deadline) -> events.Deadline:
    """A deadline of the engine as events carry it, without explanation."""
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
    )


def _identity(deadline: events.Deadline) -> tuple[object, ...]:
    return (
        deadline.leg_id,
        deadline.round,
        deadline.deadline,
        deadline.started_at,
        deadline.due_at,
        deadline.provisional,
    )
