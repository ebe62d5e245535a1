"""A simulated bank that answers loan requests (`huying bank-sim`), for demonstrations and tests.

It uses only what `docs/banks/` describes: Kafka topics here, webhooks in `bank_sim_webhooks`.
"""

import asyncio
import csv
import json
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

if TYPE_CHECKING:
    from shared.service.settings import KafkaSettings

FAULTS = ("silence", "duplicate", "garbage", "slow")
SLOW = 10
HOUR = 3_600.0
JUNK = (b"", b"not json", b"[]", b"\xff\xfe", b'{"report_id": "x"}', b'{"leg": 7, "state": "approved"}')
Body = dict[str, Any]


class Delays(NamedTuple):
    """Seconds from the request to each state, and the outcome: approved, declined, or None for none."""

    contacted: float
    under_review: float | None
    decided: float | None
    outcome: str | None


BUILT_IN = (
    Delays(2 * HOUR, 20 * HOUR, 9 * 24 * HOUR, "approved"),
    Delays(0.5 * HOUR, 30 * HOUR, 14 * 24 * HOUR, "declined"),
    Delays(30 * HOUR, 80 * HOUR, 20 * 24 * HOUR, "approved"),
    Delays(5 * HOUR, None, 5 * HOUR, "declined"),
    Delays(3 * HOUR, 60 * HOUR, None, None),
)


class PlannedReport(NamedTuple):
    """A report to be sent `after_s` seconds after the request."""

    after_s: float
    report: Body


@dataclass(frozen=True)
class BankPlan:
    """How the bank behaves. The same seed, bank and leg give the same behaviour."""

    bank: str
    delays: tuple[Delays, ...] = BUILT_IN
    faults: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    speed: float = 1.0

    def chance(self, leg: str, about: str) -> random.Random:
        """The random generator for one question (`about`) on one leg."""
        return random.Random(f"{self.seed}/{self.bank}/{leg}/{about}")

    def falls(self, fault: str, leg: str, about: str = "") -> bool:
        """Whether this fault happens on this leg."""
        return self.chance(leg, fault + about).random() < self.faults.get(fault, 0.0)

    def reports(self, request: Body) -> Iterator[PlannedReport]:
        """The reports that answer a request; none where the bank stays silent."""
        leg = request["leg"]
        if self.falls("silence", leg):
            return
        delays = self.chance(leg, "delays").choice(self.delays)
        pace = self.speed / (SLOW if self.falls("slow", leg) else 1)
        for state, after_s, more in _states(delays, request):
            report_id = f"sim-{leg.replace('/', '-')}-{state}"
            evidence = {"by": "模拟客户经理", "how": "电话"}
            yield PlannedReport(
                after_s / pace,
                {"report_id": report_id, "leg": leg, "state": state, "evidence": evidence, **more},
            )


def _states(delays: Delays, request: Body) -> Iterator[tuple[str, float, Body]]:
    yield "received", 0.0, {}
    if delays.decided is None or delays.contacted < delays.decided:
        yield "contacted", delays.contacted, {}
    if delays.under_review is not None and (delays.decided is None or delays.under_review < delays.decided):
        yield "under_review", max(delays.under_review, delays.contacted), {}
    if delays.decided is None:
        return
    if delays.outcome == "declined":
        yield "declined", delays.decided, {"reason": "cash_flow"}
    else:
        offer = {"amount": request["amount"], "rate_percent": "3.85", "term_months": request["term_months"]}
        yield "approved", delays.decided, offer
        yield "disbursed", delays.decided + 24 * HOUR, {}


