"""Deliveries: their channels, states and outcomes, quiet hours, and what the city limits.

Pure: no I/O, no clock.
"""

from datetime import datetime, time, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from services.notify.messages.words import Language
from shared.named import Coded, Named
from shared.rules.time.calendar import Calendar
from shared.rules.time.hours import DAY_US, microseconds, time_of_day
from shared.rules.time.notices import FIRST_YEAR, LAST_YEAR


class ChannelKind(Named):
    """The kinds of delivery channels, beside the inbox."""

    MAIL = "mail", "邮件", "电子邮件"
    SMS = "sms", "短信"
    WEBHOOK = "webhook", "接口推送", "网络回调"
    WECOM = "wecom", "企业微信", "企业微信群机器人"
    DINGTALK = "dingtalk", "钉钉", "钉钉群机器人"


class DeliveryState(Named):
    """The state of a delivery. `sending` is a lease: when it expires, the delivery is due again."""

    WAITING = "waiting", "待发送"
    SENDING = "sending", "发送中"
    SENT = "sent", "已发送"
    DELIVERED = "delivered", "已送达"
    FAILED = "failed", "发送失败"


class DeliveryOutcome(Coded):
    """The outcome of one attempt. It decides who must act."""

    SENT = "sent", "已发送"  # the provider accepted it
    DELIVERED = "delivered", "已送达"  # the provider says it arrived
    TEMPORARY = "temporary_failure", "暂时失败"  # on the recipient's side, and may pass: nobody must act
    PERMANENT = (
        "permanent_failure",
        "永久失败",
    )  # on the recipient's side, and will not pass: mend the address
    TECHNICAL = "technical_failure", "技术故障"  # on our side or the provider's: operators must act


LEASE = timedelta(minutes=15)
"""How long a delivery belongs to the worker that took it."""
GATHERING_TIME = {"head": timedelta(minutes=1), "leader": timedelta(minutes=1)}
"""How long messages to this kind of recipient are gathered before they go out, so that they go as one."""
LONGEST_QUIET_DAYS = 60
STALE = timedelta(days=7)
"""Messages about what occurred longer ago stay in the inbox: imported past cases must not ring anybody."""


WAKES_BEFORE = timedelta(hours=2)
"""What is due sooner than this after quiet hours still wakes people: later would leave too little time."""


def _begins(since_us: int) -> int:
    if since_us == DAY_US:
        raise ValueError("no day begins at 24:00; write 00:00")
    return since_us


TimeOfDay = Annotated[int, BeforeValidator(lambda text: time_of_day(str(text)))]
"""A local time as office hours write it, up to 24:00, in microseconds since midnight."""


class QuietHours(BaseModel):
    """When only urgent messages leave: from `since` to `until`, local time, and on days off if `days_off`.

    They may run past midnight, and end at 24:00. With equal ends no hour of a working day is quiet.
    An urgent message about something that is due long after they end waits for their end, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: Annotated[TimeOfDay, AfterValidator(_begins)] = time_of_day("20:00")
    until: TimeOfDay = time_of_day("08:00")
    days_off: bool = True

    def covers(self, moment: datetime, calendar: Calendar, zone: ZoneInfo) -> bool:
        """Whether `moment` is in quiet hours. In a year that the calendar does not know no day is off."""
        local = moment.astimezone(zone)
        known = FIRST_YEAR <= local.year <= LAST_YEAR
        if self.days_off and known and not calendar.is_working_day(local.date()):
            return True
        now = microseconds(local.time())
        if self.since <= self.until:
            return self.since <= now < self.until
        return not self.until <= now < self.since

    def ends_after(self, moment: datetime, calendar: Calendar, zone: ZoneInfo) -> datetime:
        """When the quiet hours around `moment` end; `moment` where it is in none."""
        day = moment.astimezone(zone).date()
        ends = moment
        for number in range(LONGEST_QUIET_DAYS):
            midnight = datetime.combine(day + timedelta(days=number), time(), zone)
            for since_midnight_us in (0, self.until):
                if not self.covers(ends, calendar, zone):
                    return ends
                ends = max(ends, midnight + timedelta(microseconds=since_midnight_us))
        return ends

    def wakes_until(self, moment: datetime, calendar: Calendar, zone: ZoneInfo) -> datetime | None:
        """Up to when something must be due to be urgent at `moment`; None where everything may leave."""
        if not self.covers(moment, calendar, zone):
            return None
        return self.ends_after(moment, calendar, zone) + WAKES_BEFORE


def gathering_time(recipient: str) -> timedelta:
    """How long messages to `recipient` are gathered before they go out."""
    return GATHERING_TIME.get(recipient.partition(":")[0], timedelta())


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
    pack: str | None = None
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
