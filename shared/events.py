"""Every event the services say, in the order of a case's life: one class each, and nothing else.

An event is a past fact. On the wire it is a CloudEvent in Kafka's binary mode (see `shared/wire.py`):
`id` and `occurred_at` travel in headers, the other fields are the JSON body. A published field is
never removed, renamed or made required; what changes its meaning is a new class with a new version.
Names of people, phones and the text of an appeal stay out: whoever needs them asks intake.
"""

from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.rules.limits import Limit


class Channel(StrEnum):
    """How an appeal came in (渠道)."""

    HOTLINE = "hotline"  # 12345
    WEB = "web"
    PROVINCIAL_PLATFORM = "provincial_platform"  # 省为企业服务平台
    SATURDAY_SESSION = "saturday_session"  # 周六面对面
    SUNDAY_CONSULTATION = "sunday_consultation"  # 周日要素会商
    FAMILY_TALK = "family_talk"  # 家属恳谈会
    SUPERVISION_CODE = "supervision_code"  # 码上监督
    VISIT = "visit"  # 包保走访
    ANONYMOUS_LETTER = "anonymous_letter"  # 无署名意见书
    FINANCE_WINDOW = "finance_window"  # 融资服务窗口


class Kind(StrEnum):
    """What is asked (诉求类型)."""

    CONSULTATION = "consultation"  # 咨询
    HELP = "help"  # 求助
    COMPLAINT = "complaint"  # 投诉
    REPORT = "report"  # 举报
    SUGGESTION = "suggestion"  # 建议
    ARREARS = "arrears"  # 欠款
    UNKEPT_PROMISE = "unkept_promise"  # 政策兑现
    CLUE = "clue"  # 线索


class Mark(StrEnum):
    """What the office notes about an appeal and a ladder may ask for."""

    CROSS_DEPARTMENT = "cross_department"  # 跨部门
    CROSS_LEVEL = "cross_level"  # 跨层级
    INHERITED = "inherited"  # 历史遗留
    LITIGATION = "litigation"  # 涉法涉诉
    PETITION = "petition"  # 涉访


class Role(StrEnum):
    """A leg's part in a two-way dispatch (双向交办)."""

    LEAD = "lead"  # 主办
    ASSIST = "assist"  # 协办


class DeadlineKind(StrEnum):
    """One limit of one leg, or of the whole case (时限)."""

    DISPATCH = "dispatch"
    CONTACT = "contact"
    REPLY = "reply"
    COMPLETION = "completion"
    LIFTED = "lifted"


class Verdict(StrEnum):
    """How a deadline stands. One met late stays overdue; one that fell away before it was due is void."""

    OPEN = "open"
    MET = "met"
    OVERDUE = "overdue"
    VOID = "void"


class Outcome(StrEnum):
    """What a unit's completion says (办结)."""

    SOLVED = "solved"
    PLANNED = "planned"
    EXPLAINED = "explained"


class Rating(StrEnum):
    """The enterprise's rating (好差评)."""

    SATISFIED = "satisfied"
    BASICALLY_SATISFIED = "basically_satisfied"
    NOT_SATISFIED = "not_satisfied"


class Event(BaseModel):
    """What every event carries. `appeal_id` is the key: one case stays in one partition, in order."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    source: ClassVar[str]

    id: UUID = Field(default_factory=uuid4)
    occurred_at: AwareDatetime
    appeal_id: UUID
    registration_number: str


# --- intake: the case comes in -------------------------------------------------------------------


class AppealReceived(Event):
    """An appeal was registered and has its number.

    `receipt_hash` is the SHA-256 of the receipt code: who holds the code may read what is the enterprise's.
    """

    type = "appeal.received.v1"
    source = "intake"

    channel: Channel
    kind: Kind
    title: str
    enterprise: str | None = None
    locality: str | None = None
    pack: str
    source_id: str | None = None
    receipt_hash: str | None = None


# --- dispatch: the units at work -----------------------------------------------------------------


class OwnLimit(BaseModel):
    """A limit set for one case at dispatch: a length, or the very moment it ends."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: Limit | None = None
    due_at: AwareDatetime | None = None


