"""Draws hostile records for the topics of services and of a bank, and sends them."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata
from hypothesis import HealthCheck, Phase, given, seed, settings

from services import SERVICES
from services.financing.contract import BankReport
from shared.events import CATALOGUE, Event
from shared.messaging import wire
from tests.city import City, local
from tests.contract.samples import events
from tests.hostile.drawing import Drawn, dumped
from tests.hostile.pilots import BANK
from tests.lending import report_body

Headers = list[tuple[str, bytes | None]]
NUMBERS = itertools.count(1)
CODECS = (None, "gzip", "snappy", "lz4", "zstd")
STAMPS = (None, None, None, 0, 1, -1, 2**62, 253_402_300_799_000, 4_102_444_800_000)
"""The times that a record's writer claims, in milliseconds since 1970; the last two are of 9999 and 2100."""
NEVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
AT = local("2026-11-09 09:00")


class Record(NamedTuple):
    """A record to send."""

    kind: str
    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int | None = None


def samples(number: int, of_each: int) -> list[Event]:
    """Valid events of each type in the catalogue, as hypothesis builds them from a seed."""
    drawn: list[Event] = []
    for cls in CATALOGUE.values():

        @seed(number)
        @settings(
            max_examples=of_each,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(event=events(cls))
        def keep(event: Event) -> None:
            drawn.append(event)

        keep()
    return drawn


def as_record(kind: str, event: Event) -> Record:
    """The record of an event, as its relay would send it."""
    headers: Headers = [*wire.headers(event.source, event.type, event.id, event.occurred_at, None)]
    return Record(kind, f"{event.source}.events", str(event.key).encode(), wire.body(event).encode(), headers)


class Records:
    """Draws the records of one run. `legs` are legs of loan requests that a report may name."""

    def __init__(self, drawn: Drawn, legs: list[str], of_each: int = 3) -> None:
        self._drawn = drawn
        self._events = samples(drawn.randrange(2**32), of_each)
        self._legs = legs
        self._ids = [drawn.choice(self._events).appeal_id for _ in range(20)]
        self._sent: list[Record] = []
        self._kinds = [
            self._valid,
            self._again,
            self._spoiled_body,
            self._spoiled_body,
            self._spoiled_bytes,
            self._spoiled_header,
            self._foreign,
            self._watermark,
            self._no_event,
            self._report,
            self._report,
            self._spoiled_report,
        ]

    def draw(self, count: int) -> Iterator[Record]:
        """So many records, of all kinds."""
        for _ in range(count):
            record = self._drawn.choice(self._kinds)()
            if self._drawn.random() < 0.05:
                more: Headers = [(f"x-{n}", b"") for n in range(self._drawn.choice((10, 1_000)))]
                record = record._replace(headers=record.headers + more)
            record = record._replace(timestamp_ms=self._drawn.choice(STAMPS))
            self._sent = [*self._sent[-50:], record]
            yield record

    def _event(self) -> Event:
        """A valid event, often about one of few cases, and from any time."""
        drawn = self._drawn
        changed: dict[str, Any] = {"id": _uuid(drawn)}
        if drawn.random() < 0.7:
            changed["appeal_id"] = drawn.choice(self._ids)
            changed["registration_number"] = f"BZ-20261109-{drawn.randint(70_000, 70_030)}"
            changed["occurred_at"] = AT + timedelta(minutes=drawn.randint(-(10**6), 10**5))
        elif drawn.random() < 0.1:
            changed["occurred_at"] = drawn.choice(NEVER)
        event = drawn.choice(self._events)
        if "pack" in type(event).model_fields:
            changed["pack"] = drawn.choice(("bozhou-2024@1", "bozhou-2024@999", "nobody@1"))
        return event.model_copy(update=changed)

    def _valid(self) -> Record:
        return as_record("events out of order", self._event())

    def _again(self) -> Record:
        return self._drawn.choice(self._sent) if self._sent else self._valid()

    def _spoiled_body(self) -> Record:
        event = self._event()
        body = dumped(self._drawn.spoiled(event.model_dump(mode="json", exclude={"id", "occurred_at"})))
        return as_record("spoiled fields", event)._replace(value=body)

    def _spoiled_bytes(self) -> Record:
        record = as_record("spoiled bytes", self._event())
        return record._replace(value=self._drawn.spoiled_bytes(record.value or b""))

    def _spoiled_header(self) -> Record:
        drawn, record = self._drawn, as_record("spoiled headers", self._event())
        headers: Headers = list(record.headers)
        for _ in range(drawn.randint(1, 2)):
            place = drawn.randrange(len(headers))
            name, value = headers[place]
            odd = drawn.choice((None, drawn.bytes_(), drawn.text().encode(errors="surrogatepass")))
            match drawn.choice(("value", "value", "name", "twice", "none")):
                case "value":
                    headers[place] = (name, odd)
                case "name":
                    headers[place] = (_utf8(drawn.text()), value)
                case "twice":
                    headers.append((name, odd))
                case "none" if len(headers) > 1:
                    del headers[place]
        return record._replace(headers=headers, key=drawn.choice((record.key, None, drawn.bytes_())))

    def _foreign(self) -> Record:
        topic = self._drawn.choice([f"{service}.events" for service in SERVICES])
        return as_record("another's topic", self._event())._replace(topic=topic)

    def _watermark(self) -> Record:
        drawn = self._drawn
        source, topic = (drawn.choice(sorted(SERVICES)) for _ in range(2))
        late = (
            "2000-01-01T00:00:00Z" if source == topic else "2089-01-01T00:00:00Z"
        )  # a driven city has no now
        upto: Any = drawn.choice((late, drawn.odd()))
        if source == topic and str(upto).startswith("9999"):
            upto = late
        body = {"upto": upto, "after": drawn.choice((0, -1, 2**70, drawn.odd()))}
        headers: Headers = [*wire.headers(source, wire.WATERMARK, _uuid(drawn), AT, None)]
        return Record("watermarks", f"{topic}.events", None, dumped(body), headers)

    def _no_event(self) -> Record:
        drawn = self._drawn
        topic = drawn.choice([*(f"{service}.events" for service in SERVICES), f"banks.{BANK}.replies"])
        headers: Headers = [
            (_utf8(drawn.text()), drawn.choice((None, drawn.bytes_()))) for _ in range(drawn.randint(0, 3))
        ]
        key, value = drawn.choice((None, drawn.bytes_())), drawn.choice((None, drawn.bytes_()))
        return Record("no event", topic, key if value is not None else key or b"tombstone", value, headers)

    def _report(self) -> Record:
        drawn = self._drawn
        state = drawn.choice(("contacted", "under_review", "approved", "declined", "disbursed", "withdrawn"))
        leg = drawn.choice((*self._legs, "RZ-20261109-00099/1", "RZ-20261109-00001/999"))
        report = report_body(leg, state, f"r-{drawn.randint(1, 500)}")
        return Record("bank reports", f"banks.{BANK}.replies", leg.encode(), dumped(report), _reported(drawn))

    def _spoiled_report(self) -> Record:
        drawn, record = self._drawn, self._report()._replace(kind="spoiled reports")
        if drawn.random() < 0.7:
            leg = drawn.choice((*self._legs, "RZ-20261109-00099/1"))
            return record._replace(value=dumped(drawn.spoiled(report_body(leg, "approved"))))
        return record._replace(value=drawn.spoiled_bytes(record.value or b""))


def _reported(drawn: Drawn) -> Headers:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(_uuid(drawn)).encode()),
        ("ce_type", BankReport.type.encode()),
    ]


