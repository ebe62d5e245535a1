"""Group robots of WeCom and DingTalk, with a table of each provider's codes."""

import base64
import hashlib
import hmac

import httpx
import orjson

from services.notify.channels.base import ERROR_OF, Accepted, ChannelDown, Letter, json_object
from services.notify.channels.http import HttpChannel
from services.notify.channels.settings import HttpSettings
from services.notify.deliveries.domain import DeliveryOutcome
from shared.web.webhooks import Caller

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


class Robot(HttpChannel):
    """Writes to a group chat. Both providers take the same body; their codes differ."""

    unreachable = ChannelDown

    def __init__(self, settings: HttpSettings, codes: dict[int, DeliveryOutcome], caller: Caller) -> None:
        super().__init__(settings, caller)
        self._codes = codes

    async def send(self, letter: Letter) -> Accepted:
        body = orjson.dumps({"msgtype": "text", "text": {"content": f"{letter.subject}\n{letter.body}"}})
        answer = await self.post(letter, self._signed(letter), body, {"content-type": "application/json"})
        code = json_object(answer.body).get("errcode")
        outcome = DeliveryOutcome.TECHNICAL
        if isinstance(code, int):
            outcome = self._codes.get(code, outcome)
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