def read_delays(path: Path) -> tuple[Delays, ...]:
    """Delays of real loans, from `submitted` to each milestone's first time. ValueError names the line."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        loans = []
        for row in rows:
            try:
                loans.append(_delays(row))
            except (KeyError, ValueError, TypeError) as error:
                raise ValueError(f"{path}, line {rows.line_num}: {error!r}: {_SHAPE}") from error
    if not any(loans):
        raise ValueError(f"{path} holds no loan: {_SHAPE}")
    return tuple(delays for delays in loans if delays is not None)


_SHAPE = "it needs the columns submitted, preaccepted, accepted, approved, declined with ISO 8601 times"


def _delays(row: Mapping[str, str]) -> Delays | None:
    start = datetime.fromisoformat(row["submitted"])
    names = ("preaccepted", "accepted", "approved", "declined")
    at = {name: (datetime.fromisoformat(row[name]) - start).total_seconds() for name in names if row[name]}
    outcome = next((name for name in ("approved", "declined") if name in at), None)
    decided = at[outcome] if outcome else None
    if not at:
        return None
    return Delays(min(at.values()), at.get("accepted"), decided, outcome)


def read_faults(text: str) -> dict[str, float]:
    """Chances from 0 to 1 from a text like `silence=0.05,duplicate=0.1`. ValueError for anything else."""
    chances: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        try:
            chance = float(value)
        except ValueError:
            chance = -1.0
        if name not in FAULTS or not 0 <= chance <= 1:
            raise ValueError(
                f"chance of a fault {part}: write one of {', '.join(FAULTS)} and a chance, like slow=0.1"
            )
        chances[name] = chance
    return chances


class Bank:
    """Answers requests by its plan; `send` sends a report, `junk` sends bytes that are no report."""

    def __init__(
        self,
        plan: BankPlan,
        send: Callable[[Body], Awaitable[None]],
        junk: Callable[[bytes], Awaitable[None]],
    ) -> None:
        self._plan = plan
        self._send = send
        self._junk = junk
        self._seen: set[str] = set()
        self._working: dict[str, asyncio.Task[None]] = {}

    def handle(self, id_: str, type_: str, data: Body) -> None:
        """Handle a message; one with a known id is dropped."""
        if id_ in self._seen:
            return
        self._seen.add(id_)
        if type_ == "bank.request.v1":
            self._working[data["leg"]] = asyncio.create_task(self._answer(data))
        elif type_ == "bank.request_withdrawn.v1" and data["leg"] in self._working:
            self._working.pop(data["leg"]).cancel()

    async def _answer(self, request: Body) -> None:
        began = asyncio.get_running_loop().time()
        for planned in self._plan.reports(request):
            await asyncio.sleep(max(0.0, began + planned.after_s - asyncio.get_running_loop().time()))
            leg, state = request["leg"], planned.report["state"]
            if self._plan.falls("garbage", leg, state):
                await self._junk(self._plan.chance(leg, "junk" + state).choice(JUNK))
            await self._send(planned.report)
            if self._plan.falls("duplicate", leg, state):
                await self._send(planned.report)

    def close(self) -> None:
        """Stop answering."""
        for task in self._working.values():
            task.cancel()


async def on_kafka(plan: BankPlan, kafka: "KafkaSettings") -> None:
    """Read the bank's requests from their start and write its replies, until cancelled."""
    producer = AIOKafkaProducer(**kafka.client(), enable_idempotence=kafka.idempotent_producer)
    consumer = AIOKafkaConsumer(
        f"banks.{plan.bank}.requests",
        **kafka.client(),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=50,
        metadata_max_age_ms=2_000,
    )

    async def put(value: bytes, key: str | None = None) -> None:
        headers = [("ce_specversion", b"1.0"), ("ce_id", str(uuid4()).encode())]
        headers += [("ce_type", b"bank.report.v1"), ("ce_source", f"/banks/{plan.bank}".encode())]
        headers += [("content-type", b"application/json")]
        await producer.send_and_wait(
            f"banks.{plan.bank}.replies", value, key=key.encode() if key else None, headers=headers
        )

    async def send(report: Body) -> None:
        await put(json.dumps(report).encode(), report["leg"])

    bank = Bank(plan, send, put)
    try:
        await producer.start()
        await consumer.start()
        async for record in consumer:
            headers = {name: value.decode() for name, value in record.headers}
            bank.handle(headers["ce_id"], headers["ce_type"], json.loads(record.value))
    finally:
        bank.close()
        await consumer.stop()
        await producer.stop()
