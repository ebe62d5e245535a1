"""Whatever arrives at a city: nothing stops, nothing is lost, and honest cases are judged on time."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import httpx
import pytest

from huying.kafka.broker import Kafka
from huying.local.embedded import free_port
from shared import events
from shared.service.start import listening, under_one_port
from tests.banks import ask
from tests.batches import put
from tests.city import City, refused
from tests.hostile.accounts import unaccounted
from tests.hostile.batches import odd_batches
from tests.hostile.drawing import LONG, SEED, Drawn
from tests.hostile.pilots import BANK, Pilots, settled
from tests.hostile.records import AT, NEVER, Records, as_record, send
from tests.hostile.requests import Requests
from tests.hostile.sockets import drawn_bytes, statuses
from tests.spoiled import Target

LATE_S = 90.0
"""How late honest cases may be judged while a wave of hostile records is read, on a machine that is busy."""
REPORTS = "/bank/reports"
"""Answers what it refuses of a report with a receipt, as a bank's topic does."""
TOGETHER = 50
TOPICS = ("intake.events", "dispatch.events", f"banks.{BANK}.replies")

Note = Callable[[str, object], None]


@pytest.mark.parametrize(
    ("waves", "records"), [(1, 400), pytest.param(12, 2_000, marks=LONG)], ids=["quick", "long"]
)
async def test_records(
    city: City, kafka: Kafka | None, record_property: Note, waves: int, records: int
) -> None:
    pilots, late_s = Pilots(city), []
    tried: Counter[str] = Counter()
    loans = [await ask(city, BANK) for _ in range(3)]
    for wave in range(waves):
        drawn = Drawn(SEED + wave)
        await pilots.begin()
        hostile = list(Records(drawn, [loan["legs"][BANK] for loan in loans]).draw(records))
        taken, refused = await send(city, hostile, idempotent=kafka is not None)
        tried.update(record.kind for record in hostile)
        late_s.append(await pilots.judge())
        await settled(city)
        assert await unaccounted(city, taken) == [], f"seed {SEED + wave}"
        assert len(taken) > len(hostile) / 2, refused
    record_property("hostile", {"records": dict(tried), "late_s": max(late_s)})
    assert max(late_s) < LATE_S


async def test_batches(city: City, kafka: Kafka | None, record_property: Note) -> None:
    drawn, pilots = Drawn(SEED), Pilots(city)
    await pilots.begin()
    batches = list(odd_batches(drawn, counted=kafka is not None))
    codes: Counter[int] = Counter()
    for topic in TOPICS:
        codes.update(await put(city.broker.as_client(), topic, *batches))
    late_s = await pilots.judge()
    await settled(city)
    record_property("hostile", {"batches": {"batches": codes.total()}, "late_s": late_s})
    assert late_s < LATE_S


@pytest.mark.parametrize("count", [pytest.param(1_000, marks=LONG)], ids=["long"])
async def test_records_that_cannot_be_handled_cost_no_pauses(
    city: City, record_property: Note, count: int
) -> None:
    pilots, first = Pilots(city), received()
    await pilots.begin()
    repeated = [as_record("repeated numbers", received(first.registration_number)) for _ in range(count)]
    taken, _ = await send(city, [as_record("first", first), *repeated], idempotent=False)
    late_s = await pilots.judge()
    await settled(city)
    assert await unaccounted(city, taken) == []
    record_property("hostile", {"records": {"repeated numbers": count}, "late_s": late_s})
    assert late_s < LATE_S  # two pauses for each record alone would be ten minutes


def received(number: str = "BZ-20261109-88888") -> events.AppealReceived:
    """The registration of an appeal under a number."""
    return events.AppealReceived(
        appeal_id=uuid4(),
        registration_number=number,
        occurred_at=AT,
        channel=events.Channel.WEB,
        kind=events.Kind.HELP,
        title="诉求",
        pack="bozhou-2024@1",
    )


@pytest.mark.parametrize("occurred_at", [AT, NEVER[0], NEVER[1]])
async def test_an_act_on_an_appeal_that_nobody_registered_holds_no_watermark_up(
    city: City, occurred_at: datetime
) -> None:
    orphan = events.AppealReferred(
        appeal_id=uuid4(),
        registration_number="BZ-20261109-99999",
        occurred_at=occurred_at,
        to="仲裁",
        reason="属于仲裁",
    )
    await send(city, [as_record("orphan", orphan)], idempotent=False)
    await settled(city)
    await city.drained()
    parked = (await city.ok("ops", "GET", "/escalation/parked?limit=500"))["items"]
    reasons = [record["reason"] for record in parked if record["key"] == str(orphan.appeal_id)]
    assert any("no registration" in reason or "occurred in the year" in reason for reason in reasons)


@pytest.mark.parametrize("count", [400, pytest.param(20_000, marks=LONG)], ids=["quick", "long"])
async def test_requests(city: City, record_property: Note, count: int) -> None:
    drawn, pilots = Drawn(SEED), Pilots(city)
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal)
    requests = Requests(drawn, Target(city, appeal, leg))
    await pilots.begin()
    tried: Counter[str] = Counter()
    async with contextlib.AsyncExitStack() as stack:
        clients: dict[tuple[str, str], httpx.AsyncClient] = {}
        for _ in range(count):
            request = requests.draw()
            caller = (request.service, request.account)
            if caller not in clients:
                clients[caller] = await stack.enter_async_context(city.client(*caller))
            content, headers = request.content, list(request.headers.items())
            answer = await clients[caller].request(
                request.method, request.path, content=content, headers=headers
            )
            tried[request.kind] += 1
            assert answer.status_code < 500, f"seed {SEED}: {request}: {answer.text[:500]}"
            if answer.is_client_error and not answer.url.path.endswith(REPORTS):
                kind = answer.headers["content-type"]
                assert kind == "application/problem+json", f"seed {SEED}: {request}: {kind}"
    late_s = await pilots.judge()
    await settled(city)
    record_property("hostile", {"requests": dict(tried), "late_s": late_s})
    assert late_s < LATE_S


@pytest.mark.parametrize("count", [200, pytest.param(5_000, marks=LONG)], ids=["quick", "long"])
async def test_sockets(city: City, record_property: Note, count: int) -> None:
    port, pilots = free_port(), Pilots(city)
    await pilots.begin()
    apps = under_one_port({name: context.app for name, context in city.services.items()})
    answers: Counter[int] = Counter()
    async with listening(apps, "127.0.0.1", port):
        requests = list(drawn_bytes(Drawn(SEED), count))
        for start in range(0, count, TOGETHER):
            together = requests[start : start + TOGETHER]
            answered = await asyncio.gather(*(statuses(port, request) for request in together))
            for request, codes in zip(together, answered, strict=True):
                answers.update(codes)
                assert all(status < 500 for status in codes), f"seed {SEED}: {request[:2_000]!r}: {codes}"
        assert await statuses(port, b"GET /intake/health HTTP/1.1\r\nhost: x\r\n\r\n", 30) == [200]
    late_s = await pilots.judge()
    record_property("hostile", {"connections": {"connections": count}, "late_s": late_s})
    assert 200 in answers
    assert 400 in answers
    assert late_s < LATE_S


async def test_a_key_of_control_characters_is_refused(city: City) -> None:
    leader = {"name": "陈市长", "title": "市长"}
    for key in ("\x00", "\x7f", "a\x00b", "\x85"):
        async with city.client("escalation", "office") as client:
            headers = {"idempotency-key": key.encode("latin-1")}
            answer = await client.put("/leaders/chen", json=leader, headers=headers)
        refused(answer, 422, "Idempotency-Key")
