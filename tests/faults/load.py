"""The load: appeals and loan requests from registration to their end, tick by tick of the driven clocks.

Within a tick at most one act is sent for each case, and the clocks move on when all requests are answered.
So an act occurred at its tick, however often its request was repeated.
"""

import asyncio
import heapq
import random
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import httpx

from tests.faults import plan
from tests.faults.client import Client, Clocks, Journal, moments
from tests.faults.environment import BANKS, LEADER, UNITS
from tests.faults.plan import PlannedAct
from tests.faults.reckoning import rules

WAITED_FOR = ("intake", "dispatch", "financing")
PUBLIC = ("web", "supervision_code", "anonymous_letter")
LOANS = 0.08
CODE = "91000000MA0000001R"


class Route(NamedTuple):
    """Where an act is sent and by whom, the type of its event, and what it means in the words of `judgement`.

    `words` are those a pack's `met_by` knows it by.
    """

    by: str
    event: str
    words: tuple[str, ...] = ()
    effects: Mapping[str, Any] = {}
    service: str = "dispatch"


ROUTES = {
    "assignments": Route("office", "appeal.assigned"),
    "contacts": Route("unit", "appeal.contacted", ("contacted",)),
    "replies": Route("unit", "appeal.responded", ("responded",)),
    "completions": Route("unit", "appeal.completed", ("completed",), {"completes": True}),
    "refusals": Route("unit", "appeal.refused", (), {"lifts": "refused"}),
    "objections": Route("unit", "appeal.objected", (), {"starts": "objected"}),
    "objection-decisions": Route("office", "objection.decided", ("objection_decided",)),
    "lift-requests": Route("unit", "lift.requested", (), {"lifts": "requested"}),
    "pauses": Route("office", "appeal.paused", (), {"pauses": True}),
    "resumptions": Route("office", "appeal.resumed", (), {"resumes": True}),
    "extension-requests": Route("unit", "extension.requested", (), {"starts": "extension_asked"}),
    "extension-decisions": Route("office", "appeal.extended", ("extension_decided",)),
    "withdrawals": Route("enterprise", "appeal.withdrawn", (), {"ends": "withdrawn"}, "intake"),
    "ratings": Route("enterprise", "appeal.rated", ("rated",), {"hears": True}, "intake"),
    "reopenings": Route("office", "appeal.reopened", (), {"reopens": True}, "intake"),
    "gatherings": Route("office", "appeal.gathered", ("gathered",), {"gathers": True}, "escalation"),
    "sign-off": Route("leader", "appeal.signed_off", ("signed_off",), {}, "escalation"),
}
OF_THE_CASE = ("assignments", "withdrawals", "ratings", "reopenings", "gatherings", "sign-off")
REFUSED_AS_PLANNED = (
    ("extension-requests", 422),
    ("completions", 422),
    ("sign-off", 404),
    ("gatherings", 404),
)
"""What may be refused beside conflicts: a limit or a day that cannot be, and a case not judged yet."""
Work = Coroutine[Any, Any, None]


@dataclass(eq=False)
class LoadCase:
    """One appeal or loan request as the load knows it."""

    name: str
    chance: random.Random
    pack: str
    id: str
    number: str
    code: str
    legs: list[dict[str, Any]] = field(default_factory=list)
    completed: set[int] = field(default_factory=set)
    versions: dict[str, str] = field(default_factory=dict)
    """By service, the version of the appeal that the office has seen."""


