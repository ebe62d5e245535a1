"""The ways out as the city set them up (a YAML file), and what may go wrong on them.

Undelivered
├── Refused       on the recipient's side, and trying again is useless
│   └── Gone          the address itself is no more
└── Retryable     on the recipient's side, and may pass
    └── OutOfOrder    on ours or the provider's: the way itself is out of order
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol

import orjson
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.notify.deliveries.domain import ChannelKind, DeliveryOutcome, QuietHours, SendingCap
from services.notify.messages.words import Language
from shared.rules.pack import strict_yaml

LONGEST_WAIT = timedelta(days=1)


class Undelivered(Exception):
    """An attempt came to nothing. `code` is the provider's, `reason` what it means, without personal data.

    `wait` is how long the provider asks to be let alone.
    """

    outcome: DeliveryOutcome

    def __init__(self, code: str, reason: str, wait: timedelta | None = None) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.wait = wait


class Refused(Undelivered):
    outcome = DeliveryOutcome.PERMANENT


class AddressGone(Refused): ...


class Retryable(Undelivered):
    outcome = DeliveryOutcome.TEMPORARY


class ChannelDown(Retryable):
    outcome = DeliveryOutcome.TECHNICAL


ERROR_OF: dict[DeliveryOutcome, type[Undelivered]] = {
    DeliveryOutcome.TEMPORARY: Retryable,
    DeliveryOutcome.PERMANENT: Refused,
    DeliveryOutcome.TECHNICAL: ChannelDown,
}


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes out. `id` stays the same at every attempt, so that a provider can drop a second one."""

    id: str
    address: str
    secret: str | None
    subject: str
    body: str
    numbers: tuple[str, ...]
    at: datetime
    language: Language


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it. `segments` counts what an SMS costs."""

    provider_id: str | None = None
    segments: int | None = None


class DeliveryChannel(Protocol):
    """One channel that is set up."""

    async def send(self, letter: Letter) -> Accepted:
        """Hand `letter` over. Raises `Undelivered`."""

    async def close(self) -> None:
        """Let connections go."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MailSettings(_Strict):
    """An SMTP server. `security` is how the connection is protected; `authority` a file of its own CA."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender: str
    authority: Path | None = None


class SmsSettings(_Strict):
    """A signed HTTP gateway. `codes` says what the provider's codes mean, beside those known.

    With `status_url` it is asked for the receipts that do not come by themselves: first after `poll_after`,
    then after twice as long each time, until the message is as old as `poll_until`.
    """

    url: str = Field(pattern=r"^https?://")
    key_id: str
    secret: SecretStr
    sign: str
    codes: dict[str, DeliveryOutcome] = {}
    status_url: str | None = Field(default=None, pattern=r"^https?://")
    poll_after: timedelta = Field(default=timedelta(minutes=10), gt=timedelta())
    poll_until: timedelta = Field(default=timedelta(days=3), gt=timedelta())


class HttpSettings(_Strict):
    """Webhooks or robots: the hosts that may be called, with their port where it is not the usual one."""

    hosts: tuple[str, ...] = Field(min_length=1)


class ChannelSettings(_Strict):
    """All channels of the city. With `dry_run` nothing leaves, and everything is recorded as if it had."""

    dry_run: bool = False
    mail: MailSettings | None = None
    sms: SmsSettings | None = None
    webhook: HttpSettings | None = None
    wecom: HttpSettings | None = None
    dingtalk: HttpSettings | None = None
    quiet: QuietHours = QuietHours()
    cap: SendingCap = SendingCap()

    def channels(self) -> tuple[ChannelKind, ...]:
        """Those that are set up; on a dry run all."""
        return tuple(channel for channel in ChannelKind if self.dry_run or getattr(self, channel) is not None)


@cache
def load(path: Path | None) -> ChannelSettings:
    """The setup in a file; without one nothing leaves the inbox. `Mistakes` names file and line."""
    return strict_yaml.read(path, ChannelSettings, lambda _: ()) if path else ChannelSettings()


class DryRun:
    """Takes everything and sends nothing."""

    async def send(self, letter: Letter) -> Accepted:
        return Accepted(f"dry-run:{letter.id}")

    async def close(self) -> None: ...


def retry_wait(retry_after: str | None, at: datetime) -> timedelta | None:
    """What Retry-After asks for at `at` (RFC 9110, 10.2.3): seconds or a date; a day at most."""
    if retry_after is None:
        return None
    try:
        if retry_after.isdecimal():
            return timedelta(seconds=min(int(retry_after[:9]), LONGEST_WAIT.total_seconds()))
        until = parsedate_to_datetime(retry_after)
        return min(max(until.replace(tzinfo=until.tzinfo or UTC) - at, timedelta()), LONGEST_WAIT)
    except (ValueError, OverflowError):
        return None


def json_object(content: bytes) -> dict[str, Any]:
    """What a provider said; empty where that is no JSON object."""
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}
