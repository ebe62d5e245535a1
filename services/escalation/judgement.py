"""What a judgement brings into a case: what was not said yet, and its deadlines, explained. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.escalation.case import Card, Case, HandOver, Lift, Move, Notice, Passed, Publication
from shared import events
from shared.events import Event
from shared.rules import limits
from shared.rules.calendar import Calendar, Calendars
from shared.rules.decide import Judgement
from shared.rules.explain import explain
from shared.rules.notices import LAST_YEAR
from shared.rules.standing import Deadline

_PASSED = set(Passed.model_fields)
_LIFT_FIELDS = {"leader", "level", "reason", "unit", "clause"}
_CARD_FIELDS = {"card_id", "card", "clause"} | _PASSED


def take(case: Case, judgement: Judgement, upto: datetime, calendars: Calendars) -> list[Event]:
    """Bring `case` up to `judgement`; returns what was not said yet, the deadlines as they stand last."""
    new = [event for event in judgement.said if event.id not in case.said]
    for event in new:
        case.said.add(event.id)
        if (keep := _KEPT.get(type(event))) is not None:
            keep(case, event)
    deadlines = _explained(case.deadlines, judgement.deadlines, calendars, upto)
    if (deadlines, judgement.state) != (case.deadlines, case.state):
        case.deadlines, case.state = deadlines, judgement.state
        new.append(
            case.say(events.AppealJudged, upto, state=judgement.state, deadlines=tuple(case.deadlines))
        )
    if new:
        case.version += 1
    case.rounds = judgement.rounds
    case.judged_upto = max(case.judged_upto or upto, upto)
    return new


def _keep_card(case: Case, event: events.CardIssued) -> None:
    case.cards.append(Card(**event.model_dump(include=_CARD_FIELDS), issued_at=event.occurred_at))


def _clear_card(case: Case, event: events.CardCleared) -> None:
    case.card(event.card_id).clear(event.occurred_at)


def _keep_lift(case: Case, event: events.AppealLifted) -> None:
    fields = event.model_dump(include=_LIFT_FIELDS)
    case.lifts.append(Lift(**fields, lift_id=event.id, lifted_at=event.occurred_at))


def _keep_notice(case: Case, event: events.AppealSupervised) -> None:
    fields = event.model_dump(include=_PASSED | {"clause"})
    case.notices.append(Notice(**fields, notice_id=event.id, issued_at=event.occurred_at))


def _keep_move(case: Case, event: events.DeadlineMoved) -> None:
    fields = event.model_dump(include=_PASSED | {"was_due_at", "calendar"})
    case.moves.append(Move(**fields, moved_at=event.occurred_at))


def _keep_hand_over(case: Case, event: events.AppealHandedOver) -> None:
    fields = event.model_dump(include=_PASSED | {"to", "clause"})
    case.handed_over.append(HandOver(**fields, handed_over_at=event.occurred_at))


def _keep_publication(case: Case, event: events.PublicationProposed) -> None:
    fields = event.model_dump(include=_PASSED | {"publication_id", "clause"})
    case.publications.append(Publication(**fields, proposed_at=event.occurred_at))


_KEPT: dict[type[Event], Callable[[Case, Any], None]] = {
    events.CardIssued: _keep_card,
    events.CardCleared: _clear_card,
    events.AppealLifted: _keep_lift,
    events.AppealSupervised: _keep_notice,
    events.DeadlineMoved: _keep_move,
    events.AppealHandedOver: _keep_hand_over,
    events.PublicationProposed: _keep_publication,
}


def _explained(
    before: list[events.Deadline], now: list[Deadline], calendars: Calendars, upto: datetime
) -> list[events.Deadline]:
    """The deadlines as they are said; an explanation is made anew only where the date is new."""
    known = {_place(d): d.explanation for d in before}
    found = []
    for deadline in now:
        said = deadline.to_event()
        text = known.get(_place(said))
        text = text if text is not None else _explain(deadline, calendars, upto)
        found.append(said.model_copy(update={"explanation": text}))
    return found


def _place(said: events.Deadline) -> tuple[object, ...]:
    return said.leg_id, said.round, said.deadline, said.started_at, said.due_at, said.provisional


def _explain(deadline: Deadline, calendars: Calendars, upto: datetime) -> dict[str, str]:
    calendar = _reckoned_by(deadline, calendars, upto)
    clause = deadline.clause
    if deadline.limit is None:
        assert deadline.due_at is not None
        local = deadline.due_at.astimezone(calendar.zone)
        return {
            "zh": f"交办时指定：{local:%Y-%m-%d %H:%M} 到期（{clause}）。",
            "en": f"Set at dispatch: due {local:%Y-%m-%d %H:%M} ({clause}).",
        }
    try:
        return explain(deadline.limit, deadline.started_at, calendar, deadline.hours, deadline.pauses, clause)
    except (ValueError, OverflowError):
        return {
            "zh": f"到期日在日历所及（至 {LAST_YEAR} 年）之后，不能确定（{clause}）。",
            "en": f"It ends beyond the calendar, which reaches to {LAST_YEAR} ({clause}).",
        }


def _reckoned_by(deadline: Deadline, calendars: Calendars, upto: datetime) -> Calendar:
    """The first calendar known since the deadline started that gives its date: later ones may not have."""
    since = calendars.since(deadline.started_at)
    known = [since.first, *(calendar for at, calendar in since.later if at <= upto)]
    if len(known) == 1 or deadline.limit is None:
        return known[-1]
    return next((calendar for calendar in known if _gives(calendar, deadline)), known[-1])


def _gives(calendar: Calendar, deadline: Deadline) -> bool:
    assert deadline.limit is not None
    try:
        due = limits.due(deadline.limit, deadline.started_at, calendar, deadline.hours, deadline.pauses)
    except (ValueError, OverflowError):
        return False
    return (due.due_at, due.provisional) == (deadline.due_at, deadline.provisional)
