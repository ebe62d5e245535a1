"""An appeal as its enterprise sees it: registered, with the units, rated.

Pure: no I/O, no clock. How an appeal stands follows from when things occurred, so the order in which
topics were read changes nothing. A transition checks first and changes after; it refuses with `Conflict`.
"""

import base64
import hashlib
import hmac
from bisect import insort
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from services.intake import acts
from shared import events
from shared.errors import Conflict, Invalid
from shared.events import CATALOGUE, Channel, DeadlineKind, Event, Outcome, Rating
from shared.rules.standing import CaseState

IMPORTED = UUID("0b7c1f54-9a43-5d0f-8c59-6f2f1c0ad2e3")  # namespace of the ids of imported appeals
WITHOUT_NAME = (Channel.ANONYMOUS_LETTER, Channel.SUPERVISION_CODE)
"""The channels on which an enterprise need not say who it is."""

_RANK = {type_: rank for rank, type_ in enumerate(CATALOGUE)}
_BASE32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_MISREAD = str.maketrans("OIL", "011", "- ")


class Entry(BaseModel):
    """One line of what happened, as the enterprise may read it."""

    model_config = ConfigDict(frozen=True)

    occurred_at: datetime
    type: str
    unit: str | None = None
    zh: str
    en: str


class LegFile(BaseModel):
    """One leg as it stands. `again_at` is when its round started, if that is not the first."""

    leg_id: UUID
    unit: str
    unit_name: str = ""
    role: events.Role | None = None
    round: int = 1
    again_at: datetime | None = None
    contacted_at: datetime | None = None
    responded_at: datetime | None = None
    completed_at: datetime | None = None
    ended: bool = False


class Rated(BaseModel):
    """What the enterprise said of one handling."""

    rating: Rating
    comment: str | None
    rated_at: datetime


class File(BaseModel):
    """One appeal as it stands. `version` counts its changes; `rating` is that of the handling since the
    last reopening, `earlier_ratings` are those before.
    """

    appeal_id: UUID
    registration_number: str
    channel: Channel
    kind: events.Kind
    title: str
    text: str
    enterprise: acts.Enterprise | None
    locality: str | None
    pack: str
    received_at: datetime
    source_id: str | None = None
    receipt_hash: str | None = None
    state: CaseState = CaseState.REGISTERED
    legs: list[LegFile] = []
    deadlines: tuple[events.Deadline, ...] = ()
    timeline: list[Entry] = []
    lifted_at: datetime | None = None
    referred_at: datetime | None = None
    reopened_at: datetime | None = None
    withdrawn_at: datetime | None = None
    closed_at: datetime | None = None
    rating: Rated | None = None
    earlier_ratings: list[Rated] = []
    version: int = 1

    def leg(self, leg_id: UUID, unit: str) -> LegFile:
        """The leg; one that was not heard of yet is opened."""
        for leg in self.legs:
            if leg.leg_id == leg_id:
                return leg
        leg = LegFile(leg_id=leg_id, unit=unit)
        self.legs = [*self.legs, leg]
        return leg

    def live_legs(self) -> list[LegFile]:
        """The legs that no upheld objection ended."""
        return [leg for leg in self.legs if not leg.ended]

    def is_completed(self, leg: LegFile) -> bool:
        """Whether the leg was completed after its round started."""
        starts = (leg.again_at, self.reopened_at)
        done = leg.completed_at
        return done is not None and all(start is None or done > start for start in starts)

    def require(self, *states: CaseState) -> None:
        """Refuse unless the appeal stands in one of `states`."""
        if self.state not in states:
            raise Conflict(
                f"该诉求现为“{_STATE_ZH[self.state]}”，不能进行此操作",
                f"the appeal is {self.state}: this cannot happen now",
            )

    def say(self, type_: type[Event], at: datetime, **fields: Any) -> Event:
        """An event of this case."""
        return type_(
            occurred_at=at, appeal_id=self.appeal_id, registration_number=self.registration_number, **fields
        )

    def note(self, event: Event, unit: str | None = None) -> None:
        """Put `event` into the timeline, in order of time; once, however often it is heard."""
        zh, en = _SENTENCES[type(event)]
        words = _words(event)
        entry = Entry(
            occurred_at=event.occurred_at,
            type=event.type,
            unit=unit,
            zh=zh.format(*(word[0] for word in words)),
            en=en.format(*(word[1] for word in words)),
        )
        if entry not in self.timeline:
            timeline = [*self.timeline]
            insort(timeline, entry, key=lambda one: (one.occurred_at, _RANK[one.type]))
            self.timeline = timeline

    def settle(self) -> None:
        """Something changed: count it, and see how the appeal stands."""
        self.version += 1
        self.state = self._standing()

    def _standing(self) -> CaseState:
        live = self.live_legs()
        reached = (
            (CaseState.CLOSED, self.closed_at),
            (CaseState.WITHDRAWN, self.withdrawn_at),
            (CaseState.REFERRED, self.referred_at),
            (CaseState.COMPLETED, live and all(self.is_completed(leg) for leg in live)),
            (CaseState.LIFTED, self.lifted_at),
            (CaseState.DISPATCHED, live),
        )
        return next((state for state, holds in reached if holds), CaseState.REGISTERED)


