"""Group robots of WeCom and DingTalk, with a table of each maker's codes and limits."""

import base64
import hashlib
import hmac
import unicodedata
from typing import NamedTuple

import httpx
import orjson

from services.notify.channels.base import (
    ERROR_OF,
    Accepted,
    AddressGone,
    ChannelDown,
    Letter,
    Refused,
    Unexplained,
    json_object,
)
from services.notify.channels.http import HttpChannel
from services.notify.channels.settings import HttpSettings
from services.notify.deliveries.domain import DeliveryOutcome
from shared.rules.wording.words import Bilingual
from shared.service.clock import epoch_s
from shared.web.webhooks import Caller

MORE = Bilingual("\n……其余请登录收件箱查看。", "\n… The rest is in your inbox.")
SHRINKINGS = 3
"""How often a text is halved that a provider still finds too long."""
_TOO_LONG = "the robot's provider finds the message too long, however short"


class Maker(NamedTuple):
    """A provider of robots: what its codes mean, and how long a text may be, in bytes of UTF-8.

    `gone`: codes for an address that is no more. `too_long`: codes for a text that must be shorter.
    """

    most_bytes: int
    codes: dict[int, DeliveryOutcome]
    gone: frozenset[int]
    too_long: frozenset[int]


WECOM = Maker(
    2_048,  # text.content: https://developer.work.weixin.qq.com/document/path/91770
    {
        0: DeliveryOutcome.SENT,
        -1: DeliveryOutcome.TECHNICAL,  # busy
        45009: DeliveryOutcome.TEMPORARY,  # too often
        93000: DeliveryOutcome.PERMANENT,  # no such robot
        93004: DeliveryOutcome.PERMANENT,  # removed
        93008: DeliveryOutcome.PERMANENT,  # not in the group
    },
    gone=frozenset({93004}),
    too_long=frozenset({40058, 45002}),
)
DINGTALK = Maker(
    15_000,  # https://help.dingtalk.io/open/development/the-robot-sends-a-group-message (app robots)
    {  # https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages
        0: DeliveryOutcome.SENT,
        -1: DeliveryOutcome.TECHNICAL,  # busy
        130101: DeliveryOutcome.TEMPORARY,  # too often
        410100: DeliveryOutcome.TEMPORARY,  # too often
        300001: DeliveryOutcome.PERMANENT,  # no such robot
        300005: DeliveryOutcome.PERMANENT,  # no such token
        310000: DeliveryOutcome.PERMANENT,  # signature, keyword or address not accepted
        400013: DeliveryOutcome.PERMANENT,  # the group was dissolved
        400101: DeliveryOutcome.PERMANENT,  # the token is missing or unknown
        400102: DeliveryOutcome.PERMANENT,  # the robot was stopped
        400105: DeliveryOutcome.PERMANENT,  # this robot takes no text
        400106: DeliveryOutcome.PERMANENT,  # the robot is not in the group
        430101: DeliveryOutcome.PERMANENT,  # content refused: a link
        430102: DeliveryOutcome.PERMANENT,  # content refused: a text
        430103: DeliveryOutcome.PERMANENT,  # content refused: a picture
        430104: DeliveryOutcome.PERMANENT,  # content refused
    },
    gone=frozenset({300005, 400013}),
    too_long=frozenset({460101}),
)


def fitted(text: str, most_bytes: int, more: str) -> str:
    """`text`; where it is too long, what fits with `more` behind it, cut between lines or characters."""
    encoded = text.encode()
    if len(encoded) <= most_bytes:
        return text
    end = len(encoded[: most_bytes - len(more.encode())].decode(errors="ignore"))
    while end and _are_joined(text[end - 1], text[end]):
        end -= 1
    line_end = text.rfind("\n", 0, end + 1)
    return text[: line_end if line_end > end // 2 else end] + more


def _are_joined(before: str, after: str) -> bool:
    """Whether two code points are parts of one character: accents, variants, joined emoji."""
    return "\u200d" in (before, after) or unicodedata.category(after) in ("Mn", "Mc", "Me")


class Robot(HttpChannel):
    """Writes to a group chat. Both makers take the same body; their codes and limits differ."""

    unreachable = ChannelDown

    def __init__(self, settings: HttpSettings, maker: Maker, caller: Caller) -> None:
        super().__init__(settings, caller)
        self._maker = maker

    async def send(self, letter: Letter) -> Accepted:
        more = letter.language.of(MORE)
        for shrinking in range(SHRINKINGS + 1):
            text = fitted(f"{letter.subject}\n{letter.body}", self._maker.most_bytes >> shrinking, more)
            code = await self._say(letter, text)
            if code not in self._maker.too_long:
                break
        self._check(code)
        return Accepted()

    async def _say(self, letter: Letter, text: str) -> int:
        """Send `text`; the maker's code. Raises `ChannelDown` where the answer has none."""
        body = orjson.dumps({"msgtype": "text", "text": {"content": text}})
        answer = await self.post(letter, self._signed(letter), body, {"content-type": "application/json"})
        code = json_object(answer.body).get("errcode")
        if type(code) is not int:
            raise ChannelDown(str(code), "the robot's provider gives no code")
        return code

    def _check(self, code: int) -> None:
        """Raises `Undelivered` unless the code says that the robot took it.

        A code is the answer of a provider that works: one that nobody knows concerns its address alone.
        """
        if code in self._maker.too_long:
            raise Refused(str(code), _TOO_LONG)
        if code in self._maker.gone:
            raise AddressGone(str(code), "the robot is no more")
        outcome = self._maker.codes.get(code)
        if outcome is None:
            raise Unexplained(str(code), "the robot refused it with a code that is not known here")
        if outcome != DeliveryOutcome.SENT:
            raise ERROR_OF[outcome](str(code), "the robot refused it")

    def _signed(self, letter: Letter) -> str:
        """The robot's URL, signed where the robot has a secret (DingTalk)."""
        if letter.secret is None:
            return letter.address
        at = str(epoch_s() * 1000)
        digest = hmac.new(letter.secret.encode(), f"{at}\n{letter.secret}".encode(), hashlib.sha256).digest()
        sign = base64.b64encode(digest).decode()
        return str(httpx.URL(letter.address).copy_merge_params({"timestamp": at, "sign": sign}))
