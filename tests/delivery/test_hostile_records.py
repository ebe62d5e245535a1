"""Whatever arrives on a topic costs its own record alone: it is parked with its reason, the next handled."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from aiokafka import AIOKafkaProducer

from huying.kafka.broker import Kafka
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.dispatch.app import SERVICE as DISPATCH
from services.financing.app import SERVICE as FINANCING
from shared import events
from shared.messaging import wire
from shared.messaging.sizes import LARGEST_UNPACKED
from tests import batches
from tests.banks import DOCUMENT, KafkaBank, ask, directory, report
from tests.city import City, local

NUMBERS = itertools.count(1)
AT = local("2026-11-09 09:00")
Record = tuple[bytes | None, bytes, list[tuple[str, bytes | None]]]
"""Key, value and headers."""


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker | Kafka) -> AsyncIterator[City]:
    """Dispatch and financing alone: what the others would say comes from the tests."""
    async with City(postgres, broker, services=(DISPATCH, FINANCING)) as city:
        await city.create_topics_heard()
        yield city


def received(**values: Any) -> events.AppealReceived:
    return events.AppealReceived(
        **{
            "appeal_id": uuid4(),
            "registration_number": f"BZ-20261109-{next(NUMBERS):05}",
            "occurred_at": AT,
            "channel": events.Channel.WEB,
            "kind": events.Kind.HELP,
            "title": "诉求",
            "pack": "bozhou-2024@1",
            **values,
        }
    )


def as_record(event: events.Event, *more: tuple[str, bytes | None], **instead: bytes | None) -> Record:
    """The record of an event; `ce_…=` puts another value into a header."""
    headers = dict(wire.headers(event.source, event.type, event.id, event.occurred_at, None))
    return str(event.key).encode(), wire.body(event).encode(), [*(headers | instead).items(), *more]


async def send(city: City, topic: str, records: Iterable[Record]) -> None:
    producer = AIOKafkaProducer(**city.broker.as_client().client())
    await producer.start()
    try:
        for key, value, headers in records:
            await producer.send_and_wait(topic, value, key, 0, headers=headers)
    finally:
        await producer.stop()


async def parked(city: City, service: str) -> list[Any]:
    return list((await city.ok("ops", "GET", f"/{service}/parked?limit=100"))["items"])


async def until_known(city: City, appeal_id: UUID) -> None:
    """Wait until dispatch has heard of the appeal."""
    async with asyncio.timeout(30):
        while (await city.call("office", "GET", f"/dispatch/appeals/{appeal_id}")).status_code != 200:
            await asyncio.sleep(0.05)


def watermark(source: str, upto: str) -> Record:
    body = wire.Watermark.model_validate({"upto": upto, "after": 0}).model_dump_json().encode()
    return None, body, [*wire.headers(source, wire.WATERMARK, uuid4(), AT, None)]


HOSTILE: dict[str, tuple[Record, str]] = {
    "header without a value, no event": ((None, b"{}", [("x-env", None)]), "missing"),
    "no id": (as_record(received(), ce_id=None), "ce_id missing"),
    "no type": (as_record(received(), ce_type=None), "ce_type missing"),
    "null character in the type": (as_record(received(), ce_type=b"a\x00b"), "not in the catalogue"),
    "null character in the version": (as_record(received(), ce_specversion=b"\x00"), "is not 1.0"),
    "null character in a header's name": ((b"\x00", b"\x00", [("a\x00b", b"\x00")]), "missing"),
    "type without end": (as_record(received(), ce_type=b"x" * 50_000), "event type xxx"),
    "key without end": ((bytes(range(33, 127)) * 100, b"", []), "missing"),
    "null character in a text": (as_record(received(title="a\x00b")), "cannot be stored"),
    "watermark before all time": (watermark("intake", "0001-01-01T00:00:00+14:00"), "cannot be stored"),
}


async def test_a_hostile_record_is_parked_with_its_reason_and_the_next_is_handled(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    later = received()
    await send(city, "intake.events", [*(record for record, _ in HOSTILE.values()), as_record(later)])
    await until_known(city, later.appeal_id)
    reasons = [record["reason"] for record in sorted(await parked(city, "dispatch"), key=lambda r: r["id"])]
    assert len(reasons) == len(HOSTILE)
    for (name, (_, wanted)), reason in zip(HOSTILE.items(), reasons, strict=True):
        assert wanted in reason, name
        assert 0 < len(reason) <= 1_000, name


async def test_a_header_without_a_value_that_nobody_needs_is_as_none(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    for headers in ([("traceparent", None)], [("x-env", None), ("", None)]):
        event = received()
        await send(city, "intake.events", [as_record(event, *headers)])
        await until_known(city, event.appeal_id)
    assert await parked(city, "dispatch") == []


async def test_content_that_cannot_be_stored_costs_no_pauses(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    later = received()
    odd = [as_record(received(title="\x00")) for _ in range(25)]
    odd += [as_record(received(), ce_type=b"\x00") for _ in range(25)]
    await send(city, "intake.events", [*odd, as_record(later)])
    async with asyncio.timeout(15):  # 70 seconds with three attempts and their pauses
        await until_known(city, later.appeal_id)
    assert len(await parked(city, "dispatch")) == 50


async def take(city: City, topic: str, *contents: bytes) -> None:
    """Put batches that the broker takes on the first partition of a topic."""
    assert set(await batches.put(city.broker.as_client(), topic, *contents)) == {0}


UNDECODABLE = [
    batches.headed_batch(b"\xff\xfe"),
    batches.headed_batch(b"x-env", b"\xc3", b"\xed\xa0\x80"),
    batches.headed_batch(b"\x80x"),
]


async def test_a_header_whose_name_is_no_text_costs_its_batch_alone(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    before, later = received(), received()
    await send(city, "intake.events", [as_record(before)])
    await take(city, "intake.events", *UNDECODABLE[:2])
    await send(city, "intake.events", [as_record(later)])
    await until_known(city, later.appeal_id)
    await until_known(city, before.appeal_id)
    await take(city, "intake.events", UNDECODABLE[2])
    again = received()
    await send(city, "intake.events", [as_record(again)])
    await until_known(city, again.appeal_id)
    records = sorted(await parked(city, "dispatch"), key=lambda record: record["offset"])
    assert [record["offset"] for record in records] == [1, 2, 4, 6]
    assert [record["reason"].partition(":")[0] for record in records] == [
        "offsets 1 to 1 cannot be decoded",
        "not a CloudEvent in binary mode",
        "offsets 3 to 4 cannot be decoded",
        "offsets 6 to 6 cannot be decoded",
    ]


async def test_two_partitions_that_cannot_be_decoded_do_not_hold_each_other_up(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    for topic in ("intake.events", "escalation.events"):
        await take(city, topic, *(batches.headed_batch(b"\xff") for _ in range(15)))
    later = received()
    await send(city, "intake.events", [as_record(later)])
    await until_known(city, later.appeal_id)
    async with asyncio.timeout(30):
        while len(await parked(city, "dispatch")) < 30:
            await asyncio.sleep(0.05)


async def test_a_bank_s_header_whose_name_is_no_text_is_answered_and_holds_nobody_up(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await directory(city, abc=["kafka"], xyz=["kafka"])
    async with KafkaBank(city, "abc") as bank, KafkaBank(city, "xyz") as other:
        loan = await ask(city, "abc", "xyz")
        assert (await bank.report(loan["legs"]["abc"], "contacted"))["code"] == "accepted"
        await take(city, "banks.abc.replies", *UNDECODABLE)
        assert (await other.report(loan["legs"]["xyz"], "contacted"))["code"] == "accepted"
        _, *answers = await bank.until("receipts", 5)
        assert {answer["body"]["code"] for answer in answers} == {"malformed"}
        assert (await bank.report(loan["legs"]["abc"], "under_review"))["code"] == "accepted"
    query = "select bool_and(complete_upto > '2026-11-09 01:30Z') from bank_replies where bank = 'abc'"
    await city.move_to("2026-11-09 10:00")
    async with asyncio.timeout(30), city.services["financing"].engine.connect() as conn:
        while not (await conn.execute(sa.text(query))).scalar_one():
            await asyncio.sleep(0.1)


async def test_a_bank_s_headers_without_a_value_are_answered(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    await directory(city, abc=["kafka"])
    (example,) = DOCUMENT["components"]["messages"]["bank.report.v1"]["examples"]
    async with KafkaBank(city, "abc") as bank:
        loan = await ask(city, "abc")
        valid = json.dumps(report(loan["legs"]["abc"], "contacted")).encode()
        replies = (
            (valid, "traceparent", "accepted"),
            (valid, "x-env", "repeated"),
            (valid, "ce_id", "repeated"),
            (valid, "ce_type", "malformed"),
            (valid, "ce_specversion", "malformed"),
            (valid, "ce_time", "repeated"),
            (b"not json", "x-env", "malformed"),
            (b"\x00", "\x00", "malformed"),
            (valid, "content-type", "repeated"),
        )
        for number, (value, header, code) in enumerate(replies, 1):
            await bank.say(value, {**example["headers"], header: None})
            answer = (await bank.until("receipts", number))[-1]["body"]
            assert answer["code"] == code, (header, answer)
    assert len(await parked(city, "financing")) == 4


async def test_an_event_counts_on_the_topic_of_its_service_alone(city: City) -> None:
    await city.move_to("2026-11-09 09:00")
    appeal, forged = received(), received()
    withdrawn = events.AppealWithdrawn(
        appeal_id=appeal.appeal_id,
        registration_number=appeal.registration_number,
        occurred_at=AT,
        reason="冒名",
    )
    await send(city, "intake.events", [as_record(appeal)])
    await until_known(city, appeal.appeal_id)
    foreign = [as_record(withdrawn), as_record(forged), watermark("intake", "2026-11-10T00:00:00Z")]
    foreign.append(as_record(withdrawn, ce_source=b"/huying/escalation"))
    await send(city, "escalation.events", foreign)
    async with asyncio.timeout(30):
        while len(records := await parked(city, "dispatch")) < len(foreign):
            await asyncio.sleep(0.05)
    assert [record["reason"] for record in sorted(records, key=lambda r: r["id"])] == [
        "appeal.withdrawn.v1 counts on intake.events alone",
        "appeal.received.v1 counts on intake.events alone",
        "a watermark of /huying/intake does not count on escalation.events",
        "appeal.withdrawn.v1 counts on intake.events alone",
    ]
    assert (await city.ok("office", "GET", f"/dispatch/appeals/{appeal.appeal_id}"))["state"] != "withdrawn"
    assert (await city.call("office", "GET", f"/dispatch/appeals/{forged.appeal_id}")).status_code == 404
    again = f"/dispatch/parked/{records[0]['id']}/redrive"
    assert (await city.call("ops", "POST", again)).status_code == 409


async def test_a_watermark_from_the_future_is_not_believed(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker | Kafka
) -> None:
    async with City(postgres, broker, services=(DISPATCH,), clock="wall") as city:
        await city.create_topics_heard()
        now = datetime.now(UTC)
        hour, year = timedelta(hours=1), timedelta(days=365)
        upto = {moment: (now + moment).isoformat() for moment in (-hour, hour, 63 * year)}
        await send(city, "intake.events", [watermark("intake", moment) for moment in upto.values()])
        async with asyncio.timeout(30):
            while len(records := await parked(city, "dispatch")) < 2:
                await asyncio.sleep(0.05)
        assert all("lies in the future" in record["reason"] for record in records)
        async with city.services["dispatch"].engine.connect() as conn:
            heard = (await conn.execute(sa.text("select max(watermark) from heard"))).scalar_one()
        assert heard == now - hour


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_a_bank_may_compress_by_any_codec_of_kafka(city: City, codec: str) -> None:
    await city.move_to("2026-11-09 09:00")
    await directory(city, abc=["kafka"])
    async with KafkaBank(city, "abc", compression_type=codec, linger_ms=20) as bank:
        loans = [await ask(city, "abc") for _ in range(3)]
        bodies = [json.dumps(report(loan["legs"]["abc"], "contacted")).encode() for loan in loans]
        await asyncio.gather(*(bank.say(body) for body in bodies))
        answers = await bank.until("receipts", len(bodies))
        assert {answer["body"]["code"] for answer in answers} == {"accepted"}


@pytest.mark.parametrize(
    ("codec", "large", "reason"),
    [
        ("gzip", 5_000_000, "5000000 bytes of body are not kept"),
        ("zstd", 40_000_000, f"offsets 0 to 0 do not unpack to at most {LARGEST_UNPACKED} bytes"),
    ],
)
async def test_what_unpacks_to_too_much_is_refused_and_not_kept(
    city: City, codec: str, large: int, reason: str
) -> None:
    await city.move_to("2026-11-09 09:00")
    await directory(city, abc=["kafka"])
    async with KafkaBank(city, "abc", compression_type=codec, max_request_size=2 * large) as bank:
        loan = await ask(city, "abc")
        await bank.say(b"0" * large)
        assert (await bank.until("receipts", 1))[0]["body"]["code"] == "malformed"
        assert (await bank.report(loan["legs"]["abc"], "contacted"))["code"] == "accepted"
    (record,) = await parked(city, "financing")
    assert record["reason"].startswith(reason)
    async with city.services["financing"].engine.connect() as conn:
        assert (await conn.execute(sa.text("select length(body) from parked"))).scalar_one() == 0