_STATE_ZH = {
    CaseState.REGISTERED: "已登记",
    CaseState.DISPATCHED: "办理中",
    CaseState.LIFTED: "提级办理",
    CaseState.COMPLETED: "已办结",
    CaseState.REFERRED: "已引导",
    CaseState.WITHDRAWN: "已撤回",
    CaseState.CLOSED: "已销号",
}
_SENTENCES: dict[type[Event], tuple[str, str]] = {
    events.AppealReceived: ("已登记", "registered"),
    events.AppealAssigned: ("已交办", "dispatched"),
    events.AppealContacted: ("承办单位已联系企业", "the unit reached the enterprise"),
    events.AppealResponded: ("承办单位已回复办理情况", "the unit replied on how handling stands"),
    events.AppealCompleted: ("承办单位已办结：{0}", "the unit completed it: {0}"),
    events.AppealOverdue: ("{0}超期", "{0} is overdue"),
    events.AppealRedispatched: ("再次交办，第 {0} 次", "dispatched again, round {0}"),
    events.AppealLifted: ("已提级办理", "lifted to a leader"),
    events.AppealInstructed: ("牵头领导已批示", "the leader gave an instruction"),
    events.AppealReferred: ("已引导至：{0}", "referred to: {0}"),
    events.AppealRated: ("企业评价：{0}", "the enterprise's rating: {0}"),
    events.AppealReopened: ("重新办理", "reopened"),
    events.AppealWithdrawn: ("企业已撤回", "withdrawn by the enterprise"),
    events.AppealClosed: ("已销号", "closed"),
}
_WORDS: dict[Outcome | Rating | DeadlineKind, tuple[str, str]] = {
    Outcome.SOLVED: ("已解决", "solved"),
    Outcome.PLANNED: ("已列入计划", "planned"),
    Outcome.EXPLAINED: ("已解释说明", "explained"),
    Rating.SATISFIED: ("满意", "satisfied"),
    Rating.BASICALLY_SATISFIED: ("基本满意", "basically satisfied"),
    Rating.NOT_SATISFIED: ("不满意", "not satisfied"),
    DeadlineKind.DISPATCH: ("交办", "dispatch"),
    DeadlineKind.CONTACT: ("联系企业", "contact"),
    DeadlineKind.REPLY: ("回复办理情况", "reply"),
    DeadlineKind.COMPLETION: ("办结", "completion"),
    DeadlineKind.LIFTED: ("提级办理", "lifted handling"),
}


def _words(event: Event) -> list[tuple[str, str]]:
    match event:
        case events.AppealCompleted():
            return [_WORDS[event.outcome]]
        case events.AppealOverdue():
            return [_WORDS[event.deadline]]
        case events.AppealRated():
            return [_WORDS[event.rating]]
        case events.AppealRedispatched():
            return [(str(event.round), str(event.round))]
        case events.AppealReferred():
            return [(event.to, event.to)]
    return []


def imported_id(source: str, source_id: str) -> UUID:
    """The id of an appeal that `source` (a code, without blanks) knows as `source_id`."""
    return uuid5(IMPORTED, f"{source} {source_id}")


def registration_number(prefix: str, day: date, n: int) -> str:
    """The public number of the n-th appeal of a local day, e.g. BZ-20260213-00042."""
    return f"{prefix}-{day:%Y%m%d}-{n:05d}"


