"""Every act in every state of an appeal: an illegal act is refused with its reason and changes nothing."""

import asyncio
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.dispatch.leg import leg_id
from tests.city import City, refused

DISPATCH, INTAKE, ESCALATION = "dispatch", "intake", "escalation"
WEEK = {"number": 5, "unit": "working_days"}
TWO_WEEKS = {"number": 10, "unit": "working_days"}
REASON = {"reason": "说明"}


@dataclass(frozen=True)
class Act:
    """Who sends which body where. `on_leg`: the body names the leg."""

    by: str
    service: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)
    on_leg: bool = False


def _unit(path: str, **body: Any) -> Act:
    return Act("roads", DISPATCH, path, body, on_leg=True)


ACTS = {
    "assign": Act("office", DISPATCH, "assignments", {"legs": [{"unit": "roads", "role": "lead"}]}),
    "assist": Act("office", DISPATCH, "assignments", {"legs": [{"unit": "water", "role": "assist"}]}),
    "contact": _unit("contacts", how="电话"),
    "reply": _unit("replies", text="已回复"),
    "complete": _unit("completions", outcome="solved", text="已办结"),
    "refuse": _unit("refusals", **REASON),
    "object": _unit("objections", **REASON),
    "uphold": Act("office", DISPATCH, "objection-decisions", {"upheld": True, **REASON}, on_leg=True),
    "overrule": Act("office", DISPATCH, "objection-decisions", {"upheld": False, **REASON}, on_leg=True),
    "ask for time": _unit("extension-requests", limit=WEEK, **REASON),
    "ask for more time": _unit("extension-requests", limit=TWO_WEEKS, **REASON),
    "give time": Act(
        "leader", DISPATCH, "extension-decisions", {"approved": True, "approver": "张", **REASON}, on_leg=True
    ),
    "deny time": Act(
        "leader",
        DISPATCH,
        "extension-decisions",
        {"approved": False, "approver": "陈", **REASON},
        on_leg=True,
    ),
    "pause": Act("office", DISPATCH, "pauses", {"approver": "张", **REASON}, on_leg=True),
    "resume": Act("office", DISPATCH, "resumptions", on_leg=True),
    "ask to lift": _unit("lift-requests", signed_by="李局长", **REASON),
    "find": Act("office", DISPATCH, "findings", {"reasonable": True, "by": "周主任", **REASON}),
    "refer": Act(
        "office",
        DISPATCH,
        "referrals",
        {"to": "arbitration", "approver": "李副市长", "rank": "leader", **REASON},
    ),
    "receive elsewhere": Act("office", DISPATCH, "referral-receipts", {"receiver": "仲裁委立案庭"}),
    "take back": Act("office", DISPATCH, "referral-returns", {"objected": False, **REASON}),
    "close": Act("office", DISPATCH, "closures"),
    "withdraw": Act("enterprise", INTAKE, "withdrawals", REASON),
    "rate well": Act("enterprise", INTAKE, "ratings", {"rating": "satisfied"}),
    "rate badly": Act("enterprise", INTAKE, "ratings", {"rating": "not_satisfied"}),
    "reopen": Act("office", INTAKE, "reopenings", REASON),
    "instruct": Act("leader", ESCALATION, "instructions", {"instruction": "限期解决"}),
    "sign off": Act("leader", ESCALATION, "sign-off"),
}
BY_UNIT = {name for name, act in ACTS.items() if act.by == "roads"}
RATE = {"rate well", "rate badly"}
WORK = {"contact", "reply", "complete"}
BEGUN = {"assist", "refer", "find", "withdraw", "pause", *WORK}
JUDGED = {"ask for time", "give time"}
"""The acts that are checked against the deadlines as judged."""


@dataclass(frozen=True)
class State:
    """The acts by which an appeal comes into a state, and the only acts that are legal in it."""

    acts: tuple[str, ...]
    legal: set[str]
    pack: str | None = None


