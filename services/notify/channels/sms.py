"""SMS by a signed HTTP gateway: one generic adapter, with a table of the provider's codes.

A request is JSON with `to`, `text` and `reference` (the letter's id). It is signed with HMAC-SHA256 over
method, path, time, nonce and the SHA-256 of the body, one a line; the signature goes as `X-Signature`.
What became of messages is asked in the same way: `ids` at most 100, and the answer has `items` of `id` and
`status`.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import httpx
import orjson

from services.notify.channels.base import (
    ERROR_OF,
    Accepted,
    ChannelDown,
    Letter,
    SmsSettings,
    json_object,
    retry_wait,
)
from services.notify.deliveries.domain import DeliveryOutcome
from shared.web.client import Transport

TIMEOUT_S = 15.0
LONGEST = 10
"""Segments; a longer text is cut to its subject."""

CODES: dict[str, DeliveryOutcome] = {
    "OK": DeliveryOutcome.SENT,
    "DUPLICATE": DeliveryOutcome.SENT,  # it was taken under this reference before
    "INVALID_NUMBER": DeliveryOutcome.PERMANENT,
    "BLACKLISTED": DeliveryOutcome.PERMANENT,
    "CONTENT_REJECTED": DeliveryOutcome.PERMANENT,
    "UNREACHABLE": DeliveryOutcome.TEMPORARY,
    "FREQUENCY_LIMIT": DeliveryOutcome.TEMPORARY,
    "BAD_SIGNATURE": DeliveryOutcome.TECHNICAL,
    "NO_BALANCE": DeliveryOutcome.TECHNICAL,
    "BUSY": DeliveryOutcome.TECHNICAL,
}
"""The generic gateway's codes. A setup adds its provider's; one that is in neither is technical."""

RECEIPTS: dict[str, DeliveryOutcome] = {
    "DELIVERED": DeliveryOutcome.DELIVERED,
    "EXPIRED": DeliveryOutcome.PERMANENT,
    "REJECTED": DeliveryOutcome.PERMANENT,
    "UNKNOWN_SUBSCRIBER": DeliveryOutcome.PERMANENT,
}
"""What the gateway says later of a message it took; another word is technical."""
ON_THE_WAY = frozenset({"PENDING", "SENT", "UNKNOWN"})
"""What it says of one while it does not know: it is asked again."""
MOST_ASKED = 100

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_ESCAPED = set("^{}\\[~]|€\f")


class Size(NamedTuple):
    """What a text takes on the air (3GPP TS 23.038 and 23.040)."""

    encoding: str
    units: int
    segments: int


def size(text: str) -> Size:
    """The encoding, its units and the segments of a text."""
    if set(text) <= _GSM | _GSM_ESCAPED:
        return _size("GSM-7", [1 + (character in _GSM_ESCAPED) for character in text], 160, 153)
    return _size("UCS-2", [1 + (ord(character) > 0xFFFF) for character in text], 70, 67)


def _size(encoding: str, widths: list[int], alone: int, joined: int) -> Size:
    """`alone` units fit one message, `joined` each of several; no character is cut in two."""
    if sum(widths) <= alone:
        return Size(encoding, sum(widths), 1)
    segments, room = 1, joined
    for width in widths:
        if width > room:
            segments, room = segments + 1, joined
        room -= width
    return Size(encoding, sum(widths), segments)


def signature(secret: str, method: str, path: str, at: str, nonce: str, body: bytes) -> str:
    """The signature of a request, in hex."""
    signed = "\n".join((method, path, at, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()


class Sms:
    """Sends over one gateway."""

    def __init__(self, setup: SmsSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._setup = setup
        self._codes = CODES | setup.codes
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S, transport=transport or Transport())

    async def send(self, letter: Letter) -> Accepted:
        text = self._text(letter)
        sent = {"to": letter.address, "text": text, "reference": letter.id}
        answer = await self._post(self._setup.url, sent, letter.id, letter.at)
        said = json_object(answer.content)
        outcome = self._outcome(answer, said)
        if outcome != DeliveryOutcome.SENT:
            code = str(said.get("code", answer.status_code))
            wait = retry_wait(answer.headers.get("retry-after"), letter.at)
            raise ERROR_OF[outcome](code, "the SMS gateway refused it", wait)
        return Accepted(str(said["id"]) if "id" in said else None, size(text).segments)

    async def ask(self, ids: Sequence[str], at: datetime) -> dict[str, str]:
        """What became of messages, by the gateway's ids; those it says nothing of are left out.

        Raises `OutOfOrder`.
        """
        assert self._setup.status_url is not None
        answer = await self._post(self._setup.status_url, {"ids": list(ids)}, ids[0], at)
        items = json_object(answer.content).get("items")
        if not answer.is_success or not isinstance(items, list):
            raise ChannelDown(str(answer.status_code), "the SMS gateway does not say what became of messages")
        wanted = set(ids)
        return {
            one["id"]: str(one.get("status"))[:50]
            for one in items
            if isinstance(one, dict) and one.get("id") in wanted
        }

    async def close(self) -> None:
        await self._client.aclose()

    def _text(self, letter: Letter) -> str:
        text = f"【{self._setup.sign}】{' '.join(letter.body.split())}"
        return text if size(text).segments <= LONGEST else f"【{self._setup.sign}】{letter.subject}"

    async def _post(self, url: str, said: dict[str, Any], id_: str, at: datetime) -> httpx.Response:
        body, moment = orjson.dumps(said), str(int(at.timestamp()))
        nonce, path = f"{id_}.{moment}", httpx.URL(url).raw_path.decode()
        headers = {
            "content-type": "application/json",
            "x-key-id": self._setup.key_id,
            "x-timestamp": moment,
            "x-nonce": nonce,
            "x-signature": signature(
                self._setup.secret.get_secret_value(), "POST", path, moment, nonce, body
            ),
        }
        try:
            return await self._client.post(url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise ChannelDown(type(error).__name__, "the SMS gateway cannot be reached") from error

    def _outcome(self, answer: httpx.Response, said: dict[str, Any]) -> DeliveryOutcome:
        if answer.status_code >= 500 or answer.status_code in (401, 403, 404, 429):
            return DeliveryOutcome.TECHNICAL
        return self._codes.get(str(said.get("code")), DeliveryOutcome.TECHNICAL)
