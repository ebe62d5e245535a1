"""What people do to one case and when, drawn from the seed: in time, late, and at a limit's very end."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.events import Channel, Kind
from tests.faults.environment import PACK, PROCEDURE, UNITS
from tests.faults.judgement import DUE_MINUTE
from tests.faults.reckoning import MINUTE, due, limit_of, rules

SECOND = timedelta(seconds=1)
CHANNELS = tuple(channel.value for channel in Channel if channel != Channel.FINANCE_WINDOW)
KINDS = tuple(kind.value for kind in Kind)
MARKS = ((0.03, "inherited"), (0.05, "litigation"), (0.06, "cross_department"))


class PlannedAct(NamedTuple):
    """An act to be sent at `at` or later: the last part of its path, and the leg's index in the case."""

    at: datetime
    route: str
    leg: int
    body: dict[str, Any]


def registration(chance: random.Random) -> dict[str, Any]:
    """The body of a new appeal."""
    channel = chance.choice(CHANNELS)
    body: dict[str, Any] = {
        "channel": channel,
        "kind": chance.choice(KINDS),
        "title": "诉求",
        "text": "请协调。",
    }
    if channel not in ("anonymous_letter", "supervision_code"):
        body["enterprise"] = {"name": "示例制造有限公司"}
    return body | ({"procedure": PROCEDURE} if chance.random() < 0.25 else {})


def before_dispatch(chance: random.Random, pack: str, received_at: datetime) -> Iterator[PlannedAct]:
    """The dispatch of an appeal, and perhaps its withdrawal."""
    if chance.random() < 0.05:
        yield PlannedAct(
            received_at + chance.random() * timedelta(days=8), "withdrawals", 0, {"reason": "已解决"}
        )
    limit = limit_of(rules(pack), "dispatch", 1, "help")
    at: datetime | None = received_at + chance.random() * timedelta(hours=6)
    if limit is not None:
        at = moment(chance, received_at, due(limit, received_at, rules(pack)))
    if at is not None:
        yield PlannedAct(
            at, "assignments", 0, _assignment(chance, chance.sample(UNITS, 1 + (chance.random() < 0.2)))
        )


def _assignment(chance: random.Random, units: list[str]) -> dict[str, Any]:
    roles = ("lead", "assist")
    drawn = chance.random()
    marks = [mark for below, mark in MARKS if drawn < below][:1]
    legs = [{"unit": unit, "role": role} for unit, role in zip(units, roles, strict=False)]
    return {"legs": legs, "marks": marks}


def on_leg(chance: random.Random, pack: str, start: datetime, leg: int) -> Iterator[PlannedAct]:
    """What a unit does on a leg that was dispatched at `start`."""
    ends = _ends(pack, start)
    if chance.random() < 0.06:
        at = start + chance.random() * timedelta(hours=20)
        yield PlannedAct(at, "objections", leg, {"reason": "不属本单位职责"})
        upheld = {"upheld": chance.random() < 0.5, "reason": "经核实"}
        yield PlannedAct(at + timedelta(hours=6), "objection-decisions", leg, upheld)
    if chance.random() < 0.04:
        yield PlannedAct(_between(chance, start, ends[0]), "refusals", leg, {"reason": "无政策依据"})
    if chance.random() < 0.03:
        asks = {"reason": "须市级统筹", "signed_by": "负责人"}
        yield PlannedAct(_between(chance, start, ends[-1]), "lift-requests", leg, asks)
    for end, route, body in (
        (_ends(pack, start, "contact")[0], "contacts", {"how": "电话"}),
        (ends[0], "replies", {"text": "已勘查"}),
        (chance.choice(ends), "completions", {"outcome": "solved", "text": "已办结"}),
    ):
        if (at_ := moment(chance, start, end)) is not None:
            yield PlannedAct(at_, route, leg, body)


def _ends(pack: str, start: datetime, first: str = "reply") -> list[datetime]:
    """When the limits of two rounds, and of lifted handling after them, end if nobody acts."""
    pack_rules, ends = rules(pack), []
    for deadline, number in ((first, 1), ("reply", 2), ("lifted", 1)):
        limit = limit_of(pack_rules, deadline, number, "help")
        limit = limit or limit_of(pack_rules, "completion", number, "help")
        assert limit is not None
        start = due(limit, start, pack_rules)
        ends.append(start)
    return ends


def _between(chance: random.Random, start: datetime, end: datetime) -> datetime:
    return start + chance.random() * (end - start)


def moment(chance: random.Random, start: datetime, end: datetime) -> datetime | None:
    """When an act due at `end` is done: in time, on the brink of the due minute, late, or never (None)."""
    drawn = chance.random()
    if drawn < 0.5:
        return _between(chance, start, end)
    brinks = ((0.58, end - SECOND), (0.68, end + DUE_MINUTE), (0.78, end + MINUTE))
    for below, brink in brinks:
        if drawn < below:
            return brink
    return end + chance.random() * timedelta(days=4) if drawn < 0.92 else None


def pack_of(body: dict[str, Any]) -> str:
    """The pack that judges the appeal with this registration."""
    return str(body.get("procedure", PACK))
