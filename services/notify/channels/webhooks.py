"""Messages by HTTP: webhooks signed by Standard Webhooks 1.0, and group robots of WeCom and DingTalk.

Only hosts in the settings are called, and only at public addresses (`shared.web.webhooks`).
"""

import base64
import hashlib
import hmac

import httpx
import orjson

from services.notify.channels.base import (
    ERROR_OF,
    Accepted,
    AddressGone,
    ChannelDown,
    Letter,
    Refused,
    Retryable,
    json_object,
    retry_wait,
)
from services.notify.channels.settings import HttpSettings
from services.notify.deliveries.domain import DeliveryOutcome
from shared.web.webhooks import Answered, Caller, headers

WECOM_CODES = {
    0: DeliveryOutcome.SENT,
    -1: DeliveryOutcome.TECHNICAL,  # busy
    45009: DeliveryOutcome.TEMPORARY,  # too often
    93000: DeliveryOutcome.PERMANENT,  # no such robot
}
DINGTALK_CODES = {
    0: DeliveryOutcome.SENT,
    -1: DeliveryOutcome.TECHNICAL,  # busy
    130101: DeliveryOutcome.TEMPORARY,  # too often
    410100: DeliveryOutcome.TEMPORARY,  # too often
    300001: DeliveryOutcome.PERMANENT,  # no such robot
    310000: DeliveryOutcome.PERMANENT,  # signature, keyword or address not accepted
}


GONE = 410
_BUSY = frozenset({408, 425, 429})


class _Http:
    unreachable: type[Retryable] = Retryable
    """Each address is its recipient's own server, so one that is away says nothing about the others."""

    def __init__(self, settings: HttpSettings, caller: Caller) -> None:
        self._hosts = frozenset(settings.hosts)
        self._caller = caller

    async def close(self) -> None:
        await self._caller.close()

    async def _post(self, letter: Letter, url: str, body: bytes, headers: dict[str, str]) -> Answered:
        """The answer of a URL that accepted the request. Raises `Undelivered`, also for an unlisted host."""
        if _host(url) not in self._hosts:
            raise Refused("host", "this host is not among those that may be called")
        answer = await self._caller.post(url, body, headers)
        if answer.status is None:
            raise self.unreachable("no answer", answer.reason)
        code = str(answer.status)
        if answer.status in _BUSY:
            wait = retry_wait(answer.retry_after, letter.at)
            raise Retryable(code, "the address is too busy", wait)
        if answer.status >= 500:
            raise self.unreachable(
                code, "the address is out of order", retry_wait(answer.retry_after, letter.at)
            )
        if answer.status == GONE:
            raise AddressGone(code, "the address says that it is no more")
        if not answer.taken:
            raise Refused(code, "the address does not take it")
        return answer


def _host(url: str) -> str | None:
    """Host and port of a URL; None for what is no URL."""
    try:
        return httpx.URL(url).netloc.decode()
    except httpx.InvalidURL:
        return None


class Webhook(_Http):
    """Posts letters to URLs, each signed with the secret of its URL."""

    async def send(self, letter: Letter) -> Accepted:
        if letter.secret is None:
            raise Refused("secret", "the address has no secret any more to sign with")
        at = int(letter.at.timestamp())
        body = orjson.dumps(
            {
                "type": "notice.sent",
                "timestamp": letter.at.isoformat(),
                "data": {"subject": letter.subject, "body": letter.body, "numbers": letter.numbers},
            }
        )
        signed = headers([letter.secret], letter.id, at, body)
        await self._post(letter, letter.address, body, signed)
        return Accepted(letter.id)


class Robot(_Http):
    """Writes to a group chat. Both providers take the same body; their codes differ."""

    unreachable = ChannelDown

    def __init__(self, settings: HttpSettings, codes: dict[int, DeliveryOutcome], caller: Caller) -> None:
        super().__init__(settings, caller)
        self._codes = codes

    async def send(self, letter: Letter) -> Accepted:
        body = orjson.dumps({"msgtype": "text", "text": {"content": f"{letter.subject}\n{letter.body}"}})
        answer = await self._post(letter, self._signed(letter), body, {"content-type": "application/json"})
        code = json_object(answer.body).get("errcode")
        outcome = (
            self._codes.get(code, DeliveryOutcome.TECHNICAL)
            if isinstance(code, int)
            else DeliveryOutcome.TECHNICAL
        )
        if outcome != DeliveryOutcome.SENT:
            raise ERROR_OF[outcome](str(code), "the robot refused it")
        return Accepted()

    def _signed(self, letter: Letter) -> str:
        """The robot's URL, signed where the robot has a secret (DingTalk)."""
        if letter.secret is None:
            return letter.address
        at = str(int(letter.at.timestamp() * 1000))
        digest = hmac.new(letter.secret.encode(), f"{at}\n{letter.secret}".encode(), hashlib.sha256).digest()
        sign = base64.b64encode(digest).decode()
        return str(httpx.URL(letter.address).copy_merge_params({"timestamp": at, "sign": sign}))
