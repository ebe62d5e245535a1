"""The judgement of one case: which deadlines ran, how they stand, and what followed from them.

A pure fold in event time. What is judged depends on when things occurred, never on when they became
known or in which order, so the same history under the same pack always gives the same judgement.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.rules.judging import timers
from shared.rules.judging.acts import Act, Reached
from shared.rules.judging.case import Case
from shared.rules.judging.fold import FOLDS, fold
from shared.rules.judging.rulings import Ruling
from shared.rules.judging.state import NEVER, CaseState, Deadline
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import Calendar, Calendars

_RANK = {act_type: rank for rank, act_type in enumerate(FOLDS)}


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a case stands at `upto`, and all rulings on it so far, in order.

    `rounds` is the highest round of a leg, 0 before dispatch. `cards` counts those issued and not
    withdrawn. `lifted_at`: the first time. No further ruling falls before `next_due_at`; None: none without a
    further act.
    """

    state: CaseState
    rounds: int
    cards: int
    lifted_at: datetime | None
    deadlines: list[Deadline]
    next_due_at: datetime | None
    _case: Case | None = None

    @property
    def rulings(self) -> list[Ruling]:
        """The rulings, with the same ids whenever and wherever the case is judged."""
        return self._case.rulings.all() if self._case else []


def decide(
    case_id: UUID, history: Iterable[Act], pack: Pack, calendar: Calendar | Calendars, upto: datetime
) -> Judgement:
    """Judge the case whose acts are in `history`, in any order, duplicates allowed, as of `upto`.

    Later acts are left out. Every history can be judged. An act at the due moment is in time. If `history`
    is complete up to `upto`, a later judgement holds all rulings of this one, under the same ids.
    """
    acts = {act.id.int: act for act in history if act.occurred_at <= upto}
    ordered = sorted(acts.values(), key=_order_under(pack) if pack.stages else _order)
    if not ordered:
        return Judgement(CaseState.REGISTERED, 0, 0, None, [], None)
    calendars = calendar if isinstance(calendar, Calendars) else Calendars(calendar)
    case = Case(case_id, pack, calendars.since(ordered[0].occurred_at))
    for act in ordered:
        fold(case, act)
    timers.run(case, upto)
    next_at = timers.next_at(case)
    return Judgement(
        state=case.state(),
        rounds=case.rounds(),
        cards=sum(not card.withdrawn for card in case.cards.values()),
        lifted_at=case.first_lifted_at,
        deadlines=case.deadlines,
        next_due_at=None if next_at == NEVER else next_at,
        _case=case,
    )


def _order(act: Act) -> tuple[datetime, int, int]:
    return act.occurred_at, _RANK[type(act)], act.id.int


def _order_under(pack: Pack) -> Callable[[Act], tuple[datetime, int, int, int]]:
    """Stages reached at one moment follow each other as the pack lists them."""
    places = {stage.stage: place for place, stage in enumerate(pack.stages)}

    def order(act: Act) -> tuple[datetime, int, int, int]:
        place = places.get(act.stage, 0) if isinstance(act, Reached) else 0
        return act.occurred_at, _RANK[type(act)], place, act.id.int

    return order
