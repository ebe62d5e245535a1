"""The document of a case as last judged: deadlines, cards, lifts, supervision notices, publications."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field, computed_field, model_validator

from services.escalation.reasons.filling import UNSAID
from shared import events
from shared.appeals.document import AppealRecord
from shared.events import DeadlineKind, PackWord, Verdict
from shared.named import Coded
from shared.rules.judging.state import ANSWERABLE, CaseState
from shared.service.errors import Conflict, NotFound

OFFICE = "office"
"""By this word the ledger names the office, whatever the code of its unit."""

WRITTEN: Any = {part: {"__all__": set(words)} for part, words in UNSAID.items()} | {
    "lift": set(UNSAID["lifts"])
}
"""What people wrote with their acts: it stands in the table of reasons."""


class CardStatus(Coded):
    """How a card stands (黄牌提醒). Upheld: the unit contested it and was heard."""

    ISSUED = "issued", "已签发"
    SERVED = "served", "已送达"
    ACKNOWLEDGED = "acknowledged", "已签收"
    APPEALED = "appealed", "申诉中"
    UPHELD = "upheld", "申诉后维持"
    WITHDRAWN = "withdrawn", "已撤回"
    CLEARED = "cleared", "已销牌"


class Passed(BaseModel):
    """The passed deadline, as each consequence of it names it. `title` is the pack's name for it."""

    leg_id: UUID | None
    unit: str | None
    round: int
    deadline: PackWord
    due_at: datetime
    title: dict[str, str] = {}


class Card(Passed):
    """A card issued to a unit for an overdue leg. `cleared_at`: its leg was completed.

    `reason` is stored beside the case, as all that people write.
    """

    card_id: UUID
    card: str
    leg_id: UUID
    unit: str
    clause: str
    issued_at: datetime
    status: CardStatus = CardStatus.ISSUED
    reason: str | None = None
    cleared_at: datetime | None = None

    def clear(self, at: datetime) -> None:
        """Note that the leg was completed. A withdrawn card stays withdrawn, a contested one contested."""
        self.cleared_at = at
        if self.status not in (CardStatus.WITHDRAWN, CardStatus.APPEALED):
            self.status = CardStatus.CLEARED

    def stands(self) -> bool:
        """Whether the leg it was issued for is still to be completed."""
        return self.cleared_at is None and self.status not in (CardStatus.WITHDRAWN, CardStatus.CLEARED)


class Lift(BaseModel):
    """A lifted appeal: to whom, why, with which task force (专班) and instruction (批示).

    `leader` is the leader or the post that the pack names, the office `named` another since. `acts` is
    who acts for them: as stored, when it was lifted; as read, now. `limits`: how many an instruction set.
    """

    lift_id: UUID | None = None
    leader: str | None
    acts: str | None = None
    named: str | None = None
    named_reason: str | None = None
    named_at: datetime | None = None
    level: PackWord | None = None
    reason: events.LiftReason
    unit: str | None
    clause: str
    lifted_at: datetime
    instruction: str | None = None
    limits: int = 0
    task_force: tuple[str, ...] = ()
    signed_off_at: datetime | None = None


class Notice(Passed):
    """A supervision notice (督办): who let which deadline pass."""

    notice_id: UUID
    clause: str
    issued_at: datetime


class Move(Passed):
    """A deadline that a year's holiday notice moved; `calendar` is the version that did."""

    was_due_at: datetime
    calendar: str
    moved_at: datetime


class Raise(Passed):
    """What the office let pass went up (上报), to its head or the `leader` above it."""

    to: events.RaisedTo
    clause: str
    leader: str | None = None
    raised_at: datetime


class Gathering(BaseModel):
    """What the office gathered before a lift (汇总梳理)."""

    summary: str = ""
    gathered_at: datetime


class Missed(BaseModel):
    """A deadline of the office that passed and is not met: since when, and to whom it was raised."""

    leg_id: UUID | None
    round: int
    deadline: PackWord
    title: dict[str, str] = {}
    since: datetime
    raised: list[Raise] = []


class HandOver(Passed):
    """The matter went to another body, e.g. discipline inspection."""

    to: str
    clause: str
    handed_over_at: datetime


class Publication(Passed):
    """Proposed for the red and black list: reviewed with the unit's answer, then shown until a day."""

    publication_id: UUID
    clause: str
    proposed_at: datetime
    answer: str | None = None
    answered_at: datetime | None = None
    published: bool | None = None
    heard: bool = False
    reason: str | None = None
    decided_at: datetime | None = None
    expires_on: date | None = None