DONE = {"assist", "contact", "refer", "find", "withdraw"}
_IMPORTED = BEGUN - {"withdraw", "pause"}
STATES = {
    "received": State((), {"assign", "refer", "find", "withdraw"}),
    "found": State(("find",), {"assign", "refer", "find", "withdraw"}),
    "dispatched": State(("assign",), BEGUN | {"refuse", "object", "ask to lift"}),
    "objected to": State(("assign", "object"), BEGUN | {"refuse", "uphold", "overrule", "ask to lift"}),
    "overruled": State(("assign", "object", "overrule"), BEGUN | {"refuse", "object", "ask to lift"}),
    "given back": State(("assign", "object", "uphold"), {"assign", "refer", "find", "withdraw"}),
    "refused and lifted": State(("assign", "refuse"), BEGUN | {"object", "instruct", "sign off"}),
    "signed off, not completed": State(("assign", "refuse", "sign off"), BEGUN | {"object"}),
    "lifted and completed": State(("assign", "refuse", "complete"), DONE | {"instruct", "sign off", *RATE}),
    "lifted, found and rated": State(
        ("assign", "refuse", "complete", "find", "rate well"), DONE | {"instruct", "sign off"}
    ),
    "signed off, found and rated": State(
        ("assign", "refuse", "complete", "sign off", "find", "rate well"), DONE | {"close"}
    ),
    "completed": State(("assign", "complete"), DONE | RATE),
    "completed and found": State(("assign", "complete", "find"), DONE | RATE),
    "rated well": State(("assign", "complete", "rate well"), DONE),
    "rated well and found": State(("assign", "complete", "find", "rate well"), DONE | {"close"}),
    "rated badly": State(("assign", "complete", "rate badly"), DONE | {"reopen"}),
    "reopened": State(
        ("assign", "complete", "rate badly", "reopen"), BEGUN | {"refuse", "object", "ask to lift"}
    ),
    "reopened, found and completed": State(
        ("assign", "complete", "find", "rate badly", "reopen", "complete"), DONE | RATE
    ),
    "referred": State(("refer",), {"find", "withdraw", "receive elsewhere", "take back"}),
    "received elsewhere": State(("refer", "receive elsewhere"), {"find", "withdraw", "close", *RATE}),
    "withdrawn": State(("withdraw",), set()),
    "closed": State(("refer", "receive elsewhere", "close"), RATE),
    "closed and rated": State(("refer", "receive elsewhere", "close", "rate badly"), {"reopen"}),
    "rated and closed": State(("assign", "complete", "find", "rate well", "close"), set()),
    "paused": State(("assign", "pause"), BEGUN - {"pause"} | {"refuse", "object", "ask to lift", "resume"}),
    "resumed": State(("assign", "pause", "resume"), BEGUN | {"refuse", "object", "ask to lift"}),
    "without pauses": State(("assign",), _IMPORTED | {"refuse", "object"}, pack="case-limits@2"),
    "with extensions": State(
        ("assign",),
        _IMPORTED | {"refuse", "object", "ask for time", "ask for more time", "pause"},
        pack="bowu-2022@2",
    ),
    "time asked for": State(
        ("assign", "ask for time"),
        _IMPORTED | {"refuse", "object", "give time", "deny time", "pause"},
        pack="bowu-2022@2",
    ),
    "time given": State(
        ("assign", "ask for time", "give time"),
        _IMPORTED | {"refuse", "object", "ask for more time", "pause"},
        pack="bowu-2022@2",
    ),
}


async def registered(city: City, pack: str | None, number: int) -> list[dict[str, Any]]:
    """Some appeals; only an import may choose their pack."""
    body = {
        "channel": "web",
        "kind": "help",
        "title": "路灯不亮",
        "text": "厂区门口。",
        "enterprise": {"name": "示例制造有限公司"},
    }
    if pack is None:
        new = body | {"again": True}
        return list(
            await asyncio.gather(*(city.ok(None, "POST", "/intake/appeals", new) for _ in range(number)))
        )
    now = city.services["intake"].clock.now().isoformat()
    past = {"act": "register", "occurred_at": now, "pack": pack, **body}
    items = [{**past, "source_id": str(uuid4())} for _ in range(number)]
    answer = await city.ok("importer", "POST", "/intake/import", {"source": "other", "items": items})
    return list(answer["items"])