def receipt_code(chance: bytes) -> str:
    """Ten random bytes as 16 characters of Crockford's base32, in groups of four to be read aloud."""
    code = base64.b32encode(chance).decode().translate(_BASE32)
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def receipt_hash(code: str) -> str:
    """How a receipt code is kept. Case, dashes and blanks do not matter; O is 0, I and L are 1."""
    return hashlib.sha256(code.upper().translate(_MISREAD).encode()).hexdigest()


def opens(code: str, kept_hash: str | None) -> bool:
    """Whether `code` is the one kept, in constant time. Guessing is hopeless: a code has 80 random bits."""
    return hmac.compare_digest(receipt_hash(code), kept_hash or "")


def receive(
    wish: acts.Register,
    appeal_id: UUID,
    number: str,
    pack: str,
    at: datetime,
    receipt_hash: str | None = None,
    source_id: str | None = None,
) -> tuple[File, events.AppealReceived]:
    """Register an appeal under the pack with the ref `pack`.

    Raises `Invalid` where the channel and what is said of the enterprise do not go together.
    """
    _check_enterprise(wish)
    event = events.AppealReceived(
        occurred_at=at,
        appeal_id=appeal_id,
        registration_number=number,
        channel=wish.channel,
        kind=wish.kind,
        title=wish.title,
        enterprise=wish.enterprise.name if wish.enterprise else None,
        locality=wish.locality,
        pack=pack,
        source_id=source_id,
        receipt_hash=receipt_hash,
    )
    file = File(
        appeal_id=appeal_id,
        registration_number=number,
        channel=wish.channel,
        kind=wish.kind,
        title=wish.title,
        text=wish.text,
        enterprise=wish.enterprise,
        locality=wish.locality,
        pack=pack,
        received_at=at,
        source_id=source_id,
        receipt_hash=receipt_hash,
    )
    file.note(event)
    return file, event


def _check_enterprise(wish: acts.Register) -> None:
    if wish.channel == Channel.ANONYMOUS_LETTER and wish.enterprise is not None:
        raise Invalid(
            "无署名意见书不得填写企业信息",
            "an anonymous letter names no enterprise: leave it out, or choose another channel",
            "enterprise",
        )
    if wish.channel not in WITHOUT_NAME and wish.enterprise is None:
        raise Invalid("请填写企业名称", "say which enterprise asks, by its name", "enterprise.name")


def withdraw(file: File, act: acts.Withdraw, at: datetime, *, past: bool) -> Event:
    """The enterprise takes its appeal back."""
    file.require(*(state for state in CaseState if state not in (CaseState.CLOSED, CaseState.WITHDRAWN)))
    file.withdrawn_at = at
    return file.say(events.AppealWithdrawn, at, reason=act.reason)


def rate(file: File, act: acts.Rate, at: datetime, *, past: bool) -> Event:
    """The enterprise rates what was completed, referred or closed; once, until it is reopened."""
    if not past:
        file.require(CaseState.COMPLETED, CaseState.REFERRED, CaseState.CLOSED)
    if file.rating is not None:
        raise Conflict("本次办理已评价", "this handling was rated already")
    file.rating = Rated(rating=act.rating, comment=act.comment, rated_at=at)
    return file.say(events.AppealRated, at, rating=act.rating)


def reopen(file: File, act: acts.Reopen, at: datetime, *, past: bool) -> Event:
    """The completed legs start their next round: not satisfied, and with reason."""
    if not past:
        file.require(CaseState.COMPLETED)
    if file.rating is None or file.rating.rating != Rating.NOT_SATISFIED:
        raise Conflict(
            "企业未评价“不满意”，不能重新办理",
            "only an appeal rated not satisfied can be reopened",
        )
    file.earlier_ratings = [*file.earlier_ratings, file.rating]
    file.rating, file.reopened_at = None, at
    return file.say(events.AppealReopened, at, reason=act.reason)


TRANSITIONS: dict[type[acts.Act], Callable[..., Event]] = {
    acts.Withdraw: withdraw,
    acts.Rate: rate,
    acts.Reopen: reopen,
}


def perform(file: File, act: acts.Act, at: datetime, *, past: bool = False) -> tuple[File, Event]:
    """Let `act` happen at `at`: a changed copy of the file, and the event it made.

    A `past` act is told before what the units did is heard of: that the appeal was completed is believed.
    Raises `Conflict` where the case does not allow it.
    """
    file = file.model_copy()
    transition = next(done for kind, done in TRANSITIONS.items() if isinstance(act, kind))
    event = transition(file, act, at, past=past)
    file.note(event)
    file.settle()
    return file, event
