"""Whether a request is signed by a secret of its bank, by Standard Webhooks 1.0. Pure."""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from shared.service.errors import Unsigned
from shared.web.webhooks import signature

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE_S = 300
"""How far the moment of a signature may be from the moment at which it arrives, either way."""
LONGEST_TIMESTAMP = 15
"""Digits of a timestamp that are read as a number."""


class SignatureHeaders(NamedTuple):
    """The three headers of a signed request; empty where one is missing."""

    id: str
    timestamp: str
    signature: str


def check_signature(secrets: Sequence[str], headers: SignatureHeaders, body: bytes, now_s: int) -> None:
    """Refuse (`Unsigned`) a request that none of `secrets` signed within five minutes of `now_s`.

    `body` has the bytes as they were sent, `now_s` is in seconds since 1970.
    """
    id_, timestamp, signatures = headers
    if not all(headers):
        raise _missing(headers)
    _check_time(timestamp, now_s)
    expected = [signature(secret, id_, timestamp, body).encode() for secret in secrets]
    shown = signatures.encode().split()
    if not any(hmac.compare_digest(right, sent) for right in expected for sent in shown):
        raise Unsigned(
            "webhook-signature 中没有本行有效密钥的签名：须对 webhook-id.webhook-timestamp.请求体（原始字节）"
            "作 HMAC-SHA256，写作 v1,<Base64>",
            "webhook-signature has no signature by a valid secret of this bank: write v1,<base64> of the"
            " HMAC-SHA256 over webhook-id.webhook-timestamp.body, with the very bytes of the body as sent",
            SIGNATURE,
        )


def _missing(headers: SignatureHeaders) -> Unsigned:
    names = [name for name, value in zip((ID, TIMESTAMP, SIGNATURE), headers, strict=True) if not value]
    return Unsigned(
        f"本行已启用回报签名，请求缺少报头 {'、'.join(names)}",
        f"this bank signs its reports, and the request lacks {', '.join(names)}",
        names[0],
    )


def _check_time(timestamp: str, now_s: int) -> None:
    if not (timestamp.isascii() and timestamp.isdecimal()) or len(timestamp) > LONGEST_TIMESTAMP:
        raise Unsigned(
            "webhook-timestamp 须为自 1970 年起的秒数（整数）",
            "webhook-timestamp is a whole number: the seconds since 1970",
            TIMESTAMP,
        )
    if abs(now_s - int(timestamp)) > TOLERANCE_S:
        now = f"{datetime.fromtimestamp(now_s, UTC):%Y-%m-%dT%H:%M:%SZ}"
        raise Unsigned(
            f"webhook-timestamp 为 {timestamp}，与服务器时间 {now_s}（{now}）相差超过 5 分钟：请校准时钟，"
            "每次发送重新签名",
            f"webhook-timestamp is {timestamp}, more than five minutes from this server's time {now_s}"
            f" ({now}): set the clock right, and sign each attempt anew",
            TIMESTAMP,
        )