async def do(city: City, appeal: dict[str, Any], name: str) -> httpx.Response:
    """One act on the newest version, on the appeal's last leg of the roads unit where it is about a leg."""
    act = ACTS[name]
    base, account, headers = f"/{act.service}/appeals/{appeal['appeal_id']}", act.by, {}
    if act.by == "enterprise":
        path = f"/intake/status/{appeal['registration_number']}/{act.path}"
        return await city.call(None, "POST", path, act.body, receipt_code=appeal["receipt_code"])
    leg = {"leg_id": str(leg_id(UUID(appeal["appeal_id"]), 0))} if act.on_leg else {}
    while True:
        if act.by in ("office", "leader"):
            version = (await city.ok("office", "GET", base))["version"]
            headers["if_match"] = f'"{version}"'
        answer = await city.call(account, "POST", f"{base}/{act.path}", act.body | leg, **headers)
        if answer.status_code != 412:  # else an event came meanwhile
            return answer


async def brought_to(city: City, state: State, number: int) -> list[dict[str, Any]]:
    """Some appeals in one state."""
    appeals = await registered(city, state.pack, number)
    service = INTAKE
    for name in state.acts:
        if ACTS[name].service != service or name in JUDGED:
            await city.drained()
            service = ACTS[name].service
        for answer in await asyncio.gather(*(do(city, appeal, name) for appeal in appeals)):
            assert answer.is_success, f"{name}: {answer.text}"
    await city.drained()
    return appeals


def possible(state: State) -> set[str]:
    """The acts that can be tried. An imported appeal has no receipt code, so its enterprise cannot act."""
    return {name for name, act in ACTS.items() if not (state.pack and act.by == "enterprise")}


@pytest.fixture(scope="module")
async def appeals(city: City) -> dict[str, list[dict[str, Any]]]:
    """Appeals in each state: one, and another for every act that is legal there."""
    ways = (brought_to(city, state, 1 + len(state.legal)) for state in STATES.values())
    return dict(zip(STATES, await asyncio.gather(*ways), strict=True))


async def test_in_a_state_what_may_happen_happens_and_nothing_else(
    city: City, appeals: dict[str, list[dict[str, Any]]]
) -> None:
    await city.drained()
    before = await city.stored()
    for name, state in STATES.items():
        for act in sorted(possible(state) - state.legal):
            await is_refused(city, appeals[name][0], name, act)
    assert await city.stored() == before

    for name, state in STATES.items():
        legal = sorted(state.legal)
        answers = await asyncio.gather(*map(do, repeat(city), appeals[name][1:], legal))
        for act, answer in zip(legal, answers, strict=True):
            assert answer.is_success, f"{name}, {act}: {answer.text}"
    await city.drained()
    for service in city.services:
        assert (await city.ok("ops", "GET", f"/{service}/parked"))["items"] == []


async def is_refused(city: City, appeal: dict[str, Any], name: str, act: str) -> None:
    """Assert that an act that is not legal in a state is refused as such."""
    unknown_leg = "assign" not in STATES[name].acts and act in BY_UNIT
    no_longer = (name, act) == ("time given", "ask for time")
    status = 404 if unknown_leg else 422 if no_longer else 409
    answer = await do(city, appeal, act)
    assert answer.status_code == status, f"{name}, {act}: {answer.text}"
    refused(answer, status)


def test_every_act_is_legal_somewhere_and_refused_somewhere() -> None:
    for name in ACTS:
        assert any(name in state.legal for state in STATES.values())
        assert any(name not in state.legal for state in STATES.values())


