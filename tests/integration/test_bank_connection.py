"""A bank sees how its connection stands: what was read, what waits, what was refused; no other bank's."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE
from services.financing.banks.queries import RAW_KEPT
from services.financing.banks.unrecorded import LONGEST_RAW
from tests.banks import KafkaBank, ask, directory, report
from tests.city import City, refused
from tests.integration.test_bank_webhooks import endpoint, until_state


@pytest.fixture
async def city(postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[City]:
    """Financing alone, on a broker of its own."""
    async with (
        EmbeddedBroker(tmp_path) as broker,
        City(postgres, broker, services=(SERVICE,), allow_private_webhooks=True) as city,
    ):
        await city.move_to("2026-11-09 09:00")
        yield city


async def connection(city: City, bank: str = "bank-a") -> dict[str, Any]:
    answer: dict[str, Any] = await city.ok(bank, "GET", "/financing/bank/connection")
    return answer


async def until(city: City, is_so: Callable[[dict[str, Any]], bool], bank: str = "bank-a") -> dict[str, Any]:
    """The connection, once `is_so` holds."""
    async with asyncio.timeout(30):
        while not is_so(answer := await connection(city, bank)):
            await asyncio.sleep(0.05)
    return answer


def _is_looked_at(answer_now: dict[str, Any]) -> bool:
    return len(answer_now["replies"]) > 0 and all(part["looked_at"] for part in answer_now["replies"])


async def test_a_bank_on_kafka_sees_how_far_its_replies_were_read_and_its_last_request(city: City) -> None:
    await directory(city, bank_a=["kafka"])
    loan = await ask(city, "bank-a")
    async with KafkaBank(city, "bank-a") as bank:
        await bank.until("requests", 1)
        assert (await bank.report(loan["legs"]["bank-a"], "contacted"))["code"] == "accepted"
        receipts = await bank.until("receipts", 1)
    await city.move_to("2026-11-09 09:05")
    answer = await until(
        city,
        lambda answer_now: all(part["looked_at"] >= "2026-11-09T01:05" for part in answer_now["replies"]),
    )
    assert {part["lag"] for part in answer["replies"]} == {0}
    read = {part["partition"]: part["last_offset"] for part in answer["replies"]}
    place = receipts[0]["body"]["reply"]
    assert read[place["partition"]] == place["offset"]
    ends = {part["partition"]: part["log_end"] for part in answer["replies"]}
    assert ends == {part: 0 if offset is None else offset + 1 for part, offset in read.items()}
    assert {offset for part, offset in read.items() if part != place["partition"]} == {None}
    assert answer["last_report"]["report_id"] == receipts[0]["body"]["report_id"]
    assert answer["last_request"]["leg"] == loan["legs"]["bank-a"]
    assert answer["last_request"]["sent_at"] is not None
    assert answer["waiting"] == [
        {"integration": "kafka", "messages": 0, "since": None, "next_at": None, "failed": 0}
        | {"status": None, "reason": None}
    ]
    assert answer["webhook"] is None


async def test_offsets_of_64_bits_are_told_as_they_are(city: City) -> None:
    await directory(city, bank_a=["kafka"])
    await until(city, _is_looked_at)
    far = 2**62
    await city.ok(
        "office", "PUT", "/financing/banks/bank-a", {"name": "甲", "ways": ["desk"]}, if_match='"1"'
    )  # its reader ends, and writes no more
    async with city.services["financing"].engine.begin() as conn:
        await conn.execute(
            sa.text("update bank_replies set next_offset = cast(:far as bigint) - 5, log_end = :far"),
            {"far": far},
        )
    parts = (await connection(city))["replies"]
    assert {(part["last_offset"], part["log_end"], part["lag"]) for part in parts} == {(far - 6, far, 5)}


async def test_what_was_refused_on_kafka_is_shown_as_it_was_sent(city: City) -> None:
    await directory(city, bank_a=["kafka"])
    loan = await ask(city, "bank-a")
    async with KafkaBank(city, "bank-a") as bank:
        assert (await bank.report(loan["legs"]["bank-a"], "disbursed"))["code"] == "out_of_order"
        gbk = '{"report_id": "李"}'.encode("gbk")
        await bank.say(gbk)
        await bank.until("receipts", 2)
        large = ("x" * (LONGEST_RAW - 1) + "银" * 9).encode()
        await bank.say(large, {"ce_specversion": "1.0", "ce_type": None})
        await bank.until("receipts", 3)
    too_large, not_utf8, out_of_order = (await connection(city))["refused"]
    assert out_of_order["receipt"]["code"] == "out_of_order"
    assert json.loads(out_of_order["raw"])["state"] == "disbursed"
    assert out_of_order["encoding"] == "text"
    assert not_utf8["encoding"] == "base64"
    assert base64.b64decode(not_utf8["raw"]) == gbk
    assert not_utf8["receipt"]["code"] == "malformed"
    assert "UTF-8" in not_utf8["receipt"]["zh"]
    assert (too_large["size"], too_large["raw"]) == (len(large), "x" * (LONGEST_RAW - 1))
    assert too_large["headers"] == {"ce_specversion": "1.0", "ce_type": None}
    assert too_large["receipt"]["field"] == "ce_type"
    assert {item["integration"] for item in (too_large, not_utf8, out_of_order)} == {"kafka"}
    assert out_of_order["source_id"].startswith("kafka:")


async def test_a_bank_sees_nothing_of_another(city: City) -> None:
    await directory(city, bank_a=["desk"], bank_b=["desk"])
    loan = await ask(city, "bank-a", "bank-b")
    leg = loan["legs"]["bank-a"]
    await city.call("bank-a", "POST", "/financing/bank/reports", report(leg, "disbursed"))
    await city.ok("bank-a", "GET", "/financing/bank/requests")
    mine, theirs = await connection(city), await connection(city, "bank-b")
    assert len(mine["refused"]) == 1
    assert theirs["refused"] == []
    assert (mine["waiting"][0]["messages"], theirs["waiting"][0]["messages"]) == (0, 1)
    assert [key["account"] for key in theirs["keys"]] == ["bank-b"]
    assert leg not in json.dumps(theirs)
    refused(await city.call("bank-b", "GET", "/financing/banks/bank-a/connection"), 403)
    seen = await city.ok("office", "GET", "/financing/banks/bank-a/connection")
    assert seen | {"at": None} == mine | {"at": None}
    refused(await city.call("office", "GET", "/financing/banks/nobody/connection"), 404, "code")


async def test_a_webhook_that_answers_with_an_error_shows_what_waits_since_when_and_why(city: City) -> None:
    async with endpoint(city, "bank-a", 500) as (bank, _):
        assert (await connection(city))["webhook"]["answers"] is None
        loan = await ask(city, "bank-a")
        answer = await until(city, lambda answer_now: answer_now["waiting"][0]["status"] == 500)
        (waiting,) = answer["waiting"]
        assert (waiting["integration"], waiting["messages"], waiting["failed"]) == ("webhook", 1, 0)
        assert waiting["since"] == answer["last_request"]["occurred_at"]
        assert waiting["next_at"] > answer["at"]
        assert (answer["webhook"]["answers"], answer["webhook"]["status"]) == (False, 500)
        assert answer["last_request"]["leg"] == loan["legs"]["bank-a"]
        bank.status = 204
        url = answer["webhook"]["url"]
        assert (await city.ok("bank-a", "PUT", "/financing/banks/bank-a/endpoint", {"url": url}))[
            "again"
        ] == 0
        await until_state(city, "bank-a", "delivered", 1)
        answer = await connection(city)
        assert answer["waiting"][0]["messages"] == 0
        assert answer["webhook"]["answers"] is True


def _date_key(accounts: Path) -> None:
    text = accounts.read_text("utf-8")
    dated = text.replace("name: bank-a\n", "name: bank-a\n  key_made_on: '2026-11-01'\n")
    assert dated != text
    accounts.write_text(dated, "utf-8")


async def test_the_ages_of_keys_are_told_where_they_are_known(city: City) -> None:
    accounts = city.services["financing"].settings.accounts
    assert accounts is not None
    await asyncio.to_thread(_date_key, accounts)
    async with endpoint(city, "bank-a"):
        await city.move_to("2026-11-12 09:00")
        answer = await until(city, lambda answer_now: answer_now["keys"][0]["made_on"] is not None)
        key = {"account": "bank-a", "made_on": "2026-11-01", "age_days": 11, "expires": None}
        assert answer["keys"] == [key]
        assert answer["webhook"]["secret_age_days"] == 3
        await city.ok("bank-a", "POST", "/financing/banks/bank-a/endpoint/secrets")
        assert (await connection(city))["webhook"]["secret_age_days"] == 0


async def test_the_raw_content_of_the_latest_refused_reports_alone_is_kept(city: City) -> None:
    await directory(city, bank_a=["desk"])
    for _ in range(RAW_KEPT + 3):
        answer = await city.send("bank-a", "POST", "/financing/bank/reports", b"{")
        assert answer.status_code == 400
    query = "select count(*) as all, count(raw) as raw from unrecorded_reports"
    async with city.services["financing"].engine.connect() as conn:
        row = (await conn.execute(sa.text(query))).one()
    assert (row.all, row.raw) == (RAW_KEPT + 3, RAW_KEPT)
    assert len((await connection(city))["refused"]) == 20


async def test_a_bank_that_the_directory_does_not_have_is_told_so(city: City) -> None:
    for path in ("/financing/bank/connection", "/financing/bank/statement?date=2026-11-09"):
        refused(await city.call("bank-a", "GET", path), 404, "code")
    refused(
        await city.call("office", "GET", "/financing/banks/nobody/statement?date=2026-11-09"), 404, "code"
    )
