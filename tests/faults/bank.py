"""A bank of the fault run. It sends the reports `bank-sim` plans, by the driven clocks, until answered."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from huying.local.bank_sim import BankPlan
from tests.faults.client import Clocks, Journal
from tests.faults.environment import Environment
from tests.faults.plan import taken_back_after

AGAIN_S = 5.0
LAST = ("declined", "disbursed")
DatedReport = tuple[datetime, dict[str, Any]]


class Bank:
    """One bank. Of each leg it sends one report at a time, and the next when the last has its receipt."""

    def __init__(
        self, environment: Environment, code: str, clocks: Clocks, journal: Journal, seed: int
    ) -> None:
        self._environment = environment
        self._code = code
        self._clocks = clocks
        self._journal = journal
        self._seed = seed
        self._plan = BankPlan(code, faults={"silence": 0.1, "slow": 0.1}, seed=seed)
        self._left: dict[str, list[DatedReport]] = {}
        self._sent_at: dict[str, float] = {}
        self._answered: set[str] = set()
        self._stopping = False

    async def run(self) -> None:
        """Work until cancelled. A broker that was away or was replaced is read again from the start."""
        while True:
            try:
                await self._session()
            except (KafkaError, OSError, TimeoutError):
                await asyncio.sleep(0.5)

    async def stop(self) -> None:
        """Send no new report, and wait for the receipts of those sent."""
        self._stopping = True
        while self._sent_at:
            await asyncio.sleep(0.1)

    async def _session(self) -> None:
        client = self._environment.broker.as_client(f"bank-{self._code}").client()
        begun = self._environment.broker_starts
        topics = [f"banks.{self._code}.{channel}" for channel in ("requests", "receipts")]
        consumer = AIOKafkaConsumer(
            *topics,
            **client,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            metadata_max_age_ms=2_000,
        )
        producer = AIOKafkaProducer(**client, request_timeout_ms=5_000)
        try:
            await consumer.start()
            await producer.start()
            while self._environment.broker_starts == begun:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        self._handle(dict(record.headers)["ce_type"].decode(), json.loads(record.value))
                await self._send_due(producer)
        finally:
            for closing in (consumer.stop(), producer.stop()):
                await asyncio.wait({asyncio.ensure_future(closing)}, timeout=3)

    def _handle(self, type_: str, message: dict[str, Any]) -> None:
        leg = message["leg"]
        if type_ == "bank.request.v1" and leg not in self._left:
            pushed_at = datetime.fromisoformat(message["pushed_at"])
            steps = self._plan.reports(message)
            reports = [(pushed_at + timedelta(seconds=step.after_s), step.report) for step in steps]
            if reports and (after := taken_back_after(self._seed, leg)) is not None:
                report_id, evidence = f"sim-{leg.replace('/', '-')}-withdrawn", reports[0][1]["evidence"]
                withdrawal = {"report_id": report_id, "leg": leg, "state": "withdrawn", "evidence": evidence}
                reports.append((pushed_at + after, withdrawal))
            self._left[leg] = sorted(reports, key=lambda report: report[0])
        elif type_ == "bank.request_withdrawn.v1":
            self._left[leg] = [
                (at, report) for at, report in self._left.get(leg, ()) if report["report_id"] in self._sent_at
            ]
        elif type_ == "bank.receipt.v1" and message["report_id"] not in self._answered:
            self._take_receipt(message)

    def _take_receipt(self, receipt: dict[str, Any]) -> None:
        self._answered.add(receipt["report_id"])
        self._sent_at.pop(receipt["report_id"], None)
        leg = receipt["leg"]
        for at, report in list(self._left.get(leg, ())):
            if report["report_id"] == receipt["report_id"]:
                self._left[leg].remove((at, report))
                if receipt["outcome"] in ("accepted", "repeated"):
                    self._note(leg, report["state"], receipt["at"])

    def _note(self, leg: str, state: str, at: str) -> None:
        number, withdrawn = leg.partition("/")[0], state == "withdrawn"
        words = [] if state == "received" or withdrawn else [state]
        effect: dict[str, Any] = {"starts": "objected" if withdrawn else state} if words or withdrawn else {}
        if state in LAST:
            effect["completes"] = True
            words.append("completed")
        type_ = "loan.withdrawal_asked" if withdrawn else "loan.reported"
        self._journal.note(number=number, type=type_, at=at, leg=leg, what=words, **effect)

    async def _send_due(self, producer: AIOKafkaProducer) -> None:
        now_s = asyncio.get_running_loop().time()
        for leg, reports in self._left.items():
            if not reports or reports[0][0] > self._clocks.now:
                continue
            report = reports[0][1]
            sent_at = self._sent_at.get(report["report_id"])
            if (sent_at is None and not self._stopping) or (sent_at and now_s > sent_at + AGAIN_S):
                self._sent_at[report["report_id"]] = now_s
                await self._send(producer, leg, report)

    async def _send(self, producer: AIOKafkaProducer, leg: str, report: dict[str, Any]) -> None:
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(uuid4()),
            "ce_type": "bank.report.v1",
            "ce_source": f"/banks/{self._code}",
            "content-type": "application/json",
        }
        await producer.send_and_wait(
            f"banks.{self._code}.replies",
            json.dumps(report).encode(),
            key=leg.encode(),
            headers=[(name, value.encode()) for name, value in headers.items()],
        )