class CaseDocument(AppealRecord):
    """A case as last judged, up to `judged_upto`.

    `said` are the ids of the judge's events; none is emitted again. `units` are names by code. `traceparent`
    is the trace of the request that registered the appeal.
    """

    source_id: str | None = None
    pack: str | None = None
    state: str = "registered"
    rounds: int = 0
    units: dict[str, str] = Field(default_factory=dict)
    deadlines: list[events.Deadline] = Field(default_factory=list)
    cards: list[Card] = Field(default_factory=list)
    lifts: list[Lift] = Field(default_factory=list)
    notices: list[Notice] = Field(default_factory=list)
    moves: list[Move] = Field(default_factory=list)
    raised: list[Raise] = Field(default_factory=list)
    gathered: list[Gathering] = Field(default_factory=list)
    handed_over: list[HandOver] = Field(default_factory=list)
    publications: list[Publication] = Field(default_factory=list)
    said: set[UUID] = Field(default_factory=set)
    judged_upto: datetime | None = None
    traceparent: str | None = None
    version: int = 0

    @model_validator(mode="before")
    @classmethod
    def _with_lifts(cls, data: Any) -> Any:
        """Read a document of a release that kept one lift a case."""
        if isinstance(data, dict) and "lifts" not in data and data.get("lift"):
            return {**data, "lifts": [data["lift"]]}
        return data

    def stored(self) -> str:
        """The case as it is stored: what people wrote stands beside it."""
        return self.model_dump_json(exclude=WRITTEN)

    def forget_words(self) -> None:
        """Take out what people wrote, which cases of earlier versions have in themselves."""
        for part, words in UNSAID.items():
            for row in getattr(self, part):
                for name, unsaid in words.items():
                    setattr(row, name, unsaid)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def lift(self) -> Lift | None:
        """The newest lift."""
        return self.lifts[-1] if self.lifts else None

    def card(self, card_id: UUID) -> Card:
        """The card, or `NotFound`."""
        for card in self.cards:
            if card.card_id == card_id:
                return card
        raise NotFound("没有这张黄牌", "this case has no such card", "card_id")

    def publication(self, publication_id: UUID) -> Publication:
        """The publication, or `NotFound`."""
        for publication in self.publications:
            if publication.publication_id == publication_id:
                return publication
        raise NotFound(
            "没有这项拟公开事项", "nothing of this case is proposed under this id", "publication_id"
        )

    def lifted(self) -> Lift:
        """The newest lift, or `Conflict`."""
        if self.lift is None:
            raise Conflict("该诉求未提级办理", "this appeal was not lifted")
        return self.lift

    def waits_for_gathering(self) -> bool:
        """Whether a lift waits for what the office gathers."""
        open_ = (deadline for deadline in self.deadlines if deadline.verdict == Verdict.OPEN)
        return any(deadline.deadline == events.DeadlineKind.GATHERING for deadline in open_)

    def is_done(self) -> bool:
        """Whether the case has ended. One that was guided elsewhere has once it was received there."""
        if self.state == CaseState.REFERRED:
            return not any(
                deadline.deadline == DeadlineKind.REFERRAL
                and deadline.met_at is None
                and deadline.verdict in (Verdict.OPEN, Verdict.OVERDUE)
                for deadline in self.deadlines
            )
        return self.state in _DONE

    def supervised(self) -> bool:
        """Whether it is on the ledger (督办台账): something is overdue, carded or lifted, and it is not done.

        A case that is done stands there as long as a complaint about it waits too long.
        """
        if self.is_done():
            return bool(self.answers_owed())
        return bool(self.lifts or self.notices or self.blamed() or self.raised_still())

    def raised_still(self) -> list[Raise]:
        """What the office let pass, was raised, and is not met yet."""
        late = {_which(d) for d in self.deadlines if d.verdict == Verdict.OVERDUE and d.met_at is None}
        return [raised for raised in self.raised if _which(raised) in late]

    def office_missed(self) -> list[Missed]:
        """What the office let pass itself and has not met since."""
        return [
            Missed(
                leg_id=deadline.leg_id,
                round=deadline.round,
                deadline=deadline.deadline,
                title=deadline.title,
                since=deadline.due_at,
                raised=[raised for raised in self.raised if _which(raised) == _which(deadline)],
            )
            for deadline in (self.answers_owed() if self.is_done() else self.missed())
            if deadline.unit is None and deadline.due_at is not None
        ]

    def answers_owed(self) -> list[events.Deadline]:
        """The complaints that wait for an answer longer than they may, also after closure or referral."""
        answerable = self.state in ANSWERABLE
        return [d for d in self.missed() if answerable and d.deadline == DeadlineKind.COMPLAINT]

    def missed(self) -> list[events.Deadline]:
        """The overdue deadlines of units and of the office not met since. A lift's is the leader's."""
        return [
            deadline
            for deadline in self.deadlines
            if deadline.verdict == Verdict.OVERDUE
            and deadline.met_at is None
            and deadline.deadline != DeadlineKind.LIFTED
        ]

    def blamed(self) -> list[str]:
        """The units, and the office, with a card that stands or an overdue deadline not met since."""
        late = {deadline.unit or OFFICE for deadline in self.missed()}
        return sorted(late | {card.unit for card in self.cards if card.stands()})


def _which(deadline: Passed | events.Deadline) -> tuple[object, ...]:
    return deadline.leg_id, deadline.round, deadline.deadline, deadline.due_at


_DONE = (CaseState.CLOSED, CaseState.WITHDRAWN, CaseState.APPROVED)
