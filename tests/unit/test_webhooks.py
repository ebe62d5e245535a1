"""Webhooks: signatures that others verify, and calls that reach public addresses alone."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.financing.banks.webhook.sender import WAITS, next_try
from shared.service.errors import Invalid
from shared.web.webhooks import Caller, check_url, headers, is_public, key, new_secret

NOW = datetime(2026, 11, 9, 1, 0, tzinfo=UTC)


def test_the_standard_library_verifies_both_secrets_and_no_other() -> None:
    old, new, body = new_secret(), new_secret(), b'{"type": "bank.request.v1"}'
    signed = headers([new, old], "msg_1", body)
    for secret in (old, new):
        assert Webhook(secret).verify(body, signed) == {"type": "bank.request.v1"}
    for secret, sent in ((new_secret(), body), (new, body + b" ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(sent, signed)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_short", "whsec_" + "A" * 200, "x" * 44])
def test_a_weak_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        key(secret)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "::127.0.0.1",  # IPv4-compatible (RFC 4291, 2.5.5.1)
        "::1.1.1.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",  # NAT64 of one network (RFC 8215)
        "64:ff9b:1::1.1.1.1",
        "2002:a00:1::",
        "2002:a9fe:a9fe::",
        "fec0::1",
        "feff::1",
        "3fff::1",
        "3fff:fff:ffff::",
        "2001:db8::1",
        "100::1",
        "5f00::1",
        "4000::1",
        "2606:4700::5efe:10.0.0.1",  # ISATAP
        "2606:4700::200:5efe:10.0.0.1",
        "192.88.99.1",
        "198.18.0.1",
        "240.0.0.1",
    ],
)
def test_an_address_that_is_not_public_is_known(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "2606:4700::1111",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
        "2002:101:101::",
        "240e:1::1",
        "2606:4700::5efe:1.1.1.1",
        "3ffe:ffff::1",
    ],
)
def test_a_public_address_is_known(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://bank.example/hook",
        "https://user:word@bank.example/",
        "ftp://bank.example/",
        "https://",
        "https://127.0.0.1/",
        "https://[::1]/",
        "bank.example",
        "https://[",
        "https://10.1.2.3:8443/hook",
        "https://a_b/",
        "https://fe80::1%25eth0/",
        "https://2130706433@bank.example/",
        "https://bank.example:22/",
        "https://bank.example:9092/",
        "https://bank.example:80/",
    ],
)
def test_an_address_that_may_not_be_called_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_url(url, allow_private=False)
    assert refused.value.field == "url"


def test_https_to_a_name_may_be_called_and_loopback_where_allowed() -> None:
    check_url("https://bank.example:8443/hook?x=1", allow_private=False)
    check_url("http://127.0.0.1:9100/", allow_private=True)
    check_url("https://bank.example:9443/", allow_private=False, ports={443, 9443})


UNDIALLABLE = [
    f"https://{'a' * 64}.example/",
    f"https://bank.{'a' * 64}/",
    f"https://{'a.' * 127}example/",
    f"https://{'a' * 400}/",
    "https://bank.example:99999/",
    "https://bank.example:65536/",
    "https://bank.example:0/",
    "https://bank.example:-1/",
    f"https://bank.example:{10**30}/",
    "https://xn--a/",
    "https://xn--a.bank.example/",
    "https://bank.xn--a/",
    "https://bank..example/",
    "https://.bank.example/",
    "https://-bank.example/",
    "https://bank-.example/",
    "https://ba nk.example/",
    "https://ba\u200bnk.example/",
    "https://bank.example\\@evil.example/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[::1%25lo]:99999/",
    "https://bank.example:x/",
    "https://\ud800.example/",
    "https://bank.example/\x00",
]


@pytest.mark.parametrize("url", UNDIALLABLE)
@pytest.mark.parametrize("allow_private", [True, False])
def test_an_address_that_cannot_be_dialled_is_refused_in_both_languages(
    url: str, allow_private: bool
) -> None:
    with pytest.raises(Invalid) as refused:
        check_url(url, allow_private=allow_private)
    assert refused.value.field == "url"
    assert any("\u4e00" <= char <= "\u9fff" for char in refused.value.zh)


@pytest.mark.parametrize("url", [*UNDIALLABLE, "", "x", "https://", "//", "https://[", "ftp://bank.example/"])
async def test_an_address_that_cannot_be_dialled_costs_its_call_alone(url: str) -> None:
    async with caller() as calling:
        answered = await calling.post(url, b"{}", {})
    assert (answered.status, answered.taken) == (None, False)
    assert answered.reason


@pytest.mark.parametrize(
    "url",
    [
        f"https://{'a' * 63}.example/",
        "https://bank.example:1/",
        "https://bank.example:65535/",
        "https://例子.中国/回调",
        "https://xn--fsqu00a.xn--fiqs8s/",
        "https://BANK-1.example/hook?a=b#c",
        "https://[2606:4700::1111]:8443/",
        "https://1.1.1.1/",
    ],
)
def test_an_address_that_can_be_dialled_is_taken(url: str) -> None:
    check_url(url, allow_private=False, ports=(1, 443, 8443, 65_535))


@asynccontextmanager
async def server(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Answers every connection with these bytes; the port, and what came."""
    calls: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        try:
            await asyncio.sleep(0 if answer else 60)
            await writer.drain()
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}", calls


@asynccontextmanager
async def caller(**settings: object) -> AsyncIterator[Caller]:
    webhook_caller = Caller(**settings)  # type: ignore[arg-type]
    yield webhook_caller
    await webhook_caller.close()


async def test_a_name_that_leads_to_a_private_address_is_not_called() -> None:
    async with server(b"HTTP/1.1 204 No Content\r\n\r\n") as (place, calls), caller() as private:
        port = place.rpartition(":")[2]
        for host in ("localhost", "127.0.0.1", "2130706433", "0x7f.1"):
            answered = await private.post(f"http://{host}:{port}/", b"{}", {})
            assert not answered.taken
            assert answered.status is None
        assert calls == []


async def test_a_redirect_is_not_followed() -> None:
    async with server(b"HTTP/1.1 204 No Content\r\n\r\n") as (target, calls):
        redirect = f"HTTP/1.1 302 Found\r\nlocation: http://{target}/\r\ncontent-length: 0\r\n\r\n"
        async with server(redirect.encode()) as (place, first), caller(allow_private=True) as calling:
            answered = await calling.post(f"http://{place}/", b"{}", {})
    assert (answered.status, answered.taken) == (302, False)
    assert (len(first), len(calls)) == (1, 0)


async def test_an_answer_without_end_is_left_and_one_that_never_comes_is_given_up() -> None:
    endless = b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n" + b"x" * 100_000
    async with server(endless) as (place, _), caller(allow_private=True) as calling:
        assert (await calling.post(f"http://{place}/", b"{}", {})).taken
    async with server(b"") as (place, _), caller(allow_private=True, timeout_s=0.3) as calling:
        answered = await calling.post(f"http://{place}/", b"{}", {})
    assert (answered.status, answered.taken) == (None, False)


def test_a_message_is_tried_ten_times_in_75_hours_and_then_given_up() -> None:
    assert timedelta(hours=75) < sum(WAITS, timedelta()) < timedelta(hours=76)
    tries = [next_try(attempts, NOW, 0.0) for attempts in range(1, len(WAITS) + 2)]
    assert tries == [*(NOW + wait for wait in WAITS), None]


def test_retries_are_spread_by_up_to_a_tenth() -> None:
    assert next_try(3, NOW, 1.0) == NOW + WAITS[2] * 1.1
