"""The load: appeals and loan requests from registration to their end, tick by tick of the driven clocks.

Within a tick at most one act is sent for each case, and the clocks move on when all requests are answered.
So an act occurred at its tick, however often its request was repeated.
"""

import asyncio
import heapq
import random
from collections.abc import Coroutine, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.faults import plan
from tests.faults.cases import LoadCase
from tests.faults.client import Client, Clocks, Journal, moments
from tests.faults.environment import BANKS, LEADER, UNITS
from tests.faults.plan import PlannedAct
from tests.faults.reckoning import rules
from tests.faults.routes import OF_THE_CASE, REFUSED_AS_PLANNED, ROUTES, SHARED, entry_of, leg_of

WAITED_FOR = ("intake", "dispatch", "financing")
PUBLIC = ("web", "supervision_code", "anonymous_letter")
LOANS = 0.08
LATEST = 60
"""Of how many appeals a repeat may find its lead."""


Work = Coroutine[Any, Any, None]


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
        self._appeals: list[LoadCase] = []
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
        """At most one act of each case, and of each group of merged ones, of those that are due."""
        due: list[tuple[LoadCase, PlannedAct, int]] = []
        acting: set[str] = set()
        left = []
        while self._queue and self._queue[0][0] <= now:
            entry = heapq.heappop(self._queue)
            _, order, case, act = entry
            head = case.head()
            if head.name in acting or (head.waits and act.route != "heard"):
                left.append(entry)
                continue
            if act.route == "merges":
                lead = self._lead_for(case, acting)
                if lead is None:
                    continue
                acting.add(lead.name)
                act = act._replace(body={**act.body, "lead": lead.number})
            acting.add(head.name)
            due.append((case, act, order))
        for entry in left:
            heapq.heappush(self._queue, entry)
        return [self._do(case, act, order) for case, act, order in due]

    def _lead_for(self, case: LoadCase, acting: set[str]) -> LoadCase | None:
        """A late appeal into which this one may be merged, with which nothing else happens now."""
        free = [
            other for other in self._appeals[-LATEST:] if other.may_lead(case) and other.name not in acting
        ]
        return case.chance.choice(free) if free and case.may_follow() else None

    async def hear_out(self) -> None:
        """Wait until dispatch has heard of every merging. Nothing else happens any more."""
        while waiting := [entry for entry in self._queue if entry[3].route == "heard"]:
            self._queue = []
            await self._all(self._do(case, act, order) for _, order, case, act in waiting)
            await asyncio.sleep(0.2)

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
        self._appeals.append(case)
        self._schedule(case, plan.before_dispatch(chance, pack, at))

    async def _ask_for_loan(self, name: str, chance: random.Random) -> None:
        key = {"idempotency-key": f"{self._seed}-{name}"}
        banks = chance.sample(BANKS, chance.randint(1, 2))
        body = plan.loan_request(banks, self._clocks.now)
        loan = _accepted(await self._client.ask("financing", "POST", "/requests", body, "operator", key))
        number, code = loan["registration_number"], loan["receipt_code"]
        case = LoadCase(name, chance, "", loan["loan_id"], number, code)
        at = datetime.fromisoformat(loan["received_at"])
        legs = [{"leg": leg["leg"], "unit": leg["bank"], "role": "assist"} for leg in loan["legs"]]
        case.legs = legs
        self._note(case, "loan.requested", at, opens="loan", kind="help", received=True, legs=legs, what=[])
        self._schedule(case, plan.on_loan(chance, self._seed, number, len(legs), at))

    async def _do(self, case: LoadCase, act: PlannedAct, order: int) -> None:
        if act.route == "heard":
            await self._hear(case, act)
            return
        if case.lead and (act.route == "reopenings" or (act.route == "assignments" and not act.leg)):
            return  # it is handled with its lead
        answer = await self._answer(case, act, order)
        if answer.status_code == 404 and act.route == "assignments":
            self._schedule(case, [act])  # dispatch has not received the appeal yet
        elif answer.status_code in (404, 409) and act.tries:
            self._schedule(case, [act._replace(at=act.at + act.later_in, tries=act.tries - 1)])
        elif (act.route, answer.status_code) in REFUSED_AS_PLANNED or answer.status_code == 409:
            self.refused += 1
        else:
            self._take(case, act, _accepted(answer))
            if act.route == "assignments":
                for follower in case.followers:
                    must = follower.joins(case)
                    self._note_joined(follower, case, (await self._file(follower)).json(), must=must)

    async def _answer(self, case: LoadCase, act: PlannedAct, order: int) -> httpx.Response:
        route, key = ROUTES[act.route], {"idempotency-key": f"{self._seed}-{case.name}-{order}"}
        end = route.path.format(leg=act.leg + 1) or act.route
        if route.by == "enterprise":
            path, headers = f"/status/{case.number}/{end}", {**key, "receipt-code": case.code}
            return await self._client.ask(route.service, "POST", path, act.body, None, headers)
        body = act.body if act.route in OF_THE_CASE else {**act.body, "leg_id": case.legs[act.leg]["leg"]}
        account = case.legs[act.leg]["unit"] if route.by == "unit" else route.by
        path = f"/appeals/{case.id}"
        while True:
            version = {"if-match": f'"{case.versions.get(route.service, 1)}"'} if route.by != "unit" else {}
            headers = {**key, **version}
            answer = await self._client.ask(route.service, "POST", f"{path}/{end}", body, account, headers)
            if answer.status_code != 412:
                return answer
            appeal = await self._client.ask(route.service, "GET", path, account="office")
            case.versions[route.service] = appeal.headers["etag"].strip('"')

    def _take(self, case: LoadCase, act: PlannedAct, content: dict[str, Any], **more: Any) -> None:
        """Note an accepted act in the journal, and plan what follows from it."""
        entry = entry_of(case, act, content, self._clocks.now)
        self._write(case, entry | more)
        self._regroup(case, act)
        self._plan_on(case, act, entry, content)
        for follower in case.followers if act.route in SHARED else ():
            leg = follower.shared_leg(case.legs[act.leg]["unit"])
            if leg is not None:
                self._take(follower, act._replace(leg=leg), content, passed_on=True)

    def _regroup(self, case: LoadCase, act: PlannedAct) -> None:
        """Keep who is handled with whom. Nothing happens in the group until dispatch knows it too."""
        changed = act.route
        if changed == "merges":
            lead = next(other for other in reversed(self._appeals) if other.number == act.body["lead"])
            case.lead = lead
            lead.followers.append(case)
            self._schedule(case, plan.on_merging(case.chance, self._clocks.now))
        elif changed == "withdrawals":
            case.over = True
        elif changed == "reopenings":
            case.reopened = True
        if case.lead and changed in ("merges", "unmerges", "withdrawals"):
            case.lead.waits = True
            self._schedule(case, [PlannedAct(self._clocks.now, "heard", 0, {"of": changed})])

    async def _hear(self, case: LoadCase, act: PlannedAct) -> None:
        """Go on with a group once dispatch has heard of the change."""
        answer, lead, of = await self._file(case), case.lead, act.body["of"]
        assert lead is not None
        file = answer.json() if answer.is_success else {"state": "", "merges": []}
        merged = bool(file["merges"]) and file["merges"][-1]["unmerged_at"] is None
        parted = bool(file["merges"]) and not merged
        if not {"merges": merged, "unmerges": parted, "withdrawals": file["state"] == "withdrawn"}[of]:
            self._schedule(case, [act])
            return
        lead.waits = False
        self._note_joined(case, lead, file, must=of == "merges" and case.joins(lead))
        if of == "unmerges":
            lead.followers.remove(case)
            case.lead = None
            for leg in case.working():
                self._schedule(case, plan.on_leg(case.chance, case.pack, self._clocks.now, leg))

    async def _file(self, case: LoadCase) -> httpx.Response:
        return await self._client.ask("dispatch", "GET", f"/appeals/{case.id}", account="office")

    def _note_joined(self, case: LoadCase, lead: LoadCase, file: dict[str, Any], *, must: bool) -> None:
        """Note the legs that dispatch gave a merged appeal; or that it gave none, which it should have."""
        new = [leg_of(leg) for leg in file["legs"][len(case.legs) :]]
        if new:
            at = datetime.fromisoformat(file["legs"][len(case.legs)]["assigned_at"])
            self._note(case, "appeal.assigned", at, legs=new, marks=lead.marks, what=[])
            for leg in new:
                case.legs.append(leg)
                self._schedule(case, plan.on_joined_leg(case.chance, case.pack, at, len(case.legs) - 1))
        elif must:
            self._note(case, "appeal.assigned", self._clocks.now, what=[])

    def _plan_on(
        self, case: LoadCase, act: PlannedAct, entry: dict[str, Any], content: dict[str, Any]
    ) -> None:
        """Plan what follows from an accepted act."""
        at = entry["at"]
        for leg in entry.get("legs", ()):
            case.legs.append(leg)
            self._schedule(case, plan.on_leg(case.chance, case.pack, at, len(case.legs) - 1))
        if act.route == "assignments":
            case.marks += act.body["marks"]
        elif entry.get("completes"):
            case.completed.add(act.leg)
            self._schedule(case, plan.after_completion(case.chance, at))
        elif act.route == "objection-decisions" and act.body["upheld"]:
            case.ended.add(act.leg)
            self._hand_on(case, act, at)
        elif act.route == "proposals":
            number = content["legs"][act.leg]["proposals"]
            case.proposals[act.leg, number] = act.body
            self._schedule(case, plan.on_proposal(case.chance, at, act.leg, number))
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
        self._write(case, {"type": type_, "at": at, **more})

    def _write(self, case: LoadCase, entry: dict[str, Any]) -> None:
        pack = rules(case.pack).ref if case.pack else None
        at = entry["at"].isoformat()
        self._journal.note(**{"id": case.id, "number": case.number, "pack": pack, **entry, "at": at})


def _accepted(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_success:
        return dict(answer.json())
    request = f"{answer.request.method} {answer.request.url}"
    raise ValueError(f"{request} was refused ({answer.status_code}): {answer.text[:300]}")