class Load:
    """Everybody who acts on cases: enterprises, units, and the office."""

    def __init__(self, client: Client, clocks: Clocks, journal: Journal, seed: int) -> None:
        self._client = client
        self._clocks = clocks
        self._journal = journal
        self._seed = seed
        self._queue: list[tuple[datetime, int, LoadCase, PlannedAct]] = []
        self._count = 0
        self._order = 0
        self.refused = 0

    async def directory(self) -> None:
        """Register units and banks. One unit has no leader."""
        for unit in UNITS:
            body = {"name": unit, "kind": "department", "leader": None if unit == UNITS[-1] else LEADER}
            await self._put("dispatch", "PUT", f"/units/{unit}", body)
        for bank in BANKS:
            await self._put("financing", "PUT", f"/banks/{bank}", {"name": bank, "ways": ["kafka"]})

    async def _put(self, service: str, method: str, path: str, body: Any) -> None:
        answer = await self._client.ask(service, method, path, body, "office")
        if answer.status_code not in (200, 428):  # 428: written already, and the answer was lost
            raise ValueError(f"{service} refused {method} {path}: {answer.text[:300]}")

    async def run(self, seconds: float, rate: float, tick_s: float) -> None:
        """Register `rate` cases a second for `seconds`, and send each planned act when it is due."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number, now in enumerate(moments()):
            await asyncio.sleep(max(0.0, began + number * tick_s - loop.time()))
            if loop.time() > began + seconds:
                break
            await self._clocks.move(now, WAITED_FOR)
            due = int((loop.time() - began + tick_s) * rate) - self._count  # a long tick is caught up with
            await self._all([*self._openings(due), *self._due_acts(now)])

    async def _all(self, works: Iterable[Work]) -> None:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)

    def _openings(self, number: int) -> Iterator[Work]:
        for _ in range(number):
            self._count += 1
            name, chance = f"{self._count}", random.Random(f"{self._seed}/{self._count}")
            opening = self._ask_for_loan if chance.random() < LOANS else self._register
            yield opening(name, chance)

    def _due_acts(self, now: datetime) -> list[Work]:
        """At most one act of each case, of those that are due."""
        due: dict[str, tuple[LoadCase, PlannedAct, int]] = {}
        left = []
        while self._queue and self._queue[0][0] <= now:
            entry = heapq.heappop(self._queue)
            if entry[2].name in due:
                left.append(entry)
            else:
                due[entry[2].name] = entry[2], entry[3], entry[1]
        for entry in left:
            heapq.heappush(self._queue, entry)
        return [self._do(case, act, order) for case, act, order in due.values()]

    def _schedule(self, case: LoadCase, acts: Iterable[PlannedAct]) -> None:
        for act in acts:
            self._order += 1
            heapq.heappush(self._queue, (act.at, self._order, case, act))

    async def _register(self, name: str, chance: random.Random) -> None:
        body = plan.registration(chance)
        account = None if body["channel"] in PUBLIC else "operator"
        key = {"idempotency-key": f"{self._seed}-{name}"}
        answer = await self._client.ask("intake", "POST", "/appeals", body, account, key)
        appeal = _accepted(answer)
        pack, number = plan.pack_of(body), appeal["registration_number"]
        case = LoadCase(name, chance, pack, appeal["appeal_id"], number, appeal["receipt_code"])
        at = datetime.fromisoformat(appeal["received_at"])
        self._note(case, "appeal.received", at, opens="appeal", kind=body["kind"], received=True, what=[])
        self._schedule(case, plan.before_dispatch(chance, pack, at))

    async def _ask_for_loan(self, name: str, chance: random.Random) -> None:
        key = {"idempotency-key": f"{self._seed}-{name}"}
        banks = chance.sample(BANKS, chance.randint(1, 2))
        body = _loan_request(banks, self._clocks.now)
        loan = _accepted(await self._client.ask("financing", "POST", "/requests", body, "operator", key))
        number, code = loan["registration_number"], loan["receipt_code"]
        case = LoadCase(name, chance, "", loan["loan_id"], number, code)
        at = datetime.fromisoformat(loan["received_at"])
        legs = [{"leg": leg["leg"], "unit": leg["bank"], "role": "assist"} for leg in loan["legs"]]
        self._note(case, "loan.requested", at, opens="loan", kind="help", received=True, legs=legs, what=[])
        if chance.random() < 0.05:
            later = at + chance.random() * timedelta(days=12)
            self._schedule(case, [PlannedAct(later, "withdrawals", 0, {"reason": "已解决"})])

    async def _do(self, case: LoadCase, act: PlannedAct, order: int) -> None:
        answer = await self._answer(case, act, order)
        if (
            answer.status_code == 404 and act.route == "assignments"
        ):  # dispatch has not received the appeal yet
            self._schedule(case, [act])
        elif answer.status_code in (404, 409) and act.tries:
            self._schedule(case, [act._replace(at=act.at + act.later_in, tries=act.tries - 1)])
        elif (act.route, answer.status_code) in REFUSED_AS_PLANNED or answer.status_code == 409:
            self.refused += 1
        else:
            self._take(case, act, _accepted(answer))

    async def _answer(self, case: LoadCase, act: PlannedAct, order: int) -> httpx.Response:
        route, key = ROUTES[act.route], {"idempotency-key": f"{self._seed}-{case.name}-{order}"}
        service = route.service if case.pack else "financing"
        if route.by == "enterprise":
            path, headers = f"/status/{case.number}/{act.route}", {**key, "receipt-code": case.code}
            return await self._client.ask(service, "POST", path, act.body, None, headers)
        body = act.body if act.route in OF_THE_CASE else {**act.body, "leg_id": case.legs[act.leg]["leg"]}
        account = case.legs[act.leg]["unit"] if route.by == "unit" else route.by
        path = f"/appeals/{case.id}"
        while True:
            version = {"if-match": f'"{case.versions.get(service, 1)}"'} if route.by != "unit" else {}
            headers = {**key, **version}
            answer = await self._client.ask(service, "POST", f"{path}/{act.route}", body, account, headers)
            if answer.status_code != 412:
                return answer
            appeal = await self._client.ask(service, "GET", path, account="office")
            case.versions[service] = appeal.headers["etag"].strip('"')

    def _take(self, case: LoadCase, act: PlannedAct, content: dict[str, Any]) -> None:
        """Note an accepted act in the journal, and plan what follows from it."""
        route, at = ROUTES[act.route], self._clocks.now
        type_, more = route.event, {"what": list(route.words), **route.effects}
        if not case.pack:
            type_ = "loan.withdrawn"
        elif act.route == "assignments":
            new = content["legs"][len(case.legs) :]
            more["legs"] = [
                {"leg": leg["leg_id"], **{name: leg[name] for name in ("unit", "role", "leader")}}
                for leg in new
            ]
            more["marks"] = act.body["marks"]
        elif act.route not in OF_THE_CASE:
            more["leg"] = case.legs[act.leg]["leg"]
        if act.route == "objection-decisions" and act.body["upheld"]:
            more["ends_leg"] = True
            self._hand_on(case, act, at)
        elif act.route == "extension-decisions" and not act.body["approved"]:
            type_ = "extension.denied"
        elif act.route == "extension-decisions":
            extension = content["legs"][act.leg]["extended"][-1]
            more["extends"] = extension["deadline"], extension["limit"]
        elif act.route == "completions" and "planned_on" in act.body:
            type_, more = (
                "appeal.promised",
                {"leg": more["leg"], "what": [], "plans": [act.body["planned_on"], None]},
            )
        elif act.route == "sign-off":  # nobody waits for the clock of escalation
            at = datetime.fromisoformat(content["lift"]["signed_off_at"])
        elif act.route == "gatherings":
            at = datetime.fromisoformat(content["gathered"][-1]["gathered_at"])
        self._note(case, type_, at, **more)
        self._plan_on(case, act, at, more.get("legs", ()))

    def _plan_on(
        self, case: LoadCase, act: PlannedAct, at: datetime, new_legs: Iterable[dict[str, Any]]
    ) -> None:
        """Plan what follows from an accepted act."""
        for leg in new_legs:
            case.legs.append(leg)
            self._schedule(case, plan.on_leg(case.chance, case.pack, at, len(case.legs) - 1))
        if act.route == "completions" and "planned_on" not in act.body:
            case.completed.add(act.leg)
            self._schedule(case, plan.after_completion(case.chance, at))
        elif act.route == "reopenings":
            for leg_index in case.completed:
                self._schedule(case, plan.on_leg(case.chance, case.pack, at, leg_index))
            case.completed = set()

    def _hand_on(self, case: LoadCase, act: PlannedAct, at: datetime) -> None:
        """After an upheld objection another unit gets the leg."""
        units = [unit for unit in UNITS if unit not in {leg["unit"] for leg in case.legs}]
        legs = [{"unit": case.chance.choice(units), "role": case.legs[act.leg]["role"]}]
        assignment = PlannedAct(
            at + timedelta(hours=3), "assignments", len(case.legs), {"legs": legs, "marks": []}
        )
        self._schedule(case, [assignment])

    def _note(self, case: LoadCase, type_: str, at: datetime, **more: Any) -> None:
        pack = rules(case.pack).ref if case.pack else None
        self._journal.note(id=case.id, number=case.number, pack=pack, type=type_, at=at.isoformat(), **more)


def _accepted(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_success:
        return dict(answer.json())
    request = f"{answer.request.method} {answer.request.url}"
    raise ValueError(f"{request} was refused ({answer.status_code}): {answer.text[:300]}")


def _loan_request(banks: list[str], now: datetime) -> dict[str, Any]:
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
