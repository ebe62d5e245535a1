"""Webhooks to banks: signed, in order, tried again, disabled, replayed; no bank waits for another."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import uvicorn
from standardwebhooks.webhooks import Webhook

from huying.local import bank_sim
from huying.local.bank_sim_webhooks import on_webhooks
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from tests.banks import ask, directory, leg_of
from tests.city import FINANCING, NOTIFY, City, refused


@pytest.fixture
async def city(postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[City]:
    """On a broker of its own: on a module's it would hear all that the tests before it said."""
    async with (
        EmbeddedBroker(tmp_path) as broker,
        City(postgres, broker, services=(FINANCING, NOTIFY), allow_private_webhooks=True) as city,
    ):
        await city.move_to("2026-11-09 09:00")
        yield city


class Endpoint:
    """A bank's web server. `status` is what it answers next, None for no answer at all."""

    def __init__(self, status: int | None = 204) -> None:
        self.status = status
        self.late_status = 204
        self.go_on = asyncio.Event()
        """Until it is set, a call that gets no answer waits; then it gets `late_status`."""
        self.calls: list[tuple[dict[str, str], bytes]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                pairs = [line.split(": ", 1) for line in head.decode().splitlines()[1:] if line]
                headers = {name.lower(): value for name, value in pairs}
                body = await reader.readexactly(int(headers["content-length"]))
                self.calls.append((headers, body))
                status = self.status
                if status is None:
                    await asyncio.wait_for(self.go_on.wait(), 60)
                    status = self.late_status
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def data(self) -> list[dict[str, Any]]:
        """What was said in every call."""
        return [json.loads(body)["data"] for _, body in self.calls]

    async def until(self, number: int) -> None:
        """Wait until so many calls came."""
        async with asyncio.timeout(30):
            while len(self.calls) < number:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def endpoint(
    city: City, code: str, status: int | None = 204
) -> AsyncIterator[tuple[Endpoint, dict[str, Any]]]:
    """A bank with a webhook, and what the first PUT answered."""
    await directory(city, **{code: ["webhook"]})
    bank = Endpoint(status)
    port = free_port()
    async with await asyncio.start_server(bank.serve, "127.0.0.1", port):
        path = f"/financing/banks/{code}/endpoint"
        yield bank, await city.ok("office", "PUT", path, {"url": f"http://127.0.0.1:{port}/hook"})


async def deliveries(city: City, code: str, state: str = "") -> list[dict[str, Any]]:
    query = f"?state={state}" if state else ""
    return list((await city.ok("office", "GET", f"/financing/banks/{code}/deliveries{query}"))["items"])


async def until_state(city: City, code: str, state: str, number: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        while len(items := await deliveries(city, code, state)) < number:
            await asyncio.sleep(0.05)
    return items


async def test_a_request_comes_signed_and_whole(city: City) -> None:
    async with endpoint(city, "abc") as (bank, registered):
        loan = await ask(city, "abc")
        await bank.until(1)
        headers, body = bank.calls[0]
        message = json.loads(body)
        assert message["type"] == "bank.request.v1"
        assert message["data"]["leg"] == loan["legs"]["abc"]
        (delivery,) = await until_state(city, "abc", "delivered", 1)
        assert delivery["message_id"] == headers["webhook-id"]
        # the library goes by this machine's clock, and the city's stands elsewhere
        assert Webhook(registered["secret"]).verify(body, headers) == message
        assert "secret" not in await city.ok("office", "GET", "/financing/banks/abc/endpoint")


async def test_during_rotation_both_secrets_sign_and_after_a_day_the_new_one_alone(city: City) -> None:
    async with endpoint(city, "abc") as (bank, _):
        rotated = await city.ok("office", "POST", "/financing/banks/abc/endpoint/secrets")
        await ask(city, "abc")
        await bank.until(1)
        await city.move_to("2026-11-10 09:00:01")
        await ask(city, "abc")
        await bank.until(2)
        counts = [len(headers["webhook-signature"].split()) for headers, _ in bank.calls]
        assert counts == [2, 1]
        assert rotated["secret"].startswith("whsec_")


async def test_a_dead_bank_delays_no_other(city: City) -> None:
    async with endpoint(city, "dead", None) as (dead, _), endpoint(city, "live") as (live, _):
        loans = [await ask(city, "dead", "live") for _ in range(12)]
        async with asyncio.timeout(10):  # less than one answer of the dead bank would take
            await live.until(12)
        assert {message["leg"] for message in live.data()} == {loan["legs"]["live"] for loan in loans}
        assert all(loan["legs"]["dead"] not in str(live.calls) for loan in loans)
        assert await deliveries(city, "dead", "delivered") == []
        assert len(dead.calls) <= 8


async def test_what_failed_is_tried_again_after_its_wait_and_keeps_its_id(city: City) -> None:
    async with endpoint(city, "abc", 503) as (bank, _):
        loan = await ask(city, "abc")
        await bank.until(1)
        (waiting,) = await until_state(city, "abc", "waiting", 1)
        assert (waiting["attempts"], waiting["status"]) == (1, 503)
        await city.ok("office", "POST", f"/financing/requests/{loan['loan_id']}/withdrawals", {})
        await bank.until(2)
        await asyncio.sleep(0.5)
        assert len(bank.calls) == 2
        bank.status = 204
        await city.move_to("2026-11-09 09:00:06")
        (delivered,) = await until_state(city, "abc", "delivered", 1)
        assert delivered["type"] == "bank.request_withdrawn.v1"
        assert [delivery["type"] for delivery in await deliveries(city, "abc", "stopped")] == [
            "bank.request.v1"
        ]


async def test_messages_of_one_request_keep_their_order_through_failures(city: City) -> None:
    async with endpoint(city, "abc", 500) as (bank, _):
        await ask(city, "abc")
        await bank.until(1)
        await city.move_to("2026-11-10 22:00")  # past the reminder at three quarters
        bank.status = 204
        await city.move_to("2026-11-10 23:00")
        delivered = await until_state(city, "abc", "delivered", 2)
        assert [delivery["type"] for delivery in delivered] == ["bank.request.v1", "bank.reminder.v1"]
        ids = [headers["webhook-id"] for headers, _ in bank.calls]
        assert list(dict.fromkeys(ids)) == [delivery["message_id"] for delivery in delivered]


async def test_410_disables_until_a_new_address_is_named(city: City) -> None:
    async with endpoint(city, "abc", 410) as (bank, _):
        await ask(city, "abc")
        await until_state(city, "abc", "failed", 1)
        assert (await city.ok("office", "GET", "/financing/banks/abc/endpoint"))["disabled_at"]
        bank.status = 204
        await ask(city, "abc")
        await city.move_to("2026-11-11 09:00")
        await asyncio.sleep(0.5)
        assert len(bank.calls) == 1
        url = (await city.ok("office", "GET", "/financing/banks/abc/endpoint"))["url"]
        again = await city.ok("office", "PUT", "/financing/banks/abc/endpoint", {"url": url})
        assert "secret" not in again
        assert len(await until_state(city, "abc", "delivered", 1)) >= 1


async def test_a_new_address_after_410_gets_what_failed_and_what_waits(city: City) -> None:
    async with endpoint(city, "abc", 410) as (bank, _):
        loans = [await ask(city, "abc")]
        await until_state(city, "abc", "failed", 1)
        bank.status = 204
        loans.append(await ask(city, "abc"))
        await until_state(city, "abc", "waiting", 1)
        url = (await city.ok("office", "GET", "/financing/banks/abc/endpoint"))["url"]
        answer = await city.ok("office", "PUT", "/financing/banks/abc/endpoint", {"url": f"{url}/new"})
        assert answer["again"] == 1
        await until_state(city, "abc", "delivered", 2)
        assert [message["leg"] for message in bank.data()][1:] == [loan["legs"]["abc"] for loan in loans]
        assert await deliveries(city, "abc", "failed") == []


async def test_an_address_that_says_410_after_a_new_one_was_set_costs_no_message(city: City) -> None:
    async with endpoint(city, "abc", None) as (slow, _), endpoint(city, "other") as (fresh, _):
        loan = await ask(city, "abc")
        await slow.until(1)
        url = (await city.ok("office", "GET", "/financing/banks/other/endpoint"))["url"]
        answer = await city.ok("office", "PUT", "/financing/banks/abc/endpoint", {"url": url})
        assert answer["again"] == 0
        slow.late_status = 410
        slow.go_on.set()
        await fresh.until(1)
        assert fresh.data()[0]["leg"] == loan["legs"]["abc"]
        state = await city.ok("office", "GET", "/financing/banks/abc/endpoint")
        assert (state["url"], state["disabled_at"]) == (url, None)


async def test_a_replay_includes_what_waits(city: City) -> None:
    async with endpoint(city, "abc", 500) as (bank, _):
        await ask(city, "abc")
        await _until_tried(city, 1)
        bank.status = 204
        span = {"since": "2026-11-09T00:00:00+08:00", "before": "2026-11-10T00:00:00+08:00"}
        path = "/financing/banks/abc/deliveries/replay"
        assert (await city.ok("office", "POST", path, span))["again"] == 1
        await until_state(city, "abc", "delivered", 1)  # the clock stands still


async def test_a_bank_without_webhooks_that_sets_an_address_is_told_so(city: City) -> None:
    await directory(city, bank_a=["kafka", "desk"])
    body = {"url": "https://bank.example/hook"}
    answer = await city.call("bank-a", "PUT", "/financing/banks/bank-a/endpoint", body)
    assert "desk, kafka" in refused(answer, 409, "code")["detail"]
    refused(await city.call("bank-a", "GET", "/financing/banks/bank-a/endpoint"), 404, "code")
    wider = {"name": "甲", "ways": ["kafka", "webhook"]}
    await city.ok("office", "PUT", "/financing/banks/bank-a", wider, if_match='"1"')
    assert "secret" in await city.ok("bank-a", "PUT", "/financing/banks/bank-a/endpoint", body)


async def test_after_75_hours_it_is_given_up_listed_and_can_be_replayed(city: City) -> None:
    async with endpoint(city, "abc", 500) as (bank, _):
        await ask(city, "abc")
        for attempt in range(1, 11):
            await _until_tried(city, attempt)
            await _jump(city)
        (failed, *_) = await deliveries(city, "abc", "failed")
        assert (failed["attempts"], failed["status"]) == (10, 500)
        bank.status = 204
        span = {"since": "2026-11-09T00:00:00+08:00", "before": "2026-11-10T00:00:00+08:00"}
        path = "/financing/banks/abc/deliveries/replay"
        assert (await city.ok("office", "POST", path, span))["again"] == 1
        async with asyncio.timeout(30):
            while failed["message_id"] not in {
                delivery["message_id"] for delivery in await deliveries(city, "abc", "delivered")
            }:
                await asyncio.sleep(0.05)
        refused(await city.call("office", "POST", path, span | {"before": span["since"]}), 422, "since")


async def _until_tried(city: City, attempts: int) -> None:
    """Wait until the first message was tried so often."""
    async with asyncio.timeout(30):
        while True:
            first = next(iter(await deliveries(city, "abc")), None)
            if first and first["attempts"] == attempts and first["state"] != "sending":
                return
            await asyncio.sleep(0.05)


async def _jump(city: City) -> None:
    """To a second past the next attempt of the first message."""
    async with city.services["financing"].engine.connect() as conn:
        query = "select next_at + interval '1 second' from bank_deliveries order by seq limit 1"
        upto = (await conn.execute(sa.text(query))).scalar_one()
    for context in city.services.values():
        context.clock.advance(upto)
        context.wake()


async def test_the_simulator_hears_webhooks_and_answers_over_http(city: City) -> None:
    await directory(city, bank_a=["webhook"])
    port = free_port()
    config = uvicorn.Config(
        city.services["financing"].app, port=port, log_level="warning", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    plan = bank_sim.BankPlan("bank-a", bank_sim.BUILT_IN[:1], {"duplicate": 1.0, "garbage": 0.5}, speed=1e7)
    url, key = f"http://127.0.0.1:{port}/", city.keys["bank-a"]
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    working = asyncio.create_task(on_webhooks(plan, free_port(), url, key))
    try:
        loan = await ask(city, "bank-a")
        async with asyncio.timeout(30):
            while (await leg_of(city, loan, "bank-a"))["state"] != "disbursed":
                await asyncio.sleep(0.1)
                assert not working.done(), working
                city.set_clocks("2026-11-09 09:00:10")
    finally:
        working.cancel()
        server.should_exit = True
        await asyncio.gather(working, serving, return_exceptions=True)
    states = [event["state"] for event in await city.published("financing", "loan.reported.v1")]
    assert states == ["received", "contacted", "under_review", "approved", "disbursed"]


@pytest.mark.parametrize(
    "url",
    [
        f"http://{'a' * 64}/hook",
        "http://127.0.0.1:99999/hook",
        "http://xn--a/hook",
        "http://bank..example/hook",
        "http://[::1%25lo]/hook",
        "http://[",
    ],
)
async def test_an_endpoint_that_cannot_be_dialled_is_refused_and_costs_its_own_calls_alone(
    city: City, url: str
) -> None:
    async with endpoint(city, "live") as (live, _), endpoint(city, "abc") as (bank, _):
        refused(await city.call("office", "PUT", "/financing/banks/abc/endpoint", {"url": url}), 422, "url")
        async with city.services["financing"].engine.begin() as conn:  # saved by an earlier release
            await conn.execute(
                sa.text("update bank_endpoints set url = :url where bank = 'abc'"), {"url": url}
            )
        await ask(city, "abc", "live")
        await live.until(1)
        await _until_tried(city, 1)
        (waiting,) = await deliveries(city, "abc", "waiting")
        assert (waiting["attempts"], waiting["status"]) == (1, None)
        await ask(city, "live")
        await live.until(2)
        assert bank.calls == []
