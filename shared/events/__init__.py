"""Every event the services say, in the order of a case's life: one class each, and nothing else.

An event is a past fact. On the wire it is a CloudEvent in Kafka's binary mode (see
`shared/messaging/wire.py`): `id` and `occurred_at` travel in headers, the other fields are the JSON
body. A published field is never removed, renamed or made required; what changes its meaning is a new
class with a new version.
Names of people, phones and the text of an appeal stay out: whoever needs them asks intake.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from shared.rules.time.limits import Limit


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


PackWord = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A name that a rule pack may choose: of a deadline, a stage, a level, a ground for a pause."""


class DeadlineKind(StrEnum):
    """The deadlines of an appeal (时限). A pack may name further ones, so fields that hold one are words."""

    DISPATCH = "dispatch"
    CONTACT = "contact"
    REPLY = "reply"
    COMPLETION = "completion"
    OBJECTION = "objection"
    LIFTED = "lifted"
    FOLLOW_UP = "follow_up"


class Rank(StrEnum):
    """Who approves, the lowest first."""

    UNIT_HEAD = "unit_head"  # 承办单位负责人
    OFFICE = "office"  # 营商环境办
    LEADER = "leader"  # 分管领导
    MAYOR = "mayor"  # 主要领导


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
    `language` is what the enterprise wants to be written to in.
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
    language: Literal["zh-CN", "en"] | None = None


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
    limits: dict[PackWord, OwnLimit] = {}


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

    deadline: PackWord
    limit: Limit
    reason: str


class AppealExtended(LegEvent):
    """A longer limit was approved: `limit` replaces the old one, counted from the round's start."""

    type = "appeal.extended.v1"
    source = "dispatch"

    deadline: PackWord
    limit: Limit
    approver: str
    rank: Rank | None = None


class StageReached(LegEvent):
    """A stage of the pack's procedure was reached. `dates` are moments it brings, e.g. of instalments."""

    type = "stage.reached.v1"
    source = "dispatch"

    stage: PackWord
    dates: tuple[AwareDatetime, ...] = ()


class ExtensionDenied(LegEvent):
    """The longer limit was not approved; the old one stands."""

    type = "extension.denied.v1"
    source = "dispatch"

    deadline: PackWord
    reason: str


class AppealPaused(LegEvent):
    """Time stopped counting for the leg. `ground` is one of those the pack names."""

    type = "appeal.paused.v1"
    source = "dispatch"

    reason: str
    approver: str
    ground: PackWord | None = None


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


class FindingMade(Event):
    """The appeal was found reasonable, or not (合理性认定).

    `understanding`: whether the enterprise accepted the explanation; None where none was needed.
    """

    type = "finding.made.v1"
    source = "dispatch"

    reasonable: bool
    by: str
    reason: str
    understanding: bool | None = None


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
    holiday notice is not out. `explanation` is what `shared.rules.explain` made of it, zh and en;
    `title` its name in both, empty for those of `DeadlineKind`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    leg_id: UUID | None
    unit: str | None
    round: int
    deadline: PackWord
    started_at: AwareDatetime
    due_at: AwareDatetime | None
    met_at: AwareDatetime | None = None
    verdict: Verdict = Verdict.OPEN
    clause: str = ""
    provisional: bool = False
    explanation: dict[str, str] = {}
    title: dict[str, str] = {}


class AppealJudged(Event):
    """The case's deadlines changed: all of them as they now stand, in place of what was said before."""

    type = "appeal.judged.v1"
    source = "escalation"

    state: str
    deadlines: tuple[Deadline, ...]


class DeadlineEvent(Event):
    """Something about one deadline. `unit` is None for the office's own, `leg_id` for the whole case's.

    `title` is its name, zh and en, where it is none of `DeadlineKind`.
    """

    leg_id: UUID | None
    unit: str | None
    round: int
    deadline: PackWord
    due_at: AwareDatetime
    title: dict[str, str] = {}


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


class AppealReminded(DeadlineEvent):
    """A reminder goes to whoever let the deadline pass, and nothing more."""

    type = "appeal.reminded.v1"
    source = "escalation"

    clause: str


class DeadlineMoved(DeadlineEvent):
    """A year's holiday notice came out, and an open deadline ends on another day. `due_at` is the new one."""

    type = "deadline.moved.v1"
    source = "escalation"

    was_due_at: AwareDatetime
    calendar: str


class ApprovalDeemed(DeadlineEvent):
    """The time to decide passed: what was asked for counts as approved (超时默认). The case ends."""

    type = "approval.deemed.v1"
    source = "escalation"

    clause: str


