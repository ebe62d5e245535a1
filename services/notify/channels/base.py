"""What every delivery channel is, takes and raises.

Undelivered
├── Refused           on the recipient's side, and trying again is useless
│   └── AddressGone       the address itself is no more
└── Retryable         on the recipient's side, and may pass
    ├── Unexplained       the provider's code is not known: operators must act, other addresses go on
    └── ChannelDown       on our side or the provider's: the channel itself fails
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import orjson

from services.notify.deliveries.domain import DeliveryOutcome
from services.notify.messages.words import Language

LONGEST_WAIT = timedelta(days=1)
LONGEST_WORD = 200


def storable(word: str) -> str:
    """What a provider says, as it is kept: printable, and of a length that the database has an index for."""
    return "".join(letter for letter in word[:LONGEST_WORD] if letter.isprintable())


class Undelivered(Exception):
    """An attempt failed. `code` is the provider's, `reason` what it means, without personal data.

    `wait` is how long the provider asks to send nothing.
    """

    outcome: DeliveryOutcome

    def __init__(self, code: str, reason: str, wait: timedelta | None = None) -> None:
        self.code = storable(code)
        self.reason = storable(reason)
        super().__init__(f"{self.code}: {self.reason}")
        self.wait = wait


class Refused(Undelivered):
    """The recipient's side refuses the letter; trying again is useless."""

    outcome = DeliveryOutcome.PERMANENT


class AddressGone(Refused):
    """The address is no more."""


class Retryable(Undelivered):
    """The recipient's side cannot take the letter now."""

    outcome = DeliveryOutcome.TEMPORARY


class Unexplained(Retryable):
    """The provider answers with a code that is not known here."""

    outcome = DeliveryOutcome.TECHNICAL


class ChannelDown(Retryable):
    """The channel itself fails, on our side or the provider's."""

    outcome = DeliveryOutcome.TECHNICAL


ERROR_OF: dict[DeliveryOutcome, type[Undelivered]] = {
    DeliveryOutcome.TEMPORARY: Retryable,
    DeliveryOutcome.PERMANENT: Refused,
    DeliveryOutcome.TECHNICAL: ChannelDown,
}
"""The error of each outcome that a provider's code can stand for."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a channel sends. `id` is the same at every attempt, so that a provider can drop a second one."""

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
    """The provider accepted a letter. `segments` is how many SMS it costs."""

    provider_id: str | None = None
    segments: int | None = None


class DeliveryChannel(Protocol):
    """A way by which messages leave, as it is set up."""

    async def send(self, letter: Letter) -> Accepted:
        """Hand `letter` over. Raises `Undelivered`."""

    async def close(self) -> None:
        """Close the connections."""


class DryRun:
    """Accepts everything and sends nothing."""

    async def send(self, letter: Letter) -> Accepted:
        return Accepted(f"dry-run:{letter.id}")

    async def close(self) -> None: ...


def retry_wait(retry_after: str | None, at: datetime) -> timedelta | None:
    """The wait that a Retry-After header asks for (RFC 9110, 10.2.3): seconds or a date; a day at most."""
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
    """A provider's answer; empty where it is no JSON object."""
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}