def _uuid(drawn: Drawn) -> UUID:
    return UUID(int=drawn.getrandbits(128), version=4)


def _utf8(text: str) -> str:
    """aiokafka sends no name of a header that is not UTF-8; `batches` does."""
    return text.encode(errors="replace").decode()


async def send(city: City, records: list[Record], *, idempotent: bool) -> tuple[list[Any], Counter[str]]:
    """Send records, compressed by all codecs; those taken with their places, and what the broker refused."""
    producers = [
        AIOKafkaProducer(
            **city.broker.as_client().client(),
            compression_type=codec,
            linger_ms=2,
            max_request_size=8_000_000,
            enable_idempotence=idempotent and number % 2 == 0,
        )
        for number, codec in enumerate(CODECS)
    ]
    await asyncio.gather(*(producer.start() for producer in producers))
    taken: list[tuple[Record, RecordMetadata]] = []
    refused: Counter[str] = Counter()
    try:
        sending = []
        for number, record in enumerate(records):
            producer = producers[number % len(producers)]
            content = (record.topic, record.value, record.key)
            sending.append(
                await producer.send(*content, timestamp_ms=record.timestamp_ms, headers=record.headers)
            )
        for record, answer in zip(
            records, await asyncio.gather(*sending, return_exceptions=True), strict=True
        ):
            if isinstance(answer, KafkaError):
                refused[type(answer).__name__] += 1
            elif isinstance(answer, BaseException):
                raise answer
            else:
                taken.append((record, answer))
    finally:
        await asyncio.gather(*(producer.stop() for producer in producers))
    return taken, refused
