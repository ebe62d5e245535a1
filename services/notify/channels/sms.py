"""SMS by a signed HTTP gateway: one generic adapter, with a table of the provider's codes.

A request is JSON with `to`, `text` and `reference` (the letter's id). It is signed with HMAC-SHA256 over
method, path, time, nonce and the SHA-256 of the body, each on a line of its own; the signature is sent as
`X-Signature`. Receipts are asked for in the same way: a request has up to 100 `ids`, and the answer has
`items` of `id` and `status`.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, NamedTuple

import httpx
import orjson

from services.notify.channels.base import (
    ERROR_OF,
    Accepted,
    ChannelDown,
    Letter,
    json_object,
    retry_wait,
    storable,
)
from services.notify.channels.settings import SmsSettings
from services.notify.deliveries.domain import DeliveryOutcome
from shared.service.clock import epoch_s
from shared.web.client import Transport, beginning

TIMEOUT_S = 15.0
"""For the whole answer: one that drips in is given up, too."""
MOST_SEGMENTS = 10
"""Of a longer message only the subject is sent."""
MOST_OF_SUBJECT = 300
"""Characters of it that fit into so many segments, with the signature."""

CODES: dict[str, DeliveryOutcome] = {
    "OK": DeliveryOutcome.SENT,
    "DUPLICATE": DeliveryOutcome.SENT,  # accepted under this reference before
    "INVALID_NUMBER": DeliveryOutcome.PERMANENT,
    "BLACKLISTED": DeliveryOutcome.PERMANENT,
    "CONTENT_REJECTED": DeliveryOutcome.PERMANENT,
    "UNREACHABLE": DeliveryOutcome.TEMPORARY,
    "FREQUENCY_LIMIT": DeliveryOutcome.TEMPORARY,
    "BAD_SIGNATURE": DeliveryOutcome.TECHNICAL,
    "NO_BALANCE": DeliveryOutcome.TECHNICAL,
    "BUSY": DeliveryOutcome.TECHNICAL,
}
"""The codes of the generic gateway. The settings add those of the provider; an unknown code is technical."""

RECEIPTS: dict[str, DeliveryOutcome] = {
    "DELIVERED": DeliveryOutcome.DELIVERED,
    "EXPIRED": DeliveryOutcome.PERMANENT,
    "REJECTED": DeliveryOutcome.PERMANENT,
    "UNKNOWN_SUBSCRIBER": DeliveryOutcome.PERMANENT,
}
"""The statuses of a receipt that end a delivery; an unknown status is technical."""
ON_THE_WAY = frozenset({"PENDING", "SENT", "UNKNOWN"})
"""The statuses while the gateway does not know yet: it is asked again."""
MOST_ASKED = 100
LONGEST_STATUS = 50
MOST_READ = 262_144
"""Bytes of an answer that are read, unpacked: more than a hundred receipts need."""

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_ESCAPED = set("^{}\\[~]|€\f")


class _Answer(NamedTuple):
    """What the gateway answers. A redirect is an answer: it is not followed."""

    status: int
    content: bytes
    retry_after: str | None


class Size(NamedTuple):
    """The size of an SMS (3GPP TS 23.038 and 23.040)."""

    encoding: str
    units: int
    segments: int


def size(text: str) -> Size:
    """The encoding of a text, its length in units of that encoding, and its segments."""
    if set(text) <= _GSM | _GSM_ESCAPED:
        return _size("GSM-7", [1 + (character in _GSM_ESCAPED) for character in text], 160, 153)
    return _size("UCS-2", [1 + (ord(character) > 0xFFFF) for character in text], 70, 67)


def _size(encoding: str, widths: list[int], alone: int, joined: int) -> Size:
    """One message holds `alone` units; each of several holds `joined`. No character is cut in two."""
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
    """Sends by one gateway."""

    def __init__(
        self,
        settings: SmsSettings,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._settings = settings
        self._codes = CODES | settings.codes
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(timeout=timeout_s, transport=transport or Transport())

    async def send(self, letter: Letter) -> Accepted:
        text = self._text(letter)
        request = {"to": letter.address, "text": text, "reference": letter.id}
        answer = await self._post(self._settings.url, request, letter.id)
        content = json_object(answer.content)
        outcome = self._outcome(answer, content)
        if outcome != DeliveryOutcome.SENT:
            code = str(content.get("code", answer.status))
            wait = retry_wait(answer.retry_after, letter.at)
            raise ERROR_OF[outcome](code, "the SMS gateway refused it", wait)
        return Accepted(storable(str(content.get("id") or "")) or None, size(text).segments)

    async def ask(self, ids: Sequence[str]) -> dict[str, str]:
        """The statuses of messages, by the gateway's ids; those that it does not answer are left out.

        Raises `ChannelDown`.
        """
        assert self._settings.status_url is not None
        answer = await self._post(self._settings.status_url, {"ids": list(ids)}, ids[0])
        items = json_object(answer.content).get("items")
        if not 200 <= answer.status < 300 or not isinstance(items, list):
            raise ChannelDown(str(answer.status), "the SMS gateway does not say what became of messages")
        statuses = {str(item.get("id")): str(item.get("status")) for item in items if isinstance(item, dict)}
        return {id_: storable(statuses[id_])[:LONGEST_STATUS] for id_ in ids if id_ in statuses}

    async def close(self) -> None:
        await self._client.aclose()

    def _text(self, letter: Letter) -> str:
        text = f"【{self._settings.sign}】{' '.join(letter.body.split())}"
        if size(text).segments <= MOST_SEGMENTS:
            return text
        return f"【{self._settings.sign}】{letter.subject[:MOST_OF_SUBJECT]}"

    async def _post(self, url: str, content: dict[str, Any], id_: str) -> _Answer:
        body, moment = orjson.dumps(content), str(epoch_s())
        nonce, path = f"{id_}.{moment}", httpx.URL(url).raw_path.decode()
        headers = {
            "content-type": "application/json",
            "x-key-id": self._settings.key_id,
            "x-timestamp": moment,
            "x-nonce": nonce,
            "x-signature": signature(
                self._settings.secret.get_secret_value(), "POST", path, moment, nonce, body
            ),
        }
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client.stream("POST", url, content=body, headers=headers) as answer,
            ):
                wait = answer.headers.get("retry-after")
                return _Answer(answer.status_code, await beginning(answer, MOST_READ), wait)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError) as error:
            raise ChannelDown(type(error).__name__, "the SMS gateway cannot be reached") from error

    def _outcome(self, answer: _Answer, content: dict[str, Any]) -> DeliveryOutcome:
        if answer.status >= 500 or answer.status in (401, 403, 404, 429):
            return DeliveryOutcome.TECHNICAL
        return self._codes.get(str(content.get("code")), DeliveryOutcome.TECHNICAL)