async def test_no_more_time_is_given_than_the_pack_allows(city: City) -> None:
    (appeal,) = await brought_to(city, STATES["with extensions"], 1)
    path = f"/dispatch/appeals/{appeal['appeal_id']}/extension-requests"
    leg = {"leg_id": str(leg_id(UUID(appeal["appeal_id"]), 0)), **REASON}
    for number, unit in ((31, "working_days"), (2, "months"), (30, "natural_days")):
        limit = {"number": number, "unit": unit}
        refused(await city.call("roads", "POST", path, {**leg, "limit": limit}), 422, "limit")
    request = {**leg, "deadline": "contact", "limit": WEEK}
    refused(await city.call("roads", "POST", path, request), 409, "deadline")
    request = {**leg, "limit": {"number": 30, "unit": "working_days"}}
    assert (await city.call("roads", "POST", path, request)).is_success


@pytest.mark.parametrize(
    "legs",
    [
        [{"unit": "roads"}, {"unit": "roads", "role": "assist"}],
        [{"unit": "roads"}, {"unit": "water"}],
        [{"unit": "roads", "role": "assist"}],
        [{"unit": "roads", "role": "assist"}, {"unit": "water", "role": "assist"}],
    ],
    ids=["one unit twice", "two lead", "nobody leads", "two assist"],
)
async def test_an_assignment_has_one_lead_and_each_unit_once(city: City, legs: list[dict[str, str]]) -> None:
    (appeal,) = await brought_to(city, STATES["received"], 1)
    path = f"/dispatch/appeals/{appeal['appeal_id']}"
    version = (await city.ok("office", "GET", path))["version"]
    answer = await city.call("office", "POST", f"{path}/assignments", {"legs": legs}, if_match=f'"{version}"')
    refused(answer, 409, "legs")


async def test_a_planned_completion_names_its_date_and_a_contact_lies_in_the_past(city: City) -> None:
    (appeal,) = await brought_to(city, STATES["dispatched"], 1)
    path = f"/dispatch/appeals/{appeal['appeal_id']}"
    leg = {"leg_id": str(leg_id(UUID(appeal["appeal_id"]), 0))}
    planned = {**leg, "outcome": "planned", "text": "列入明年计划"}
    refused(await city.call("roads", "POST", f"{path}/completions", planned), 422, "planned_on")
    contact = {**leg, "how": "电话", "contacted_at": "2089-01-01T00:00:00+08:00"}
    refused(await city.call("roads", "POST", f"{path}/contacts", contact), 422, "contacted_at")


CARD_ACTS = {
    "served": "office",
    "acknowledged": "roads",
    "appealed": "roads",
    "upheld": "office",
    "withdrawn": "office",
}
CARDS: dict[tuple[str, ...], set[str]] = {
    (): {"served", "acknowledged", "appealed", "withdrawn"},
    ("served",): {"acknowledged", "appealed", "withdrawn"},
    ("acknowledged",): {"appealed", "withdrawn"},
    ("appealed",): {"upheld", "withdrawn"},
    ("appealed", "upheld"): {"withdrawn"},
    ("withdrawn",): set(),
}


async def on_card(city: City, appeal: dict[str, Any], act: str) -> httpx.Response:
    case = await city.case(appeal)
    body = {
        "card_id": case["cards"][0]["card_id"],
        **(REASON if act in ("appealed", "upheld", "withdrawn") else {}),
    }
    path = f"/escalation/appeals/{appeal['appeal_id']}/cards/{act}"
    return await city.call(CARD_ACTS[act], "POST", path, body, if_match=f'"{case["version"]}"')


async def test_a_card_goes_its_way_and_no_other(city: City) -> None:
    appeals = await brought_to(city, STATES["dispatched"], len(CARDS) + 1)
    await city.move_to("2026-11-13 00:01")
    for appeal, (acts_before, legal) in zip(appeals, CARDS.items(), strict=False):
        for act in acts_before:
            assert (await on_card(city, appeal, act)).is_success
        for act in CARD_ACTS.keys() - legal:
            refused(await on_card(city, appeal, act), 409)
    assert (await do(city, appeals[-1], "complete")).is_success
    await city.drained()
    for act in CARD_ACTS:
        refused(await on_card(city, appeals[-1], act), 409)