class AppealHandedOver(DeadlineEvent):
    """The matter goes to another body, e.g. discipline inspection (纪检监察), because a deadline passed."""

    type = "appeal.handed_over.v1"
    source = "escalation"

    to: str
    clause: str


class PublicationProposed(DeadlineEvent):
    """To be published on the red and black list, after review and the unit's answer."""

    type = "publication.proposed.v1"
    source = "escalation"

    publication_id: UUID
    clause: str


class PublicationEvent(Event):
    """Something happened to a proposed publication."""

    publication_id: UUID
    unit: str | None


class PublicationAnswered(PublicationEvent):
    """The unit answered what is to be published."""

    type = "publication.answered.v1"
    source = "escalation"


class PublicationDecided(PublicationEvent):
    """The review ended: published until `expires_on`, or not at all."""

    type = "publication.decided.v1"
    source = "escalation"

    published: bool
    expires_on: date | None = None
    reason: str


class CardIssued(Event):
    """A card (黄牌提醒) was issued to the unit of an overdue leg."""

    type = "card.issued.v1"
    source = "escalation"

    card_id: UUID
    card: str
    leg_id: UUID
    unit: str
    round: int
    deadline: PackWord
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
    LEVEL = "level"  # the level below did not bring it about in time


class AppealLifted(Event):
    """The appeal goes to a leader (提级办理); where the pack names levels, to the next `level`."""

    type = "appeal.lifted.v1"
    source = "escalation"

    reason: LiftReason
    leader: str | None
    unit: str | None
    clause: str
    level: PackWord | None = None


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


class CardUpheld(CardEvent):
    """The office heard the unit, and the card stands."""

    type = "card.upheld.v1"
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


class FollowUpMade(Event):
    """Somebody independent called the enterprise after completion (回访). `reached`: it answered."""

    type = "follow_up.made.v1"
    source = "intake"

    reached: bool


class MergeEvent(Event):
    """Something between an appeal and `lead`, the one that is handled for both."""

    lead: UUID
    lead_number: str


class AppealMerged(MergeEvent):
    """A repeat of a problem: handled with `lead` (并单), with number, clocks and rating of its own."""

    type = "appeal.merged.v1"
    source = "intake"


class AppealUnmerged(MergeEvent):
    """It is handled by itself again."""

    type = "appeal.unmerged.v1"
    source = "intake"


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


# --- financing: loan requests, their banks, complaints about banks ----------------------------------


class AmountBand(StrEnum):
    """How much credit is asked for, in steps of yuan."""

    BELOW_500K = "below_500k"
    BELOW_1M = "below_1m"
    BELOW_5M = "below_5m"
    BELOW_10M = "below_10m"
    FROM_10M = "from_10m"


class LoanEvent(Event):
    """Something about a loan request (融资需求): `appeal_id` is its id, `registration_number` its number."""


class LoanRequested(LoanEvent):
    """An enterprise's wish for credit was registered. `receipt_hash` is as for an appeal."""

    type = "loan.requested.v1"
    source = "financing"

    product: str
    amount_band: AmountBand
    first_loan: bool
    locality: str | None = None
    pack: str
    source_id: str | None = None
    receipt_hash: str | None = None


class BankLeg(BaseModel):
    """One bank's share of a loan request. `leg` is its number, e.g. RZ-20260213-00042/1."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    leg_id: UUID
    leg: str
    bank: str
    bank_name: str = ""


class LoanPushed(LoanEvent):
    """The request was pushed to the banks of one wave; their clocks start now."""

    type = "loan.pushed.v1"
    source = "financing"

    wave: int
    legs: tuple[BankLeg, ...]


class LoanLegEvent(LoanEvent):
    """Something about one bank leg."""

    leg_id: UUID
    leg: str
    bank: str


class LoanReported(LoanLegEvent):
    """The bank reported how its leg stands. `late`: a deadline that this meets had passed."""

    type = "loan.reported.v1"
    source = "financing"

    state: PackWord
    late: bool = False


class LoanDeadlineEvent(LoanLegEvent):
    """Something about one deadline of a bank leg; `title` is its name, zh and en."""

    deadline: PackWord
    due_at: AwareDatetime
    title: dict[str, str] = {}


class LoanDueSoon(LoanDeadlineEvent):
    """A bank's deadline comes near and is not met."""

    type = "loan.due_soon.v1"
    source = "financing"


class LoanOverdue(LoanDeadlineEvent):
    """A bank's deadline passed with nothing that meets it. Said once per deadline."""

    type = "loan.overdue.v1"
    source = "financing"


class LoanReminded(LoanDeadlineEvent):
    """The bank is reminded of a deadline it let pass."""

    type = "loan.reminded.v1"
    source = "financing"

    clause: str


