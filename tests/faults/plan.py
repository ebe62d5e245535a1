"""What people do to one case and when, drawn from the seed: in time, late, and at a limit's very end."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.events import Channel, Kind
from tests.faults.environment import ARREARS, PACK, PROCEDURE, UNITS
from tests.faults.expected import DUE_MINUTE
from tests.faults.reckoning import MINUTE, ZONE, due, limit_of, rules

SECOND = timedelta(seconds=1)
CHANNELS = tuple(channel.value for channel in Channel if channel != Channel.FINANCE_WINDOW)
KINDS = tuple(kind.value for kind in Kind if kind not in (Kind.REPORT, Kind.CLUE))
"""Of a report and a clue no unit learns who asks, so the contacts that units report would be refused."""
PAYMENTS = (("600.00", "400.00"), ("1.00", "599.00", "400.00"), ("1000.00",), ("599.99", "0.01"), ("1.00",))
CODE = "91000000MA0000001R"
MARKS = ((0.03, "inherited"), (0.05, "litigation"), (0.06, "cross_department"))


class PlannedAct(NamedTuple):
    """An act to be sent at `at` or later: the last part of its path, and the leg's index in the case.

    Refused by the case's state, it is sent again `later_in` on, `tries` times at most.
    """

    at: datetime
    route: str
    leg: int
    body: dict[str, Any]
    tries: int = 0
    later_in: timedelta = timedelta(hours=8)


def registration(chance: random.Random) -> dict[str, Any]:
    """The body of a new appeal."""
    channel = chance.choice(CHANNELS)
    body: dict[str, Any] = {
        "channel": channel,
        "kind": chance.choice(KINDS),
        "title": "诉求",
        "text": "请协调。",
        "again": True,
    }
    if channel not in ("anonymous_letter", "supervision_code"):
        body["enterprise"] = {"name": "示例制造有限公司"}
    drawn = chance.random()
    if drawn < 0.25:
        return body | {"procedure": PROCEDURE}
    return body | ({"procedure": ARREARS, "kind": "arrears"} if drawn < 0.4 else {})


def loan_request(banks: list[str], now: datetime) -> dict[str, Any]:
    """The body of a new loan request."""
    return {
        "enterprise": {"name": "示例制造有限公司", "credit_code": CODE},
        "contact": {"name": "王经理", "phone": "0558-5550000"},
        "amount": "500000.00",
        "term_months": 12,
        "purpose": "采购原材料",
        "product": "working_capital",
        "first_loan": True,
        "collateral": "无",
        "consent": {"given_at": (now - timedelta(hours=1)).isoformat(), "text_version": "2026-01"},
        "banks": banks,
    }


def before_dispatch(chance: random.Random, pack: str, received_at: datetime) -> Iterator[PlannedAct]:
    """The dispatch of an appeal, and perhaps its withdrawal."""
    if chance.random() < 0.05:
        yield PlannedAct(
            received_at + chance.random() * timedelta(days=8), "withdrawals", 0, {"reason": "已解决"}
        )
    if rules(pack).merges and chance.random() < 0.12:
        merged_at = received_at + chance.random() * timedelta(days=5)
        yield PlannedAct(merged_at, "merges", 0, {"reason": "同一问题"})
    limit = limit_of(rules(pack), "dispatch", 1, "help")
    at: datetime | None = received_at + chance.random() * timedelta(hours=6)
    if limit is not None and (end := due(limit, received_at, rules(pack))):
        at = moment(chance, received_at, end)
    if at is not None:
        yield PlannedAct(
            at, "assignments", 0, _assignment(chance, chance.sample(UNITS, 1 + (chance.random() < 0.2)))
        )
        if chance.random() < 0.3:
            signed_at = at + timedelta(days=4 + 10 * chance.random())
            yield PlannedAct(signed_at, "sign-off", 0, {}, tries=4, later_in=timedelta(days=3))
        if any("gather" in rung for rung in rules(pack).ladder) and chance.random() < 0.5:
            gathered_at, summary = at + chance.random() * timedelta(days=12), {"summary": "两次交办均未办结"}
            yield PlannedAct(gathered_at, "gatherings", 0, summary, tries=12, later_in=timedelta(hours=13))


def _assignment(chance: random.Random, units: list[str]) -> dict[str, Any]:
    roles = ("lead", "assist")
    drawn = chance.random()
    marks = [mark for below, mark in MARKS if drawn < below][:1]
    legs = [{"unit": unit, "role": role} for unit, role in zip(units, roles, strict=False)]
    return {"legs": legs, "marks": marks}


def on_leg(chance: random.Random, pack: str, start: datetime, leg: int) -> Iterator[PlannedAct]:
    """What a unit does on a leg that was dispatched at `start`."""
    if pack == ARREARS:
        yield from _debt(chance, pack, start, leg)
        return
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
    if rules(pack).promises and chance.random() < 0.2:
        at = _between(chance, start, chance.choice(ends))
        day = (at.astimezone(ZONE) + chance.random() * timedelta(days=30)).date()
        promise = {"outcome": "planned", "text": "已列入计划", "planned_on": day.isoformat()}
        yield PlannedAct(at, "completions", leg, promise)
    yield from _pause(chance, pack, start, leg, ends)
    yield from _extension(chance, pack, start, leg, ends)
    for end, route, body in (
        (_ends(pack, start, "contact")[0], "contacts", {"how": "电话"}),
        (ends[0], "replies", {"text": "已勘查"}),
        (chance.choice(ends), "completions", {"outcome": "solved", "text": "已办结"}),
    ):
        if (at_ := moment(chance, start, end)) is not None:
            yield PlannedAct(at_, route, leg, body)


def _debt(chance: random.Random, pack: str, start: datetime, leg: int) -> Iterator[PlannedAct]:
    """A debt that is confirmed, planned in sums, paid in parts, in time or late, and perhaps planned anew."""
    limit = limit_of(rules(pack), "confirmation", 1, "arrears")
    end = due(limit, start, rules(pack)) if limit else None
    if end and (confirmed_at := moment(chance, start, end)):
        yield PlannedAct(confirmed_at, "stages", leg, {"stage": "confirmed", "text": "已核实"})
    agreed_at = start + chance.random() * timedelta(days=20)
    for _ in range(1 + (chance.random() < 0.3)):
        days = [agreed_at.replace(second=0, microsecond=0) + timedelta(days=number) for number in (9, 16)]
        amounts = {"dates": [day.isoformat() for day in days], "amounts": ["600.00", "400.00"]}
        route = chance.choice(("proposals", "agreements"))
        yield PlannedAct(agreed_at, route, leg, {"stage": "plan_agreed", "text": "分两期", **amounts})
        for amount, day in zip(chance.choice(PAYMENTS), (days[0], days[0], days[1]), strict=False):
            if (paid_at := moment(chance, agreed_at, day)) is not None:
                route = chance.choice(("proposals", "agreements"))
                yield PlannedAct(paid_at, route, leg, {"stage": "paid", "amount": amount, "text": "转账"})
        agreed_at += timedelta(days=3 + 9 * chance.random())
    if chance.random() < 0.2:
        in_full = {"stage": "paid", "in_full": True, "text": "债权企业称已结清"}
        route = chance.choice(("proposals", "agreements"))
        yield PlannedAct(agreed_at + chance.random() * timedelta(days=9), route, leg, in_full)
    done = {"outcome": "solved", "text": "已付清"}
    done_at = agreed_at + chance.random() * timedelta(days=12)
    yield PlannedAct(done_at, "completions", leg, done, tries=4, later_in=timedelta(days=2))


def on_proposal(chance: random.Random, at: datetime, leg: int, number: int) -> Iterator[PlannedAct]:
    """The creditor confirms or denies what a unit said of a stage, or the office does; or nobody answers."""
    if chance.random() < 0.9:
        decided_at = at + chance.random() * timedelta(days=2)
        by = {"by": "creditor", "who": "王会计"} if chance.random() < 0.7 else {"by": "office"}
        decision = {"number": number, "confirmed": chance.random() < 0.8, "reason": "经核对", **by}
        yield PlannedAct(decided_at, "stage-decisions", leg, decision)


def on_merging(chance: random.Random, at: datetime) -> Iterator[PlannedAct]:
    """Whether a merged appeal turns out to be another problem."""
    if chance.random() < 0.4:
        yield PlannedAct(at + chance.random() * timedelta(days=9), "unmerges", 0, {"reason": "并非同一问题"})


def on_joined_leg(chance: random.Random, pack: str, start: datetime, leg: int) -> Iterator[PlannedAct]:
    """What a unit does for a merged appeal by itself: it calls the enterprise."""
    if (at := moment(chance, start, _ends(pack, start, "contact")[0])) is not None:
        yield PlannedAct(at, "contacts", leg, {"how": "电话"})


def taken_back_after(seed: int, leg: str) -> timedelta | None:
    """How long after the push the bank says that the enterprise withdrew from it; None for never."""
    chance = random.Random(f"{seed}/{leg}/taken back")
    return chance.random() * timedelta(days=12) if chance.random() < 0.25 else None


def on_loan(chance: random.Random, seed: int, number: str, legs: int, at: datetime) -> Iterator[PlannedAct]:
    """What an enterprise does about its request: it answers for a bank, or withdraws from one or from all."""
    if chance.random() < 0.05:
        later = at + chance.random() * timedelta(days=12)
        yield PlannedAct(later, "loan-withdrawals", 0, {"reason": "已解决"})
    for leg in range(legs):
        after = taken_back_after(seed, f"{number}/{leg + 1}")
        if after is None and chance.random() < 0.05:
            yield PlannedAct(at + chance.random() * timedelta(days=20), "answers", leg, {"confirmed": True})
        elif after is not None and chance.random() < 0.85:
            answer = {"confirmed": chance.random() < 0.6}
            answered_at = at + after + chance.random() * timedelta(days=3)
            yield PlannedAct(answered_at, "answers", leg, answer, tries=6)


def _pause(
    chance: random.Random, pack: str, start: datetime, leg: int, ends: list[datetime]
) -> Iterator[PlannedAct]:
    """A pause in the first rounds, ended by the office or by its cap."""
    rule = rules(pack).pauses
    if rule and chance.random() < 0.15:
        at = _between(chance, start, chance.choice(ends))
        ground = {"ground": rule["grounds"][0]["ground"]} if rule.get("grounds") else {}
        body = {"reason": "待企业补充材料", "approver": "营商环境办", "rank": "leader", **ground}
        yield PlannedAct(at, "pauses", leg, body)
        if chance.random() < 0.7:
            yield PlannedAct(at + chance.random() * timedelta(days=9), "resumptions", leg, {})


def _extension(
    chance: random.Random, pack: str, start: datetime, leg: int, ends: list[datetime]
) -> Iterator[PlannedAct]:
    """A longer limit, asked for before the first round ends, and granted or not."""
    rule = rules(pack).extension
    if rule["deadlines"] and chance.random() < 0.25:
        at = _between(chance, start, ends[0])
        deadline = chance.choice(rule["deadlines"])
        limit = {**rule["cap"], "number": chance.randint(1, rule["cap"]["number"])}
        asks = {"deadline": deadline, "limit": limit, "reason": "情况复杂"}
        yield PlannedAct(at, "extension-requests", leg, asks, tries=2, later_in=timedelta(hours=3))
        decides = {
            "approved": chance.random() < 0.8,
            "approver": "分管领导",
            "rank": "leader",
            "reason": "属实",
        }
        decided_at = at + chance.random() * timedelta(hours=30)
        yield PlannedAct(
            decided_at, "extension-decisions", leg, decides, tries=2, later_in=timedelta(hours=3)
        )


def after_completion(chance: random.Random, at: datetime) -> Iterator[PlannedAct]:
    """The enterprise's rating, and the reopening that a bad one may bring."""
    if chance.random() < 0.5:
        rated_at = at + timedelta(hours=4) + chance.random() * timedelta(days=3)
        rating = chance.choice(("satisfied", "not_satisfied"))
        yield PlannedAct(rated_at, "ratings", 0, {"rating": rating}, tries=4)
        if rating == "not_satisfied":
            reopened_at = rated_at + timedelta(hours=6) + chance.random() * timedelta(days=2)
            yield PlannedAct(reopened_at, "reopenings", 0, {"reason": "企业不满意"}, tries=4)


def _ends(pack: str, start: datetime, first: str = "reply") -> list[datetime]:
    """When the limits of two rounds, and of lifted handling after them, end if nobody acts."""
    pack_rules, ends = rules(pack), []
    for deadline, number in ((first, 1), ("reply", 2), ("lifted", 1)):
        limit = limit_of(pack_rules, deadline, number, "help")
        limit = limit or limit_of(pack_rules, "completion", number, "help")
        assert limit is not None
        end = due(limit, start, pack_rules)
        assert end is not None
        start = end
        ends.append(end)
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
