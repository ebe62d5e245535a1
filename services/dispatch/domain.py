"""An appeal as dispatch sees it: legs, what their units did, and what may happen next.

Pure: no I/O, no clock. A transition checks first and changes after; it refuses with `Conflict`.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from services.dispatch import acts
from shared import events
from shared.errors import Conflict, Invalid, NotFound
from shared.events import DeadlineKind, Event, Mark, OwnLimit, Role
from shared.rules.limits import Limit


class State(StrEnum):
    """How an appeal stands with the units."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    REFERRED = "referred"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class LegState(StrEnum):
    """How a leg stands."""

    OPEN = "open"
    PAUSED = "paused"
    COMPLETED = "completed"
    ENDED = "ended"  # an objection was upheld


class Unit(BaseModel):
    """An office that handles appeals (承办单位). `leader` is the code of the leader in charge."""

    model_config = ConfigDict(frozen=True)

    code: str
    name: str
    kind: str
    parent: str | None = None
    head: str | None = None
    leader: str | None = None
    office_hours: tuple[tuple[str, str], ...] | None = None


class Extension(BaseModel):
    """A longer limit that was asked for and is not decided."""

    deadline: DeadlineKind
    limit: Limit
    reason: str


class LegFile(BaseModel):
    """One leg as it stands."""

    leg_id: UUID
    unit: str
    role: Role
    round: int = 1
    state: LegState = LegState.OPEN
    contacted_at: datetime | None = None
    responded_at: datetime | None = None
    completed_at: datetime | None = None
    refused_at: datetime | None = None
    outcome: events.Outcome | None = None
    objection: str | None = None
    extension: Extension | None = None


