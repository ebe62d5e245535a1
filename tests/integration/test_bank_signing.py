"""A bank that signs its reports: what it did not sign counts for nothing, whoever has its API key."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
import structlog
from standardwebhooks.webhooks import Webhook

from huying.commands.access import tables
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.financing.app import SERVICE
from services.financing.bank_documents import FOLDER
from shared.service.clock import epoch_s
from shared.telemetry import logs
from shared.web.webhooks import new_secret
from tests.banks import KafkaBank, ask, directory, report
from tests.city import City, refused
from tests.receiver import Receiver

REPORTS = "/financing/bank/reports"
SECRETS = "/financing/banks/bank-a/report-secrets"


@pytest.fixture
async def city(postgres: EmbeddedPostgres, tmp_path: Path, receiver: Receiver) -> AsyncIterator[City]:
    """Financing alone, on a broker of its own; its clock stands days away from this machine's."""
    settings = {"otlp_endpoint": receiver.endpoint, "trace_ratio": 1.0}
    async with (
        EmbeddedBroker(tmp_path) as broker,
        City(postgres, broker, services=(SERVICE,), **settings) as city,
    ):
        await city.move_to("2026-11-09 09:00")
        yield city


async def leg_of_a_bank(city: City) -> str:
    """A leg of bank-a, which has a desk."""
    await directory(city, bank_a=["desk"], bank_b=["desk"])
    return str((await ask(city, "bank-a", "bank-b"))["legs"]["bank-a"])


def signed(secret: str, body: bytes, ago: timedelta = timedelta(), id_: str = "report 1") -> dict[str, str]:
    """The headers of a request that the library signed so long ago."""
    at = datetime.fromtimestamp(epoch_s(), UTC) - ago
    return {
        "webhook_id": id_,
        "webhook_timestamp": str(int(at.timestamp())),
        "webhook_signature": Webhook(secret).sign(id_, at, body.decode()),
    }


def body_of(leg: str, state: str = "contacted") -> bytes:
    return json.dumps(report(leg, state), ensure_ascii=False).encode()


async def send(city: City, body: bytes, **headers: str) -> httpx.Response:
    return await city.send("bank-a", "POST", REPORTS, body, **headers)


RECORDED = ("reports", "unrecorded_reports", "idempotency", "bank_report_secrets")


async def recorded(city: City) -> list[Any]:
    """What a report or a request for a secret leaves behind: rows, and what is told of it."""
    rows: list[Any] = await city.published("financing", "loan.reported.v1")
    async with city.services["financing"].engine.connect() as conn:
        for table in RECORDED:
            query = sa.text(f"select cast(t as text) from {table} t order by 1")
            rows += (await conn.execute(query)).scalars()
    return rows


async def refused_without_a_trace(city: City, answer: Awaitable[httpx.Response], field: str) -> str:
    """The words of a refusal, which leaves nothing behind."""
    before = await recorded(city)
    problem = refused(await answer, 401, field)
    assert (problem["code"], "receipt" in problem) == ("unsigned", False)
    assert await recorded(city) == before
    return str(problem["detail"])


async def test_a_report_that_the_library_signed_counts(city: City) -> None:
    leg = await leg_of_a_bank(city)
    made = await city.ok("bank-a", "POST", SECRETS)
    assert made["old_until"] is None
    body = body_of(leg)
    assert (await send(city, body, **signed(made["secret"], body))).json()["code"] == "accepted"
    again = signed(made["secret"], body, id_="another attempt")
    assert (await send(city, body, **again)).json()["outcome"] == "repeated"


async def test_who_rotates_several_secrets_may_send_a_signature_of_each(city: City) -> None:
    leg = await leg_of_a_bank(city)
    secret, body = (await city.ok("office", "POST", SECRETS))["secret"], body_of(leg)
    headers, other = signed(secret, body), signed(new_secret(), body)
    both = f"v1a,anything {other['webhook_signature']} {headers['webhook_signature']}"
    assert (await send(city, body, **headers | {"webhook_signature": both})).is_success


@pytest.mark.parametrize("name", ["webhook_id", "webhook_timestamp", "webhook_signature"])
async def test_a_report_without_one_of_the_headers_is_refused_and_leaves_no_trace(
    city: City, name: str
) -> None:
    body = body_of(await leg_of_a_bank(city))
    secret = (await city.ok("bank-a", "POST", SECRETS))["secret"]
    headers = signed(secret, body)
    del headers[name]
    missing = name.replace("_", "-")
    assert missing in await refused_without_a_trace(city, send(city, body, **headers), missing)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"{}", b""])
async def test_an_unsigned_report_is_refused_before_its_content_is_looked_at(city: City, body: bytes) -> None:
    await leg_of_a_bank(city)
    await city.ok("bank-a", "POST", SECRETS)
    await refused_without_a_trace(city, send(city, body), "webhook-id")
    await refused_without_a_trace(city, city.send("bank-a", "POST", f"{REPORTS}?x=1", body), "webhook-id")


