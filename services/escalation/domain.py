"""A case under judgement, its cards and its lift, and what people may do to them. Pure."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from services.escalation import acts
from shared import events
from shared.errors import Conflict, Forbidden, NotFound
from shared.events import DeadlineKind, Event, Verdict
from shared.rules.calendar import Calendar
from shared.rules.decide import Judgement
from shared.rules.explain import explain
from shared.rules.standing import Deadline
from shared.web.access import Caller, Role


class CardStatus(StrEnum):
    """How a card stands (黄牌提醒)."""

    ISSUED = "issued"
    SERVED = "served"
    ACKNOWLEDGED = "acknowledged"
    APPEALED = "appealed"
    WITHDRAWN = "withdrawn"
    CLEARED = "cleared"


class Card(BaseModel):
    """A card issued to a unit for an overdue leg."""

    card_id: UUID
    card: str
    unit: str
    leg_id: UUID
    round: int
    deadline: DeadlineKind
    due_at: datetime
    clause: str
    issued_at: datetime
    status: CardStatus = CardStatus.ISSUED
    reason: str | None = None


class Lift(BaseModel):
    """A lifted appeal: to whom, why, with which task force (专班) and instruction (批示)."""

    leader: str | None
    reason: events.LiftReason
    unit: str | None
    clause: str
    lifted_at: datetime
    instruction: str | None = None
    task_force: tuple[str, ...] = ()
    signed_off_at: datetime | None = None


class Case(BaseModel):
    """A case as last judged. `said` are the ids of what the judge said of it; never said again."""

    appeal_id: UUID
    registration_number: str
    source_id: str | None = None
    pack: str | None = None
    state: str = "registered"
    rounds: int = 0
    deadlines: list[events.Deadline] = Field(default_factory=list)
    cards: list[Card] = Field(default_factory=list)
    lift: Lift | None = None
    said: set[UUID] = Field(default_factory=set)
    version: int = 0

    def card(self, card_id: UUID) -> Card:
        """The card, or `NotFound`."""
        for card in self.cards:
            if card.card_id == card_id:
                return card
        raise NotFound("没有这张黄牌", "this case has no such card", "card_id")

    def lifted(self) -> Lift:
        """The lift, or `Conflict`."""
        if self.lift is None:
            raise Conflict("该诉求未提级办理", "this appeal was not lifted")
        return self.lift

    def supervised(self) -> bool:
        """Whether the office still has an eye on it: something is overdue, carded or lifted, and not done."""
        if self.state in _DONE:
            return False
        return self.lift is not None or bool(self.blamed())

    def blamed(self) -> list[str]:
        """The units with a card that stands, or with a deadline overdue and not met since."""
        late = {
            d.unit for d in self.deadlines if d.verdict == Verdict.OVERDUE and d.met_at is None and d.unit
        }
        return sorted(late | {card.unit for card in self.cards if card.status not in _SETTLED})

    def say(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        """An event of this case."""
        return type_(
            occurred_at=at, appeal_id=self.appeal_id, registration_number=self.registration_number, **fields
        )


_DONE = ("closed", "withdrawn", "referred")
_SETTLED = (CardStatus.WITHDRAWN, CardStatus.CLEARED)


# --- what the judge says -------------------------------------------------------------------------


def take(case: Case, judgement: Judgement, upto: datetime, calendar: Calendar) -> list[Event]:
    """Bring `case` up to `judgement`; returns what was not said yet, the deadlines as they stand last."""
    new = [event for event in judgement.said if event.id not in case.said]
    for event in new:
        case.said.add(event.id)
        if isinstance(event, events.CardIssued):
            case.cards.append(_card(event))
        elif isinstance(event, events.CardCleared):
            case.card(event.card_id).status = CardStatus.CLEARED
        elif isinstance(event, events.AppealLifted):
            case.lift = Lift(**event.model_dump(include=_LIFT_FIELDS), lifted_at=event.occurred_at)
    deadlines = _explained(case.deadlines, judgement.deadlines, calendar)
    if (deadlines, judgement.state) != (case.deadlines, case.state):
        case.deadlines, case.state = deadlines, judgement.state
        new.append(
            case.say(events.AppealJudged, upto, state=judgement.state, deadlines=tuple(case.deadlines))
        )
    if new:
        case.version += 1
    case.rounds = judgement.rounds
    return new


_LIFT_FIELDS = {"leader", "reason", "unit", "clause"}
_CARD_FIELDS = {"card_id", "card", "unit", "leg_id", "round", "deadline", "due_at", "clause"}


def _card(event: events.CardIssued) -> Card:
    return Card(**event.model_dump(include=_CARD_FIELDS), issued_at=event.occurred_at)


def _explained(
    before: list[events.Deadline], now: list[Deadline], calendar: Calendar
) -> list[events.Deadline]:
    """The deadlines as they are said; an explanation is made anew only where the date is new."""
    known = {(d.leg_id, d.round, d.deadline, d.started_at, d.due_at): d.explanation for d in before}
    found = []
    for deadline in now:
        said = deadline.to_event()
        place = (said.leg_id, said.round, said.deadline, said.started_at, said.due_at)
        text = known[place] if place in known else _explain(deadline, calendar)
        found.append(said.model_copy(update={"explanation": text}))
    return found


def _explain(deadline: Deadline, calendar: Calendar) -> dict[str, str]:
    if deadline.limit is None:
        assert deadline.due_at is not None
        local = deadline.due_at.astimezone(calendar.zone)
        return {
            "zh": f"交办时指定：{local:%Y-%m-%d %H:%M} 到期（{deadline.clause}）。",
            "en": f"Set at dispatch: due {local:%Y-%m-%d %H:%M} ({deadline.clause}).",
        }
    return explain(
        deadline.limit, deadline.started_at, calendar, deadline.hours, deadline.pauses, deadline.clause
    )


# --- what people do ------------------------------------------------------------------------------


def perform(case: Case, act: acts.Act, at: datetime, caller: Caller) -> list[Event]:
    """Let `act` happen: the case changes and the events it made are returned. Raises what it refuses."""
    said = list(_TRANSITIONS[type(act)](case, act, at, caller))
    case.version += 1
    return said


def _move(card: Card, to: CardStatus, *allowed: CardStatus, reason: str | None = None) -> None:
    if card.status not in allowed:
        raise Conflict(
            f"该黄牌现为“{_STATUS_ZH[card.status]}”，不能进行此操作",
            f"the card is {card.status}: this cannot happen now",
        )
    card.status = to
    card.reason = reason or card.reason


_STATUS_ZH = {
    CardStatus.ISSUED: "已签发",
    CardStatus.SERVED: "已送达",
    CardStatus.ACKNOWLEDGED: "已签收",
    CardStatus.APPEALED: "申诉中",
    CardStatus.WITHDRAWN: "已撤回",
    CardStatus.CLEARED: "已销牌",
}


def _own_card(case: Case, act: acts.CardAct, caller: Caller) -> Card:
    card = case.card(act.card_id)
    if caller.role == Role.UNIT and caller.code != card.unit:
        raise Forbidden("该黄牌不属于本单位", "this card is another unit's")
    return card


def serve(case: Case, act: acts.Serve, at: datetime, caller: Caller) -> Iterator[Event]:
    """The office hands the card to the unit."""
    card = _own_card(case, act, caller)
    _move(card, CardStatus.SERVED, CardStatus.ISSUED)
    yield case.say(events.CardServed, at, card_id=card.card_id, unit=card.unit)


def acknowledge(case: Case, act: acts.Acknowledge, at: datetime, caller: Caller) -> Iterator[Event]:
    """The unit acknowledges the card."""
    card = _own_card(case, act, caller)
    _move(card, CardStatus.ACKNOWLEDGED, CardStatus.ISSUED, CardStatus.SERVED)
    yield case.say(events.CardAcknowledged, at, card_id=card.card_id, unit=card.unit)


def contest(case: Case, act: acts.Contest, at: datetime, caller: Caller) -> Iterator[Event]:
    """The unit contests the card."""
    card = _own_card(case, act, caller)
    _move(
        card,
        CardStatus.APPEALED,
        CardStatus.ISSUED,
        CardStatus.SERVED,
        CardStatus.ACKNOWLEDGED,
        reason=act.reason,
    )
    yield case.say(events.CardAppealed, at, card_id=card.card_id, unit=card.unit, reason=act.reason)


def withdraw(case: Case, act: acts.Withdraw, at: datetime, caller: Caller) -> Iterator[Event]:
    """The office takes the card back; it no longer counts."""
    card = _own_card(case, act, caller)
    _move(
        card,
        CardStatus.WITHDRAWN,
        CardStatus.ISSUED,
        CardStatus.SERVED,
        CardStatus.ACKNOWLEDGED,
        CardStatus.APPEALED,
        reason=act.reason,
    )
    yield case.say(events.CardWithdrawn, at, card_id=card.card_id, unit=card.unit, reason=act.reason)


def instruct(case: Case, act: acts.Instruct, at: datetime, caller: Caller) -> Iterator[Event]:
    """The leader orders something (批示), with a task force and, if need be, a limit."""
    lift = _own_lift(case, caller)
    lift.instruction, lift.task_force = act.instruction, act.task_force
    yield case.say(
        events.AppealInstructed,
        at,
        leader=caller.code or caller.name,
        instruction=act.instruction,
        task_force=act.task_force,
        limit=act.limit,
    )


def sign_off(case: Case, _act: acts.SignOff, at: datetime, caller: Caller) -> Iterator[Event]:
    """The leader signs the lifted handling off."""
    lift = _own_lift(case, caller)
    lift.signed_off_at = at
    yield case.say(events.AppealSignedOff, at, leader=caller.code or caller.name)


def _own_lift(case: Case, caller: Caller) -> Lift:
    lift = case.lifted()
    if lift.signed_off_at is not None:
        raise Conflict("提级办理已签批", "the lifted handling was signed off already")
    if caller.role == Role.LEADER and lift.leader not in (None, caller.code):
        raise Forbidden("该诉求由其他领导牵头", "another leader leads this appeal")
    return lift


_TRANSITIONS: dict[type[acts.Act], Any] = {
    acts.Serve: serve,
    acts.Acknowledge: acknowledge,
    acts.Contest: contest,
    acts.Withdraw: withdraw,
    acts.Instruct: instruct,
    acts.SignOff: sign_off,
}