class LoanSupervised(LoanDeadlineEvent):
    """The bank is asked in writing about a deadline it let pass."""

    type = "loan.supervised.v1"
    source = "financing"

    clause: str


class LoanDeadlineMoved(LoanDeadlineEvent):
    """A year's holiday notice came out: a bank's deadline ends on another day, `due_at`."""

    type = "loan.deadline_moved.v1"
    source = "financing"

    was_due_at: AwareDatetime
    calendar: str


class LoanJudged(LoanEvent):
    """The request's deadlines changed: all of them as they now stand, in place of what was said before."""

    type = "loan.judged.v1"
    source = "financing"

    state: str
    deadlines: tuple[Deadline, ...]


class LoanOfficeTookOver(LoanEvent):
    """No bank is left to ask: all declined or stayed silent, or none was found. The office goes on."""

    type = "loan.office_took_over.v1"
    source = "financing"

    reason: Literal["declined_by_all", "declined_or_silent", "no_bank"]


class LoanWithdrawn(LoanEvent):
    """The enterprise took its request back."""

    type = "loan.withdrawn.v1"
    source = "financing"


class LoanConsentWithdrawn(LoanEvent):
    """The enterprise no longer agrees that its data are passed on: no further bank gets them."""

    type = "loan.consent_withdrawn.v1"
    source = "financing"


class LoanClosed(LoanEvent):
    """The office closed the request."""

    type = "loan.closed.v1"
    source = "financing"


class ComplaintEvent(LoanEvent):
    """Something about a complaint about a bank; `complaint` is its number, e.g. RZ-20260213-00042/C1."""

    complaint_id: UUID
    complaint: str
    bank: str


class LoanComplained(ComplaintEvent):
    """The enterprise complained about a bank's demand; it goes to the regulator (金融监管分局)."""

    type = "loan.complained.v1"
    source = "financing"

    pack: str


class ComplaintDeadlineEvent(ComplaintEvent):
    """Something about a deadline of the regulator."""

    deadline: PackWord
    due_at: AwareDatetime
    title: dict[str, str] = {}


class ComplaintDueSoon(ComplaintDeadlineEvent):
    """The regulator's result is due soon."""

    type = "complaint.due_soon.v1"
    source = "financing"


class ComplaintOverdue(ComplaintDeadlineEvent):
    """The regulator's result is overdue. Said once per deadline."""

    type = "complaint.overdue.v1"
    source = "financing"


class ComplaintReminded(ComplaintDeadlineEvent):
    """The regulator is reminded of the result it owes the enterprise."""

    type = "complaint.reminded.v1"
    source = "financing"

    clause: str


class ComplaintDeadlineMoved(ComplaintDeadlineEvent):
    """A year's holiday notice came out, and the regulator's deadline ends on another day."""

    type = "complaint.deadline_moved.v1"
    source = "financing"

    was_due_at: AwareDatetime
    calendar: str


class ComplaintJudged(ComplaintEvent):
    """The complaint's deadlines as they now stand."""

    type = "complaint.judged.v1"
    source = "financing"

    deadlines: tuple[Deadline, ...]


class ComplaintDecided(ComplaintEvent):
    """The regulator found the complaint founded or not; the enterprise reads the result."""

    type = "complaint.decided.v1"
    source = "financing"

    founded: bool


# --- notify --------------------------------------------------------------------------------------


class NoticeSent(Event):
    """A message reached its channel."""

    type = "notice.sent.v1"
    source = "notify"

    message_id: UUID
    recipient: str
    channel: str
    template: str


class NoticeFailed(Event):
    """A message could not be brought to its channel and is not tried again; the inbox has it.

    `outcome` says on whose side it failed: permanent_failure (the recipient's) or technical_failure.
    """

    type = "notice.failed.v1"
    source = "notify"

    message_id: UUID
    recipient: str
    channel: str
    template: str
    outcome: str
    reason: str


class NoticeAcknowledged(Event):
    """Whoever had to acknowledge a message about a card or a lift did. `by` is what acknowledged it."""

    type = "notice.acknowledged.v1"
    source = "notify"

    message_id: UUID
    recipient: str
    template: str
    by: str


class NoticeNotAcknowledged(Event):
    """Nobody acknowledged a message by `due_at`: `to`, who stands above its recipient, is told."""

    type = "notice.not_acknowledged.v1"
    source = "notify"

    message_id: UUID
    recipient: str
    to: str
    template: str
    due_at: AwareDatetime


def _catalogue(base: type[Event]) -> list[type[Event]]:
    found = []
    for cls in base.__subclasses__():
        if "type" in cls.__dict__:
            found.append(cls)
        found += _catalogue(cls)
    return found


CATALOGUE: dict[str, type[Event]] = {cls.type: cls for cls in _catalogue(Event)}