async def test_a_signature_by_another_secret_or_of_another_body_id_or_time_is_refused(city: City) -> None:
    leg = await leg_of_a_bank(city)
    secret, body = (await city.ok("bank-a", "POST", SECRETS))["secret"], body_of(leg)
    headers = signed(secret, body)
    later = str(int(headers["webhook_timestamp"]) + 1)
    for content, sent in (
        (body, signed(new_secret(), body)),
        (body.replace(b"contacted", b"received!"), headers),
        (body + b" ", headers),
        (body, headers | {"webhook_id": "report 2"}),
        (body, headers | {"webhook_timestamp": later}),
        (body, headers | {"webhook_signature": headers["webhook_signature"].removeprefix("v1,")}),
        (body, headers | {"webhook_signature": "v1, "}),
    ):
        await refused_without_a_trace(city, send(city, content, **sent), "webhook-signature")
    assert (await send(city, body, **headers)).is_success


@pytest.mark.parametrize("minutes", [6, -6, 3 * 24 * 60])
async def test_a_signature_of_more_than_five_minutes_away_is_refused_with_the_time_of_the_server(
    city: City, minutes: int
) -> None:
    body = body_of(await leg_of_a_bank(city))
    secret = (await city.ok("bank-a", "POST", SECRETS))["secret"]
    before = epoch_s()
    headers = signed(secret, body, timedelta(minutes=minutes))
    words = await refused_without_a_trace(city, send(city, body, **headers), "webhook-timestamp")
    assert set(map(int, re.findall(r"\d{10}", words))) & set(range(before, epoch_s() + 1))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
async def test_headers_of_any_bytes_are_refused(city: City, name: str) -> None:
    body = body_of(await leg_of_a_bank(city))
    made = signed((await city.ok("bank-a", "POST", SECRETS))["secret"], body)
    sent = {header.replace("_", "-").encode(): value.encode() for header, value in made.items()}
    sent |= {b"content-type": b"application/json", name.encode(): b"v1,\xff\xb2"}
    async with city.client("financing", "bank-a") as client:
        refused(await client.post("/bank/reports", content=body, headers=list(sent.items())), 401)


async def test_where_the_clock_of_the_city_stands_does_not_matter(city: City) -> None:
    leg = await leg_of_a_bank(city)
    secret = (await city.ok("bank-a", "POST", SECRETS))["secret"]
    for state, moment in (("received", "2026-11-09 10:00"), ("contacted", "2027-02-01 09:00")):
        await city.move_to(moment)
        body = body_of(leg, state)
        assert (await send(city, body, **signed(secret, body))).is_success


async def test_for_a_day_after_a_rotation_both_secrets_sign_and_then_the_new_one_alone(city: City) -> None:
    leg = await leg_of_a_bank(city)
    first = (await city.ok("bank-a", "POST", SECRETS))["secret"]
    await city.move_to("2026-11-12 09:00")
    rotated = await city.call("bank-a", "POST", SECRETS, **signed(first, b""))
    second = rotated.json()["secret"]
    state = (await city.ok("bank-a", "GET", "/financing/bank/connection"))["signing"]
    assert state["old_until"] == rotated.json()["old_until"] > "2026-11-13T01:00"
    assert (state["secret_at"] > "2026-11-12T01:00", state["secret_age_days"]) == (True, 0)
    for number, secret in enumerate((first, second)):
        body = json.dumps(report(leg, "contacted", report_id=f"{number}")).encode()
        assert (await send(city, body, **signed(secret, body))).is_success
    await city.move_to("2026-11-13 09:00:01")
    body = json.dumps(report(leg, "contacted", report_id="later")).encode()
    await refused_without_a_trace(city, send(city, body, **signed(first, body)), "webhook-signature")
    assert (await send(city, body, **signed(second, body))).is_success


async def test_who_has_the_key_alone_gets_no_secret_by_it_once_the_bank_has_one(city: City) -> None:
    leg = await leg_of_a_bank(city)
    first = (await city.ok("bank-a", "POST", SECRETS))["secret"]
    await refused_without_a_trace(city, city.call("bank-a", "POST", SECRETS), "webhook-id")
    await refused_without_a_trace(
        city, city.call("bank-a", "POST", SECRETS, **signed(new_secret(), b"")), "webhook-signature"
    )
    second = (await city.ok("office", "POST", SECRETS))["secret"]  # where the bank lost it
    assert second != first
    body = body_of(leg)
    assert (await send(city, body, **signed(second, body))).is_success


