"""What the office decides: who handles an appeal, whether it is reasonable, where it belongs, its end. Pure.

A transition checks first and changes after; it refuses with `Conflict` or `Invalid`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from services.dispatch import acts
from services.dispatch.file import (
    File,
    Finding,
    Given,
    LegFile,
    LegState,
    ObjectionDecision,
    State,
    Unit,
    leg_id,
    own_limits,
)
from shared import events
from shared.events import Event, Role
from shared.rules.pack.desks import Need
from shared.service.errors import Conflict, Invalid


def assign(file: File, act: acts.Assign, at: datetime, given: Given) -> Iterator[Event]:
    """Dispatch to one unit or two (双向交办), or to another one after an upheld objection."""
    yield hand_to(file, act, at, given.units)


def hand_to(file: File, act: acts.Assign, at: datetime, units: Mapping[str, Unit]) -> Event:
    """Add the legs; their first round starts."""
    file.require(State.RECEIVED, State.ASSIGNED)
    _check_legs(file, act)
    first = len(file.legs)
    new = [_leg(file, wish, first + i, at, units[wish.unit]) for i, wish in enumerate(act.legs)]
    file.legs = [*file.legs, *new]
    file.state = State.ASSIGNED
    file.marks = file.marks | act.marks
    given = tuple(_given(leg, wish) for leg, wish in zip(new, act.legs, strict=True))
    return file.say(events.AppealAssigned, at, marks=file.marks, legs=given)


def _check_legs(file: File, act: acts.Assign) -> None:
    live = file.live_legs()
    wanted = [leg.unit for leg in act.legs]
    busy = {leg.unit for leg in live}
    if repeated := busy.intersection(wanted) or {unit for unit in wanted if wanted.count(unit) > 1}:
        raise Conflict(
            f"已交办给 {'、'.join(sorted(repeated))}",
            f"already dispatched to {', '.join(sorted(repeated))}",
            "legs",
        )
    roles = [leg.role for leg in live] + [leg.role for leg in act.legs]
    if roles.count(Role.LEAD) != 1:
        raise Conflict("须有且只有一个主办单位", "exactly one unit leads", "legs")


def _leg(file: File, wish: acts.LegWish, index: int, at: datetime, unit: Unit) -> LegFile:
    return LegFile(
        leg_id=leg_id(file.appeal_id, index),
        unit=wish.unit,
        unit_name=unit.name,
        leader=unit.leader,
        office_hours=unit.office_hours,
        role=wish.role,
        round_at=at,
    )


def _given(leg: LegFile, wish: acts.LegWish) -> events.Leg:
    return events.Leg(
        leg_id=leg.leg_id,
        unit=leg.unit,
        unit_name=leg.unit_name,
        role=leg.role,
        leader=leg.leader,
        office_hours=leg.office_hours,
        limits=own_limits(wish.limits),
    )


def decide_objection(file: File, act: acts.DecideObjection, at: datetime, given: Given) -> Iterator[Event]:
    """The office decides an objection; upheld, the leg ends."""
    leg = file.working(act.leg_id)
    if leg.objection is None:
        raise Conflict("没有待裁定的派单异议", "no objection waits for a decision")
    leg.objection = None
    leg.objection_decision = ObjectionDecision(
        upheld=act.upheld, reason=act.reason, by=act.by or given.by.name, decided_at=at
    )
    if act.upheld:
        leg.state = LegState.ENDED
    yield file.say_of(leg, events.ObjectionDecided, at, upheld=act.upheld, reason=act.reason)


def find(file: File, act: acts.Find, at: datetime, _given: Given) -> Iterator[Event]:
    """The appeal was found reasonable, or not (合理性认定); a later finding takes the place of this one."""
    file.require(State.RECEIVED, State.ASSIGNED, State.REFERRED)
    if not act.reasonable and act.understanding is None:
        raise Invalid(
            "认定为不合理的，须向企业说明并记录企业是否理解",
            "what is not reasonable is explained to the enterprise: say whether it accepted that",
            "understanding",
        )
    fields = act.model_dump(include={"reasonable", "by", "reason", "understanding"})
    file.finding = Finding(**fields, found_at=at)
    yield file.say(events.FindingMade, at, **fields)


def refer(file: File, act: acts.Refer, at: datetime, given: Given) -> Iterator[Event]:
    """The matter belongs elsewhere (引导)."""
    file.require(State.RECEIVED, State.ASSIGNED)
    where = given.pack.referral.destinations if given.pack.referral else ()
    if where and act.to not in {one.to for one in where}:
        raise Invalid(
            f"可引导至：{'、'.join(f'{one.to}（{one.title.zh}）' for one in where)}",
            f"an enterprise may be guided to: {', '.join(one.to for one in where)}",
            "to",
        )
    file.state = State.REFERRED
    yield file.say(events.AppealReferred, at, to=act.to, reason=act.reason)


def close(file: File, _act: acts.Close, at: datetime, given: Given) -> Iterator[Event]:
    """The office strikes the appeal off the ledger (销号): all legs done, and what the pack needs."""
    file.require(State.ASSIGNED, State.REFERRED)
    if file.state == State.ASSIGNED:
        _check_closure(file, given)
    file.state = State.CLOSED
    yield file.say(events.AppealClosed, at)


def _check_closure(file: File, given: Given) -> None:
    live = file.live_legs()
    if not live or any(leg.state != LegState.COMPLETED for leg in live):
        raise Conflict("尚有承办件未办结，不能销号", "a leg is not completed: the appeal cannot be closed")
    if given.past:
        return  # that it was closed is a fact
    rule = given.pack.closure
    needs = rule.needs if rule else {Need.SIGNED_OFF}
    if Need.FINDING in needs and file.finding is None:
        raise Conflict("尚未认定是否合理，不能销号", "no finding was made: the appeal cannot be closed")
    if Need.SIGNED_OFF in needs and file.lifted and not file.signed_off:
        raise Conflict("提级办理尚未由领导签批，不能销号", "the leader has not signed the lifted appeal off")
    if Need.HEARD in needs and file.heard_at is None:
        raise Conflict(
            "企业尚未评价，也未回访，不能销号",
            "the enterprise neither rated nor was called: the appeal cannot be closed",
        )
