"""What is said to providers and what their answers mean: codes, segments, signatures."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notify.channels.base import ChannelDown, Letter, Refused, Retryable, Undelivered
from services.notify.channels.mail import undelivered
from services.notify.channels.robots import DINGTALK, WECOM, Maker, Robot, fitted
from services.notify.channels.settings import ChannelSettings, HttpSettings, SmsSettings, load
from services.notify.channels.sms import CODES, Size, Sms, signature, size
from services.notify.channels.table import CHANNELS
from services.notify.deliveries.domain import ChannelKind, DeliveryOutcome
from services.notify.messages.words import Language
from shared.files.yaml_mistakes import Mistakes
from shared.web.webhooks import Caller

SMS = SmsSettings.model_validate(
    {
        "url": "http://gateway/v1/messages",
        "key_id": "k",
        "secret": "s3cret",
        "sign": "呼应",
        "codes": {"9001": "permanent_failure"},
    }
)


def a_letter(**fields: Any) -> Letter:
    known: dict[str, Any] = {
        "id": "7e1c",
        "address": "13800000000",
        "secret": None,
        "subject": "超期通知",
        "body": "市工信局：\n请立即办理。",
        "numbers": ("BZ-20260213-00042",),
        "at": datetime(2026, 1, 5, tzinfo=UTC),
        "language": Language.ZH,
    }
    return Letter(**known | fields)


def answering(status: int, body: Any, seen: list[httpx.Request] | None = None) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(status, content=body if isinstance(body, bytes) else orjson.dumps(body))

    return httpx.MockTransport(answer)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, Size("GSM-7", 160, 1)),
        ("a" * 161, Size("GSM-7", 161, 2)),
        ("a" * 306, Size("GSM-7", 306, 2)),
        ("a" * 307, Size("GSM-7", 307, 3)),
        ("€" * 80, Size("GSM-7", 160, 1)),  # an escape counts two
        ("a" + "€" * 80, Size("GSM-7", 161, 2)),
        ("€" * 153, Size("GSM-7", 306, 3)),  # 76 to a segment: an escape is not cut in two
        ("诉" * 70, Size("UCS-2", 70, 1)),
        ("诉" * 71, Size("UCS-2", 71, 2)),
        ("诉" * 134, Size("UCS-2", 134, 2)),
        ("诉" * 135, Size("UCS-2", 135, 3)),
        ("a" * 69 + "诉", Size("UCS-2", 70, 1)),
        ("𠮷" * 35, Size("UCS-2", 70, 1)),
        ("𠮷" * 67, Size("UCS-2", 134, 3)),  # 33 pairs to a segment
        ("", Size("GSM-7", 0, 1)),
    ],
)
def test_length_and_segments_of_a_text(text: str, expected: Size) -> None:
    assert size(text) == expected


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        *((200, {"code": code, "id": "x"}, outcome) for code, outcome in CODES.items()),
        (200, {"code": "9001"}, DeliveryOutcome.PERMANENT),
        (200, {"code": "NEVER_HEARD"}, DeliveryOutcome.TECHNICAL),
        (200, b"<html>", DeliveryOutcome.TECHNICAL),
        (200, b"[]", DeliveryOutcome.TECHNICAL),
        (400, {"code": "INVALID_NUMBER"}, DeliveryOutcome.PERMANENT),
        (401, {"code": "OK"}, DeliveryOutcome.TECHNICAL),
        (429, {}, DeliveryOutcome.TECHNICAL),
        (503, b"", DeliveryOutcome.TECHNICAL),
    ],
)
async def test_what_the_gateway_answers_has_one_meaning(
    status: int, body: Any, outcome: DeliveryOutcome
) -> None:
    sms = Sms(SMS, answering(status, body))
    if outcome == DeliveryOutcome.SENT:
        assert (await sms.send(a_letter())).provider_id == "x"
    else:
        with pytest.raises(Undelivered) as failure:
            await sms.send(a_letter())
        assert failure.value.outcome == outcome


async def test_an_sms_is_signed_over_its_body_and_carries_a_reference() -> None:
    seen: list[httpx.Request] = []
    taken = await Sms(SMS, answering(200, {"code": "OK"}, seen)).send(a_letter())
    (request,) = seen
    assert orjson.loads(request.content) == {
        "to": "13800000000",
        "text": "【呼应】市工信局： 请立即办理。",
        "reference": "7e1c",
    }
    at, nonce = request.headers["x-timestamp"], request.headers["x-nonce"]
    assert abs(int(at) - time.time()) < 60  # the gateway's clock, wherever the service's clock stands
    assert request.headers["x-signature"] == signature(
        "s3cret", "POST", "/v1/messages", at, nonce, request.content
    )
    assert request.headers["x-signature"] != signature(
        "s3cret", "POST", "/v1/messages", at, nonce, request.content + b" "
    )
    assert taken.segments == 1


async def test_an_endless_text_goes_as_its_subject() -> None:
    seen: list[httpx.Request] = []
    await Sms(SMS, answering(200, {"code": "OK"}, seen)).send(a_letter(body="长" * 2000))
    assert orjson.loads(seen[0].content)["text"] == "【呼应】超期通知"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (550, Refused),
        (553, Refused),
        (552, Refused),
        (450, Retryable),
        (452, Retryable),
        (421, ChannelDown),
        (535, ChannelDown),
        (554, ChannelDown),
    ],
)
def test_a_reply_code_of_smtp_has_one_meaning(code: int, kind: type[Undelivered]) -> None:
    assert type(undelivered(code)) is kind


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("短信", 6, "短信"),
        ("短信短信", 11, "短信…"),  # … takes three of eleven bytes; a third of a character is no character
        ("a短信短", 8, "a短…"),
        ("𠮷𠮷𠮷", 11, "𠮷𠮷…"),
        ("𠮷𠮷𠮷", 10, "𠮷…"),
        ("abcde\u0301fg", 8, "abcd…"),  # not between a letter and its accent
        ("ab👩\u200d🔧好", 13, "ab…"),  # nor within a joined emoji
        ("标题\n1. 甲乙丙丁\n2. 甲乙丙丁", 32, "标题\n1. 甲乙丙丁…"),  # between lines where half remains
    ],
)
def test_a_text_is_cut_between_characters(text: str, most: int, expected: str) -> None:
    assert fitted(text, most, "…") == expected


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(40, 400))
def test_a_cut_text_always_fits_and_begins_as_the_whole(text: str, most: int) -> None:
    cut = fitted(text, most, "…")
    assert len(cut.encode()) <= most
    assert text.startswith(cut.removesuffix("…")) or cut == text


@pytest.mark.parametrize("maker", [WECOM, DINGTALK], ids=["wecom", "dingtalk"])
async def test_a_robots_code_that_is_no_number_costs_its_own_message(maker: Maker) -> None:
    codes: list[Any] = [[0], [], {"0": 0}, {}, "0", 0.0, True, None, "x" * 3_000, 0]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for code in codes:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            body = orjson.dumps({"errcode": code})
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        robot = Robot(HttpSettings(hosts=(host,)), maker, Caller(allow_private=True))
        sent = a_letter(address=f"http://{host}/robot")
        for _ in codes[:-1]:
            with pytest.raises(ChannelDown, match="gives no code"):
                await robot.send(sent)
        await robot.send(sent)
        await robot.close()


def test_every_kind_of_channel_is_in_the_table_and_in_the_settings() -> None:
    assert set(CHANNELS) == set(ChannelKind)
    assert set(ChannelKind) <= set(ChannelSettings.model_fields)


def test_without_a_file_nothing_leaves_and_on_a_dry_run_everything_seems_to(tmp_path: Path) -> None:
    assert load(None).channels() == ()
    file = tmp_path / "channels.yaml"
    file.write_text("dry_run: true\n")
    assert load(file).channels() == tuple(ChannelKind)


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        ("sms: {url: 'ftp://x', key_id: k, secret: s, sign: 呼应}", "line 1: sms, url: "),
        ("mail:\n  host: h\n  sendr: a@b.cn", "line 3: mail, sendr: is not known here"),
        ("cap:\n  per_hour: 0", "line 2: cap, per_hour: input should be greater than"),
    ],
)
def test_a_mistake_in_the_channels_is_named_with_its_line(tmp_path: Path, written: str, mistake: str) -> None:
    file = tmp_path / "channels.yaml"
    file.write_text(written, "utf-8")
    with pytest.raises(Mistakes) as refusal:
        load(file)
    assert mistake in str(refusal.value)