class Leg(BaseModel):
    """One unit's share of an appeal. `leader` is the leader in charge of the unit, by code."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    leg_id: UUID
    unit: str
    unit_name: str = ""
    role: Role
    leader: str | None = None
    office_hours: tuple[tuple[str, str], ...] | None = None
    limits: dict[DeadlineKind, OwnLimit] = {}


class AppealAssigned(Event):
    """The office dispatched the appeal to one unit or two; each leg's round 1 starts now."""

    type = "appeal.assigned.v1"
    source = "dispatch"

    legs: tuple[Leg, ...]
    marks: frozenset[Mark] = frozenset()


class LegEvent(Event):
    """Something happened on one leg."""

    leg_id: UUID
    unit: str


class AppealContacted(LegEvent):
    """The unit reached the enterprise."""

    type = "appeal.contacted.v1"
    source = "dispatch"

    how: str


class AppealResponded(LegEvent):
    """The unit told the enterprise how handling stands; progress, not completion."""

    type = "appeal.responded.v1"
    source = "dispatch"


class AppealObjected(LegEvent):
    """The unit says the appeal is not its own. The clock runs on until the office upholds it."""

    type = "appeal.objected.v1"
    source = "dispatch"

    reason: str


class ObjectionDecided(LegEvent):
    """The office decided an objection; upheld, the leg ends."""

    type = "objection.decided.v1"
    source = "dispatch"

    upheld: bool
    reason: str


class ExtensionRequested(LegEvent):
    """The unit asked for a longer limit."""

    type = "extension.requested.v1"
    source = "dispatch"

    deadline: DeadlineKind
    limit: Limit
    reason: str


class AppealExtended(LegEvent):
    """A longer limit was approved: `limit` replaces the old one, counted from the round's start."""

    type = "appeal.extended.v1"
    source = "dispatch"

    deadline: DeadlineKind
    limit: Limit
    approver: str


class ExtensionDenied(LegEvent):
    """The longer limit was not approved; the old one stands."""

    type = "extension.denied.v1"
    source = "dispatch"

    deadline: DeadlineKind
    reason: str


class AppealPaused(LegEvent):
    """Time stopped counting for the leg."""

    type = "appeal.paused.v1"
    source = "dispatch"

    reason: str
    approver: str


class AppealResumed(LegEvent):
    """Time counts again for the leg."""

    type = "appeal.resumed.v1"
    source = "dispatch"


class AppealRefused(LegEvent):
    """The unit said no (说不)."""

    type = "appeal.refused.v1"
    source = "dispatch"

    reason: str


class LiftRequested(LegEvent):
    """The unit's head asked, signed, that a leader take the appeal."""

    type = "lift.requested.v1"
    source = "dispatch"

    reason: str


class AppealCompleted(LegEvent):
    """The unit says it is done (办结)."""

    type = "appeal.completed.v1"
    source = "dispatch"

    outcome: Outcome


class AppealReferred(Event):
    """The matter belongs elsewhere and the enterprise was guided there (引导)."""

    type = "appeal.referred.v1"
    source = "dispatch"

    to: str
    reason: str


# --- escalation: the judgement -------------------------------------------------------------------


class Deadline(BaseModel):
    """One deadline as it stands. `leg_id` is None for a deadline of the whole case (dispatch, lifted).

    `due_at` is None while a pause is open, `due_on_provisional_calendar` marks a date in a year whose
    holiday notice is not out. `explanation` is what `shared.rules.explain` made of it, zh and en.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    leg_id: UUID | None
    unit: str | None
    round: int
    deadline: DeadlineKind
    started_at: AwareDatetime
    due_at: AwareDatetime | None
    met_at: AwareDatetime | None = None
    verdict: Verdict = Verdict.OPEN
    clause: str = ""
    provisional: bool = False
    explanation: dict[str, str] = {}


class AppealJudged(Event):
    """The case's deadlines changed: all of them as they now stand, in place of what was said before."""

    type = "appeal.judged.v1"
    source = "escalation"

    state: str
    deadlines: tuple[Deadline, ...]


class DeadlineEvent(Event):
    """Something about one deadline. `leg_id` and `unit` are None for the office's own."""

    leg_id: UUID | None
    unit: str | None
    round: int
    deadline: DeadlineKind
    due_at: AwareDatetime