class File(BaseModel):
    """One appeal as it stands. `version` counts its changes."""

    appeal_id: UUID
    registration_number: str
    title: str
    kind: str
    channel: str
    enterprise: str | None
    locality: str | None
    pack: str
    received_at: datetime
    state: State = State.RECEIVED
    marks: frozenset[Mark] = frozenset()
    legs: list[LegFile] = []
    lifted: bool = False
    signed_off: bool = False
    version: int = 1

    def leg(self, leg_id: UUID) -> LegFile:
        """The leg, or `NotFound`."""
        for leg in self.legs:
            if leg.leg_id == leg_id:
                return leg
        raise NotFound("没有这个承办件", "this appeal has no such leg", "leg_id")

    def require(self, *states: State) -> None:
        """Refuse unless the appeal stands in one of `states`."""
        if self.state not in states:
            raise Conflict(
                f"该诉求现为“{_STATE_ZH[self.state]}”，不能进行此操作",
                f"the appeal is {self.state}: this cannot happen now",
            )

    def say(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        """An event of this case."""
        return type_(
            occurred_at=at, appeal_id=self.appeal_id, registration_number=self.registration_number, **fields
        )


_STATE_ZH = {
    State.RECEIVED: "已登记",
    State.ASSIGNED: "办理中",
    State.REFERRED: "已引导",
    State.WITHDRAWN: "已撤回",
    State.CLOSED: "已销号",
}
_LEG_ZH = {
    LegState.OPEN: "办理中",
    LegState.PAUSED: "已暂停",
    LegState.COMPLETED: "已办结",
    LegState.ENDED: "已退回",
}


def _require(leg: LegFile, *states: LegState) -> None:
    if leg.state not in states:
        raise Conflict(
            f"该承办件现为“{_LEG_ZH[leg.state]}”，不能进行此操作",
            f"the leg is {leg.state}: this cannot happen now",
        )


def _working(file: File, act: acts.LegAct, *states: LegState) -> LegFile:
    file.require(State.ASSIGNED)
    leg = file.leg(act.leg_id)
    _require(leg, *(states or (LegState.OPEN, LegState.PAUSED)))
    return leg


def leg_id(appeal_id: UUID, index: int) -> UUID:
    """The id of an appeal's leg, counted from 0 in the order of dispatch."""
    return uuid5(appeal_id, f"leg {index}")


def assign(file: File, act: acts.Assign, at: datetime, units: Mapping[str, Unit]) -> Iterator[Event]:
    """Dispatch to one unit or two (双向交办), or to another one after an upheld objection."""
    file.require(State.RECEIVED, State.ASSIGNED)
    busy = {leg.unit for leg in file.legs if leg.state != LegState.ENDED}
    wanted = [leg.unit for leg in act.legs]
    if repeated := busy.intersection(wanted) or {unit for unit in wanted if wanted.count(unit) > 1}:
        raise Conflict(
            f"已交办给 {'、'.join(sorted(repeated))}",
            f"already dispatched to {', '.join(sorted(repeated))}",
            "legs",
        )
    leads = [leg for leg in file.legs if leg.role == Role.LEAD and leg.state != LegState.ENDED]
    if len(leads) + sum(leg.role == Role.LEAD for leg in act.legs) != 1:
        raise Conflict("须有且只有一个主办单位", "exactly one unit leads", "legs")
    first = len(file.legs)
    new = [
        LegFile(leg_id=leg_id(file.appeal_id, first + i), unit=leg.unit, role=leg.role)
        for i, leg in enumerate(act.legs)
    ]
    file.legs = [*file.legs, *new]
    file.state = State.ASSIGNED
    file.marks = file.marks | act.marks
    yield file.say(
        events.AppealAssigned,
        at,
        marks=file.marks,
        legs=tuple(
            events.Leg(
                leg_id=leg.leg_id,
                unit=leg.unit,
                unit_name=units[leg.unit].name,
                role=leg.role,
                leader=units[leg.unit].leader,
                office_hours=units[leg.unit].office_hours,
                limits={
                    kind: OwnLimit(limit=own.limit, due_at=own.due_at) for kind, own in wish.limits.items()
                },
            )
            for leg, wish in zip(new, act.legs, strict=True)
        ),
    )


def contact(file: File, act: acts.Contact, at: datetime) -> Iterator[Event]:
    """The unit reached the enterprise (联系企业)."""
    leg = _working(file, act)
    if act.contacted_at is not None and act.contacted_at > at:
        raise Invalid("联系时间在将来", "the contact lies in the future", "contacted_at")
    leg.contacted_at = leg.contacted_at or at
    yield _leg_event(file, leg, events.AppealContacted, at, how=act.how)


def reply(file: File, act: acts.Reply, at: datetime) -> Iterator[Event]:
    """The unit told the enterprise how handling stands (回复办理情况)."""
    leg = _working(file, act)
    leg.responded_at = leg.responded_at or at
    yield _leg_event(file, leg, events.AppealResponded, at)


def complete(file: File, act: acts.Complete, at: datetime) -> Iterator[Event]:
    """The unit says it is done (办结). A planned completion names its date."""
    leg = _working(file, act)
    if act.outcome == events.Outcome.PLANNED and act.planned_on is None:
        raise Invalid("计划办结须写明日期", "a planned completion names its date", "planned_on")
    leg.state, leg.completed_at, leg.outcome = LegState.COMPLETED, at, act.outcome
    leg.extension = None
    yield _leg_event(file, leg, events.AppealCompleted, at, outcome=act.outcome)


def refuse(file: File, act: acts.Refuse, at: datetime) -> Iterator[Event]:
    """The unit says no (说不)."""
    leg = _working(file, act)
    if leg.refused_at is not None:
        raise Conflict("该单位已表示不予办理", "the unit refused already")
    leg.refused_at = at
    yield _leg_event(file, leg, events.AppealRefused, at, reason=act.reason)


def object_(file: File, act: acts.Object, at: datetime) -> Iterator[Event]:
    """The unit says the appeal is not its own (派单异议); the clock runs on."""
    leg = _working(file, act)
    if leg.objection is not None:
        raise Conflict("已有未决的派单异议", "an objection is waiting for its decision")
    leg.objection = act.reason
    yield _leg_event(file, leg, events.AppealObjected, at, reason=act.reason)


def decide_objection(file: File, act: acts.DecideObjection, at: datetime) -> Iterator[Event]:
    """The office decides an objection; upheld, the leg ends."""
    leg = _working(file, act)
    if leg.objection is None:
        raise Conflict("没有待裁定的派单异议", "no objection waits for a decision")
    leg.objection = None
    if act.upheld:
        leg.state = LegState.ENDED
    yield _leg_event(file, leg, events.ObjectionDecided, at, upheld=act.upheld, reason=act.reason)


def request_extension(file: File, act: acts.RequestExtension, at: datetime) -> Iterator[Event]:
    """The unit asks for a longer limit (延期)."""
    leg = _working(file, act)
    if leg.extension is not None:
        raise Conflict("已有未决的延期申请", "a request for extension is waiting for its decision")
    leg.extension = Extension(deadline=act.deadline, limit=act.limit, reason=act.reason)
    yield _leg_event(
        file, leg, events.ExtensionRequested, at, deadline=act.deadline, limit=act.limit, reason=act.reason
    )


def decide_extension(file: File, act: acts.DecideExtension, at: datetime) -> Iterator[Event]:
    """The leader in charge approves the longer limit, or not."""
    leg = _working(file, act)
    if leg.extension is None:
        raise Conflict("没有待审批的延期申请", "no request for extension waits for a decision")
    wish, leg.extension = leg.extension, None
    if act.approved:
        yield _leg_event(
            file,
            leg,
            events.AppealExtended,
            at,
            deadline=wish.deadline,
            limit=wish.limit,
            approver=act.approver,
        )
    else:
        yield _leg_event(file, leg, events.ExtensionDenied, at, deadline=wish.deadline, reason=act.reason)


def pause(file: File, act: acts.Pause, at: datetime) -> Iterator[Event]:
    """Time stops counting (暂停)."""
    leg = _working(file, act, LegState.OPEN)
    leg.state = LegState.PAUSED
    yield _leg_event(file, leg, events.AppealPaused, at, reason=act.reason, approver=act.approver)


def resume(file: File, act: acts.Resume, at: datetime) -> Iterator[Event]:
    """Time counts again."""
    leg = _working(file, act, LegState.PAUSED)
    leg.state = LegState.OPEN
    yield _leg_event(file, leg, events.AppealResumed, at)


def request_lift(file: File, act: acts.RequestLift, at: datetime) -> Iterator[Event]:
    """The unit's head asks, signed, that a leader take the appeal."""
    leg = _working(file, act)
    if file.lifted:
        raise Conflict("该诉求已提级办理", "the appeal was lifted already")
    yield _leg_event(file, leg, events.LiftRequested, at, reason=act.reason)


def refer(file: File, act: acts.Refer, at: datetime) -> Iterator[Event]:
    """The matter belongs elsewhere (引导)."""
    file.require(State.RECEIVED, State.ASSIGNED)
    file.state = State.REFERRED
    yield file.say(events.AppealReferred, at, to=act.to, reason=act.reason)


def close(file: File, _act: acts.Close, at: datetime) -> Iterator[Event]:
    """The office strikes the appeal off the ledger (销号): all legs done, a lifted one signed off."""
    file.require(State.ASSIGNED, State.REFERRED)
    live = [leg for leg in file.legs if leg.state != LegState.ENDED]
    if file.state == State.ASSIGNED and (not live or any(leg.state != LegState.COMPLETED for leg in live)):
        raise Conflict("尚有承办件未办结，不能销号", "a leg is not completed: the appeal cannot be closed")
    if file.lifted and not file.signed_off:
        raise Conflict("提级办理尚未由领导签批，不能销号", "the leader has not signed the lifted appeal off")
    file.state = State.CLOSED
    yield file.say(events.AppealClosed, at)


def _leg_event(file: File, leg: LegFile, type_: type[Event], at: datetime, **fields: Any) -> Event:
    return file.say(type_, at, leg_id=leg.leg_id, unit=leg.unit, **fields)


TRANSITIONS: dict[type[acts.Act], Callable[..., Iterator[Event]]] = {
    acts.Assign: assign,
    acts.Contact: contact,
    acts.Reply: reply,
    acts.Complete: complete,
    acts.Refuse: refuse,
    acts.Object: object_,
    acts.DecideObjection: decide_objection,
    acts.RequestExtension: request_extension,
    acts.DecideExtension: decide_extension,
    acts.Pause: pause,
    acts.Resume: resume,
    acts.RequestLift: request_lift,
    acts.Refer: refer,
    acts.Close: close,
}


def perform(file: File, act: acts.Act, at: datetime, units: Mapping[str, Unit]) -> list[Event]:
    """Let `act` happen at `at`: the file changes and the events it made are returned.

    `units` holds the directory entries of the units an assignment names.

    Raises `Conflict` where the case does not allow it, `NotFound` for an unknown leg, `Invalid`.
    """
    directory = (units,) if isinstance(act, acts.Assign) else ()
    said = list(TRANSITIONS[type(act)](file, act, at, *directory))
    file.version += 1
    return said


def dispatch_again(leg: LegFile, round_: int, at: datetime) -> None:
    """The judge said that the leg's next round began at `at`; a completion since then stands."""
    leg.round = max(leg.round, round_)
    if leg.state == LegState.COMPLETED and leg.completed_at is not None and leg.completed_at <= at:
        leg.state, leg.completed_at, leg.outcome = LegState.OPEN, None, None
