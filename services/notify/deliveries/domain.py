"""The rules of sending: outcomes, when to try again, quiet hours, and what goes out together.

Pure: no I/O, no clock.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID, uuid5
from zlib import crc32
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from services.notify.messages.words import Language
from shared.rules.time.calendar import Calendar
from shared.rules.time.notices import FIRST_YEAR, LAST_YEAR
from shared.rules.wording.words import Bilingual


class ChannelKind(StrEnum):
    """The kinds of delivery channels, beside the inbox."""

    MAIL = "mail"
    SMS = "sms"
    WEBHOOK = "webhook"
    WECOM = "wecom"  # 企业微信群机器人
    DINGTALK = "dingtalk"  # 钉钉群机器人


class DeliveryState(StrEnum):
    """The state of a delivery. `sending` is a lease: when it expires, the delivery is due again."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class DeliveryOutcome(StrEnum):
    """The outcome of one attempt. It decides who must act."""

    SENT = "sent"  # the provider accepted it
    DELIVERED = "delivered"  # the provider says it arrived
    TEMPORARY = "temporary_failure"  # on the recipient's side, and may pass: nobody must act
    PERMANENT = "permanent_failure"  # on the recipient's side, and will not pass: mend the address
    TECHNICAL = "technical_failure"  # on our side or the provider's: operators must act


class Retry(NamedTuple):
    """Waits double from `first` to `longest`. A delivery written `give_up` ago is not tried again."""

    first: timedelta
    longest: timedelta
    give_up: timedelta


RETRIES = {
    DeliveryOutcome.TEMPORARY: Retry(timedelta(minutes=5), timedelta(hours=4), timedelta(days=1)),
    DeliveryOutcome.TECHNICAL: Retry(timedelta(seconds=30), timedelta(minutes=30), timedelta(days=5)),
}
LEASE = timedelta(minutes=15)
"""How long a delivery belongs to the worker that took it."""
GATHERING_TIME = {"head": timedelta(minutes=1), "leader": timedelta(minutes=1)}
"""How long messages to this kind of recipient are gathered before they go out, so that they go as one."""
DIGEST = Bilingual("{} 件诉求事项提醒", "{} notices about appeals")
DIGEST_OPENING = Bilingual(
    "以下 {} 件事项请及时处理，详情请登录收件箱查看：",
    "Please see to these {} matters in good time; the details are in your inbox:",
)
STALE = timedelta(days=7)
"""Messages about what occurred longer ago stay in the inbox: imported past cases must not ring anybody."""


class QuietHours(BaseModel):
    """When only urgent messages leave: from `since` to `until`, local time, and on days off if `days_off`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: time = time(20)
    until: time = time(8)
    days_off: bool = True

    def covers(self, moment: datetime, calendar: Calendar, zone: ZoneInfo) -> bool:
        """Whether `moment` is in quiet hours. In a year that the calendar does not know no day is off."""
        local = moment.astimezone(zone)
        known = FIRST_YEAR <= local.year <= LAST_YEAR
        if self.days_off and known and not calendar.is_working_day(local.date()):
            return True
        if self.since <= self.until:
            return self.since <= local.time() < self.until
        return not self.until <= local.time() < self.since


def gathering_time(recipient: str) -> timedelta:
    """How long messages to `recipient` are gathered before they go out."""
    return GATHERING_TIME.get(recipient.partition(":")[0], timedelta())


def next_try_at(outcome: DeliveryOutcome, parcel: "Parcel", at: datetime) -> datetime | None:
    """When to try `parcel` again, which failed at `at`; None to give up.

    A wait is made up to a quarter longer or shorter, so that parcels that failed together are spread.
    """
    retry = RETRIES.get(outcome)
    if retry is None:
        return None
    attempts = parcel.parts[0].attempts
    wait = min(retry.first * 2 ** min(attempts - 1, 20), retry.longest)
    spread = 0.75 + crc32(parcel.id.bytes + attempts.to_bytes(4)) / 2**33
    moment = at + wait * spread
    return moment if moment < min(part.written_at for part in parcel.parts) + retry.give_up else None


class Delivery(BaseModel):
    """One message to one address, as a worker leases it. `secret` signs what goes to a webhook or robot.

    `parcel` is the call that it was first tried with. It stays in that parcel, so that a provider that gets
    the parcel twice can drop the second one.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    message_id: UUID
    appeal_id: UUID
    registration_number: str
    recipient: str
    channel: ChannelKind
    address: str
    secret: str | None
    urgent: bool
    template: str
    language: Language = Language.ZH
    subject: str
    body: str
    occurred_at: datetime
    written_at: datetime
    attempts: int
    parcel: UUID | None
    traceparent: str


