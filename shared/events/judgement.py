"""The judgement of an appeal: its deadlines, and what followed from one that passed."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.events.base import Event
from shared.rules.terms import PackWord, RaisedTo, Verdict


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
    title: dict[str, str] = Field(default={})


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


class AppealRaised(DeadlineEvent):
    """The office let a deadline pass: it is raised (上报), to its head or the leader above.

    `office` is the code of the office's unit, `leader` who acts as the leader in charge of it; each is left
    out where the directories do not know it.
    """

    type = "appeal.raised.v1"
    source = "escalation"

    to: RaisedTo
    clause: str
    office: str | None = Field(default=None, exclude_if=lambda code: code is None)
    leader: str | None = Field(default=None, exclude_if=lambda code: code is None)


class PauseEnded(Event):
    """A pause reached its cap and ended by itself: time counts again for the leg."""

    type = "appeal.pause_ended.v1"
    source = "escalation"

    leg_id: UUID
    unit: str
    round: int
    paused_at: AwareDatetime
    clause: str


class ApprovalDeemed(DeadlineEvent):
    """The time to decide passed: what was asked for counts as approved (超时默认). The case ends.

    With `each_leg` it counts for this leg alone, and the case ends by `ApprovalDecided`.
    """

    type = "approval.deemed.v1"
    source = "escalation"

    clause: str
    each_leg: bool = Field(default=False, exclude_if=lambda each_leg: not each_leg)


class ApprovalDecided(Event):
    """What was asked of several units is decided: approved when each granted it or was silent past its time.

    One denial denies it. An approved case ends.
    """

    type = "approval.decided.v1"
    source = "escalation"

    approved: bool
    clause: str


class AppealHandedOver(DeadlineEvent):
    """The matter goes to another body, e.g. discipline inspection (纪检监察), because a deadline passed."""

    type = "appeal.handed_over.v1"
    source = "escalation"

    to: str
    clause: str
