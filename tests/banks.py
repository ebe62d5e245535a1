"""Banks for tests: a directory, a loan request, and a bank on Kafka that reads the document alone."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Self
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.financing import bank_documents
from tests.city import City

DOCUMENT = json.loads((bank_documents.FOLDER / bank_documents.ASYNCAPI).read_text("utf-8"))


def address(channel: str, code: str) -> str:
    """A topic's name as the document says it."""
    return str(DOCUMENT["channels"][channel]["address"]).replace("{code}", code)


async def directory(city: City, **integrations: Sequence[str]) -> None:
    """Banks by code (an underscore for a hyphen) with their ways."""
    await city.broker.admit(code.replace("_", "-") for code, ways in integrations.items() if "kafka" in ways)
    for code, ways in integrations.items():
        body = {"name": f"{code}银行", "ways": list(ways)}
        await city.ok("office", "PUT", f"/financing/banks/{code.replace('_', '-')}", body)


def wish(*banks: str, **more: Any) -> dict[str, Any]:
    """A loan request to these banks."""
    return {
        "enterprise": {"name": "示例制造有限公司", "credit_code": "91000000MA0000001R"},
        "contact": {"name": "王经理", "phone": "0558-5550000"},
        "amount": "500000.00",
        "term_months": 12,
        "purpose": "采购原材料",
        "product": "working_capital",
        "first_loan": True,
        "collateral": "无",
        "consent": {"given_at": "2026-11-09T08:30:00+08:00", "text_version": "2026-01"},
        "banks": list(banks),
        **more,
    }


async def ask(city: City, *banks: str) -> dict[str, Any]:
    """Register a loan request to these banks; the answer, with the legs by bank."""
    loan: dict[str, Any] = await city.ok("operator", "POST", "/financing/requests", wish(*banks))
    return loan | {"legs": {leg["bank"]: leg["leg"] for leg in loan["legs"]}}


def report(leg: str, state: str, **more: Any) -> dict[str, Any]:
    """A bank's report; its id is the state's name unless given."""
    return {
        "report_id": f"{leg.replace('/', '-')}-{state}",
        "leg": leg,
        "state": state,
        "evidence": {"by": "李经理"},
        **more,
    }


async def leg_of(city: City, loan: dict[str, Any], bank: str) -> dict[str, Any]:
    """A bank's leg as the enterprise sees it."""
    path = f"/financing/status/{loan['registration_number']}"
    status = await city.ok(None, "GET", path, receipt_code=loan["receipt_code"])
    return next(leg for leg in status["legs"] if leg["leg"] == loan["legs"][bank])


class KafkaBank:
    """A bank's program on Kafka. It has read the AsyncAPI document and knows nothing else."""

    def __init__(self, city: City, code: str, **producer: Any) -> None:
        self.code = code
        self._producing = producer
        self._kafka = city.broker.as_client(f"bank-{code}").client()
        self.heard: dict[str, list[dict[str, Any]]] = {"requests": [], "receipts": []}

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(**self._kafka, **self._producing)
        self._consumer = AIOKafkaConsumer(
            *(address(channel, self.code) for channel in self.heard),
            **self._kafka,
            auto_offset_reset="earliest",
            metadata_max_age_ms=500,
        )
        await self._producer.start()
        await self._consumer.start()
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        await self._consumer.stop()
        await self._producer.stop()

    async def _read(self) -> None:
        async for record in self._consumer:
            headers = {name: value.decode() for name, value in record.headers}
            message = {"headers": headers, "body": json.loads(record.value)}
            self.heard[record.topic.rpartition(".")[2]].append(message)

    async def until(self, channel: str, number: int) -> list[dict[str, Any]]:
        """Wait until so many messages came."""
        async with asyncio.timeout(60):
            while len(self.heard[channel]) < number:
                await asyncio.sleep(0.02)
        return self.heard[channel]

    async def say(self, value: bytes, headers: dict[str, str | None] | None = None) -> None:
        """Put bytes on the replies, under the headers of the document's example unless others are given.

        A header that is None has no value.
        """
        (example,) = DOCUMENT["components"]["messages"]["bank.report.v1"]["examples"]
        sent = example["headers"] | {"ce_id": str(uuid4())} if headers is None else headers
        await self._producer.send_and_wait(
            address("replies", self.code),
            value,
            headers=[(name, text if text is None else text.encode()) for name, text in sent.items()],
        )

    async def report(self, leg: str, state: str, **more: Any) -> dict[str, Any]:
        """Report, and wait for the receipt of it."""
        before = len(self.heard["receipts"])
        await self.say(json.dumps(report(leg, state, **more)).encode())
        receipt: dict[str, Any] = (await self.until("receipts", before + 1))[before]["body"]
        return receipt
