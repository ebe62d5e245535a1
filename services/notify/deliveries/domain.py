"""How a message leaves: outcomes, when to try again, when to let people be, what goes out together.

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
    """The ways out, beside the inbox."""

    MAIL = "mail"
    SMS = "sms"
    WEBHOOK = "webhook"
    WECOM = "wecom"  # 企业微信群机器人
    DINGTALK = "dingtalk"  # 钉钉群机器人


class DeliveryState(StrEnum):
    """How a delivery stands. `sending` is a lease: whoever took it and died loses it when it ends."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class DeliveryOutcome(StrEnum):
    """What came of one attempt; it decides who acts."""

    SENT = "sent"  # the provider took it
    DELIVERED = "delivered"  # the provider says it arrived
    TEMPORARY = "temporary_failure"  # on the recipient's side, and may pass: nobody acts
    PERMANENT = "permanent_failure"  # on the recipient's side, and will not pass: mend the address
    TECHNICAL = "technical_failure"  # on ours or the provider's: operators act


class Retry(NamedTuple):
    """Waits double from `first` to `longest`; after `give_up` since it was written nothing is tried."""

    first: timedelta
    longest: timedelta
    give_up: timedelta


RETRIES = {
    DeliveryOutcome.TEMPORARY: Retry(timedelta(minutes=5), timedelta(hours=4), timedelta(days=1)),
    DeliveryOutcome.TECHNICAL: Retry(timedelta(seconds=30), timedelta(minutes=30), timedelta(days=5)),
}
LEASE = timedelta(minutes=15)
GATHERED = {"head": timedelta(minutes=1), "leader": timedelta(minutes=1)}
"""How long what is meant for a recipient of this kind is gathered before it goes out."""
DIGEST = Bilingual("{} 件诉求事项提醒", "{} notices about appeals")
DIGEST_OPENING = Bilingual(
    "以下 {} 件事项请及时处理，详情请登录收件箱查看：",
    "Please see to these {} matters in good time; the details are in your inbox:",
)
STALE = timedelta(days=7)
"""What occurred longer ago stays in the inbox: past cases that are brought in must not ring anybody."""


class QuietHours(BaseModel):
    """When people are let be: from `since` to `until`, local times, and on days off if `days_off`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: time = time(20)
    until: time = time(8)
    days_off: bool = True

    def covers(self, moment: datetime, calendar: Calendar, zone: ZoneInfo) -> bool:
        """Whether `moment` is in quiet hours. Outside the years that the calendar knows no day is off."""
        local = moment.astimezone(zone)
        known = FIRST_YEAR <= local.year <= LAST_YEAR
        if self.days_off and known and not calendar.is_working_day(local.date()):
            return True
        if self.since <= self.until:
            return self.since <= local.time() < self.until
        return not self.until <= local.time() < self.since


def gathered(recipient: str) -> timedelta:
    """How long messages to `recipient` are gathered."""
    return GATHERED.get(recipient.partition(":")[0], timedelta())


def next_try(outcome: DeliveryOutcome, parcel: "Parcel", at: datetime) -> datetime | None:
    """When to try `parcel` again that failed at `at`; None to give up.

    A wait is up to a quarter longer or shorter, so that what failed together does not come back together.
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
    """One message for one address, as it was taken to be sent. `secret` signs what goes to a webhook.

    `parcel` is the call it was first tried with: it stays with it, so that a provider can drop a second one.
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
    """More than `together` messages that wait for one address go as one; at most `per_hour` calls to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    together: int = Field(default=3, ge=1)
    per_hour: int = Field(default=20, ge=1)


class DeliveryTarget(NamedTuple):
    """Where messages go."""

    channel: ChannelKind
    address: str


class Parcel(NamedTuple):
    """What goes to one address in one call: a message, or several as a digest."""

    id: UUID
    parts: tuple[Delivery, ...]

    @property
    def place(self) -> DeliveryTarget:
        """Where it goes."""
        return DeliveryTarget(self.parts[0].channel, self.parts[0].address)

    @property
    def language(self) -> Language:
        """What its recipient reads now: the language of its newest part."""
        return self.parts[-1].language

    @property
    def urgent(self) -> bool:
        """Whether something in it may not wait."""
        return any(part.urgent for part in self.parts)


def parcels(taken: Iterable[Delivery], cap: SendingCap) -> list[Parcel]:
    """What was taken as the calls to make, the urgent first, then the oldest."""
    known: dict[UUID, list[Delivery]] = defaultdict(list)
    new: dict[DeliveryTarget, list[Delivery]] = defaultdict(list)
    for one in sorted(taken, key=lambda one: (one.occurred_at, one.id)):
        if one.parcel is not None:
            known[one.parcel].append(one)
        else:
            new[DeliveryTarget(one.channel, one.address)].append(one)
    found = [Parcel(id_, tuple(parts)) for id_, parts in known.items()]
    for group in new.values():
        if len(group) > cap.together:
            found.append(Parcel(uuid5(group[0].id, "digest"), tuple(group)))
        else:
            found += [Parcel(one.id, (one,)) for one in group]
    return sorted(found, key=lambda parcel: (not parcel.urgent, parcel.parts[0].occurred_at, parcel.id))


def within(
    found: Iterable[Parcel], calls: Mapping[DeliveryTarget, int], cap: SendingCap
) -> tuple[list[Parcel], list[Parcel]]:
    """The parcels that may go now, and those over the cap. `calls` counts those of the last hour.

    What is urgent counts and always goes.
    """
    made = dict(calls)
    now: list[Parcel] = []
    later: list[Parcel] = []
    for parcel in found:
        count = made.get(parcel.place, 0)
        if parcel.urgent or count < cap.per_hour:
            made[parcel.place] = count + 1
            now.append(parcel)
        else:
            later.append(parcel)
    return now, later


def letter(parcel: Parcel) -> tuple[str, str]:
    """Subject and body of a parcel; a digest lists what it holds."""
    first = parcel.parts[0]
    if len(parcel.parts) == 1:
        return first.subject, first.body
    listed = "\n".join(f"{number}. {part.subject}" for number, part in enumerate(parcel.parts, 1))
    subject, opening = (
        parcel.language.of(said).format(len(parcel.parts)) for said in (DIGEST, DIGEST_OPENING)
    )
    return subject, f"{opening}\n{listed}"