class AppealDueSoon(DeadlineEvent):
    """A deadline comes near and is not met (限时办结提醒)."""

    type = "appeal.due_soon.v1"
    source = "escalation"


class AppealOverdue(DeadlineEvent):
    """A deadline passed with nothing that meets it (超期). Said once per deadline."""

    type = "appeal.overdue.v1"
    source = "escalation"


class AppealSupervised(DeadlineEvent):
    """A supervision notice (督办) goes to whoever let the deadline pass."""

    type = "appeal.supervised.v1"
    source = "escalation"

    clause: str


class CardIssued(Event):
    """A card (黄牌提醒) was issued to the unit of an overdue leg."""

    type = "card.issued.v1"
    source = "escalation"

    card_id: UUID
    card: str
    leg_id: UUID
    unit: str
    round: int
    deadline: DeadlineKind
    due_at: AwareDatetime
    clause: str


class AppealRedispatched(Event):
    """A leg was dispatched again; `round` starts at `occurred_at`."""

    type = "appeal.redispatched.v1"
    source = "escalation"

    leg_id: UUID
    unit: str
    round: int
    reason: Literal["overdue", "reopened"]


class LiftReason(StrEnum):
    """Why a case is lifted."""

    COUNT = "count"
    KIND = "kind"
    REFUSAL = "refusal"
    REQUEST = "request"


class AppealLifted(Event):
    """The appeal goes to a leader (提级办理)."""

    type = "appeal.lifted.v1"
    source = "escalation"

    reason: LiftReason
    leader: str | None
    unit: str | None
    clause: str


class AppealInstructed(Event):
    """The leader ordered something (批示); `limit`, where given, replaces the lifted handling limit."""

    type = "appeal.instructed.v1"
    source = "escalation"

    leader: str
    instruction: str
    task_force: tuple[str, ...] = ()
    limit: Limit | None = None


class AppealSignedOff(Event):
    """The leader signed the lifted handling off."""

    type = "appeal.signed_off.v1"
    source = "escalation"

    leader: str


class CardEvent(Event):
    """Something happened to a card."""

    card_id: UUID
    unit: str


class CardServed(CardEvent):
    """The card was handed to the unit."""

    type = "card.served.v1"
    source = "escalation"


class CardAcknowledged(CardEvent):
    """The unit acknowledged the card."""

    type = "card.acknowledged.v1"
    source = "escalation"


class CardAppealed(CardEvent):
    """The unit contests the card."""

    type = "card.appealed.v1"
    source = "escalation"

    reason: str


class CardWithdrawn(CardEvent):
    """The office took the card back."""

    type = "card.withdrawn.v1"
    source = "escalation"

    reason: str


class CardCleared(CardEvent):
    """What the card was for is done: its leg was completed."""

    type = "card.cleared.v1"
    source = "escalation"


# --- the enterprise's last word, and the end -----------------------------------------------------


class AppealRated(Event):
    """The enterprise's verdict (好差评)."""

    type = "appeal.rated.v1"
    source = "intake"

    rating: Rating


class AppealReopened(Event):
    """Not satisfied, and with reason: the completed legs start their next round."""

    type = "appeal.reopened.v1"
    source = "intake"

    reason: str


class AppealWithdrawn(Event):
    """The enterprise took its appeal back."""

    type = "appeal.withdrawn.v1"
    source = "intake"

    reason: str


class AppealClosed(Event):
    """The office struck the appeal off the ledger (销号)."""

    type = "appeal.closed.v1"
    source = "dispatch"


# --- notify --------------------------------------------------------------------------------------


class NoticeSent(Event):
    """A message reached its channel."""

    type = "notice.sent.v1"
    source = "notify"

    message_id: UUID
    recipient: str
    channel: str
    template: str


def _catalogue(base: type[Event]) -> list[type[Event]]:
    found = []
    for cls in base.__subclasses__():
        if "type" in cls.__dict__:
            found.append(cls)
        found += _catalogue(cls)
    return found


CATALOGUE: dict[str, type[Event]] = {cls.type: cls for cls in _catalogue(Event)}