async def test_the_office_ends_it_and_reports_count_without_a_signature_again(city: City) -> None:
    leg = await leg_of_a_bank(city)
    await city.ok("bank-a", "POST", SECRETS)
    refused(await send(city, body_of(leg)), 401)
    refused(await city.call("bank-a", "DELETE", SECRETS), 403)
    assert (await city.ok("office", "DELETE", SECRETS))["bank"] == "bank-a"
    assert (await city.ok("office", "GET", "/financing/banks/bank-a/connection"))["signing"] is None
    assert (await send(city, body_of(leg))).json()["code"] == "accepted"
    refused(await city.call("office", "DELETE", SECRETS), 404, "code")


async def test_a_bank_without_a_secret_may_send_any_of_the_headers(city: City) -> None:
    leg = await leg_of_a_bank(city)
    sent = {"webhook_id": "x", "webhook_timestamp": "yesterday", "webhook_signature": "none"}
    assert (await send(city, body_of(leg), **sent)).json()["code"] == "accepted"


async def test_another_bank_makes_and_sees_no_secret_and_goes_on_without_one(city: City) -> None:
    await directory(city, bank_a=["desk"], bank_b=["desk"])
    loan = await ask(city, "bank-a", "bank-b")
    secret = (await city.ok("bank-a", "POST", SECRETS))["secret"]
    before = await recorded(city)
    refused(await city.call("bank-b", "POST", SECRETS), 404, "code")
    refused(await city.call("bank-b", "POST", SECRETS, **signed(secret, b"")), 404, "code")
    refused(await city.call("bank-b", "DELETE", SECRETS), 403)
    assert await recorded(city) == before
    assert (await city.ok("bank-b", "GET", "/financing/bank/connection"))["signing"] is None
    body = report(loan["legs"]["bank-b"], "contacted")
    assert (await city.ok("bank-b", "POST", REPORTS, body))["code"] == "accepted"
    refused(await city.call("office", "POST", "/financing/banks/nobody/report-secrets"), 404, "code")


async def test_reports_on_kafka_need_no_signature(city: City) -> None:
    await directory(city, bank_a=["kafka"])
    leg = (await ask(city, "bank-a"))["legs"]["bank-a"]
    await city.ok("bank-a", "POST", SECRETS)
    async with KafkaBank(city, "bank-a") as bank:
        assert (await bank.report(leg, "contacted"))["code"] == "accepted"


async def test_no_secret_is_in_an_answer_a_log_or_a_span(
    city: City, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure_logs("DEBUG")
    try:
        body = body_of(await leg_of_a_bank(city))
        first = (await city.ok("bank-a", "POST", SECRETS))["secret"]
        headers = signed(first, b"")
        second = (await city.call("bank-a", "POST", SECRETS, **headers)).json()["secret"]
        refused(await send(city, body), 401)
        assert (await send(city, body, **signed(second, body))).is_success
        answers = [
            (await city.call(account, "GET", route.removeprefix("GET ").format_map(Place()))).text
            for route in tables()
            for account in ("office", "bank-a", "ops")
            if route.startswith("GET /financing/")
        ]
        await receiver.until(lambda: receiver.named(f"POST {SECRETS.replace('bank-a', '{code}')}"))
        logged = "".join(capsys.readouterr())
    finally:
        structlog.reset_defaults()
    shown = "".join(answers) + logged + b"".join(receiver.bodies).decode(errors="replace")
    assert '"secret_age_days":0' in shown
    for secret in (first, second, headers["webhook_signature"].removeprefix("v1,")):
        assert secret.removeprefix("whsec_") not in shown


class Place(dict[str, str]):
    """Values for the parameters of a path: the bank's code, and otherwise an id of nothing."""

    def __missing__(self, name: str) -> str:
        return "bank-a" if name == "code" else str(uuid4())


async def test_two_who_make_the_first_secret_at_once_both_have_a_valid_one(city: City) -> None:
    leg = await leg_of_a_bank(city)
    made = await asyncio.gather(*(city.ok("office", "POST", SECRETS) for _ in range(2)))
    assert sorted(answer["old_until"] is None for answer in made) == [False, True]
    for answer in made:
        body = body_of(leg)
        assert (await send(city, body, **signed(answer["secret"], body))).is_success


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
async def test_the_lines_that_the_contract_gives_sign_a_report(city: City, page: str) -> None:
    leg = await leg_of_a_bank(city)
    secret, body = (await city.ok("bank-a", "POST", SECRETS))["secret"], body_of(leg)
    (lines,) = [
        block
        for block in re.findall(r"```python\n(.*?)```", (FOLDER / page).read_text("utf-8"), re.DOTALL)
        if "webhook-signature" in block
    ]
    names: dict[str, Any] = {}
    exec(lines, names)
    headers = {name.replace("-", "_"): value for name, value in names["signed"](secret, body).items()}
    assert (await send(city, body, **headers)).json()["code"] == "accepted"