class SendingCap(BaseModel):
    """More than `together` messages for one address go as one digest; at most `per_hour` calls go to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    together: int = Field(default=3, ge=1)
    per_hour: int = Field(default=20, ge=1)


class DeliveryTarget(NamedTuple):
    """Where deliveries go: an address on a channel."""

    channel: ChannelKind
    address: str


class Parcel(NamedTuple):
    """What goes to one address in one call: a message, or several as a digest."""

    id: UUID
    parts: tuple[Delivery, ...]

    @property
    def target(self) -> DeliveryTarget:
        """Where it goes."""
        return DeliveryTarget(self.parts[0].channel, self.parts[0].address)

    @property
    def language(self) -> Language:
        """The language that its recipient reads now: that of its newest part."""
        return self.parts[-1].language

    @property
    def urgent(self) -> bool:
        """Whether a part of it is urgent."""
        return any(part.urgent for part in self.parts)


class AttemptResult(NamedTuple):
    """The result of one attempt at one delivery.

    `next_at`: when it is tried again, None for never. `poll_at`: when to ask for its receipt. `held_until`:
    until when the provider asked to send nothing to the address. `is_gone`: the address is no more.
    """

    delivery: Delivery
    parcel: UUID
    outcome: DeliveryOutcome
    next_at: datetime | None = None
    code: str | None = None
    reason: str | None = None
    provider_id: str | None = None
    segments: int | None = None
    poll_at: datetime | None = None
    held_until: datetime | None = None
    is_gone: bool = False

    @property
    def target(self) -> DeliveryTarget:
        """Where it went."""
        return DeliveryTarget(self.delivery.channel, self.delivery.address)

    @property
    def state(self) -> DeliveryState:
        """The state of the delivery after the attempt."""
        if self.outcome == DeliveryOutcome.SENT:
            return DeliveryState.SENT
        return DeliveryState.FAILED if self.next_at is None else DeliveryState.WAITING


def parcels_of(leased: Iterable[Delivery], cap: SendingCap) -> list[Parcel]:
    """The calls to make for these deliveries, the urgent ones first, then the oldest."""
    tried: dict[UUID, list[Delivery]] = defaultdict(list)
    new: dict[DeliveryTarget, list[Delivery]] = defaultdict(list)
    for delivery in sorted(leased, key=lambda delivery: (delivery.occurred_at, delivery.id)):
        if delivery.parcel is not None:
            tried[delivery.parcel].append(delivery)
        else:
            new[DeliveryTarget(delivery.channel, delivery.address)].append(delivery)
    parcels = [Parcel(id_, tuple(parts)) for id_, parts in tried.items()]
    for group in new.values():
        if len(group) > cap.together:
            parcels.append(Parcel(uuid5(group[0].id, "digest"), tuple(group)))
        else:
            parcels += [Parcel(delivery.id, (delivery,)) for delivery in group]
    return sorted(parcels, key=lambda parcel: (not parcel.urgent, parcel.parts[0].occurred_at, parcel.id))


def within_cap(
    parcels: Iterable[Parcel], calls: Mapping[DeliveryTarget, int], cap: SendingCap
) -> tuple[list[Parcel], list[Parcel]]:
    """The parcels that may go now, and those over the cap. `calls` counts the calls of the last hour.

    An urgent parcel counts, and always goes.
    """
    counts = dict(calls)
    now: list[Parcel] = []
    over_cap: list[Parcel] = []
    for parcel in parcels:
        count = counts.get(parcel.target, 0)
        if parcel.urgent or count < cap.per_hour:
            counts[parcel.target] = count + 1
            now.append(parcel)
        else:
            over_cap.append(parcel)
    return now, over_cap


def subject_and_body(parcel: Parcel) -> tuple[str, str]:
    """Subject and body of a parcel; a digest lists the subjects of its parts."""
    first = parcel.parts[0]
    if len(parcel.parts) == 1:
        return first.subject, first.body
    listed = "\n".join(f"{number}. {part.subject}" for number, part in enumerate(parcel.parts, 1))
    subject, opening = (
        parcel.language.of(words).format(len(parcel.parts)) for words in (DIGEST, DIGEST_OPENING)
    )
    return subject, f"{opening}\n{listed}"
