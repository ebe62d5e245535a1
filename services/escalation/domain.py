"""What people may do to cards, lifts and publications. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from services.escalation import acts
from services.escalation.document import Card, CardStatus, CaseDocument, Gathering, Lift, Publication
from services.escalation.leaders.directory import Directory
from shared import events
from shared.directory.leaders import TOP
from shared.events import DeadlineKind, Event
from shared.roles import AccountRole
from shared.rules.time.limits import LimitUnit
from shared.service.accounts import Caller
from shared.service.errors import Conflict, Forbidden, Invalid

TIMES_THE_USUAL = 100
WITHOUT_USUAL_DAYS = 366
"""How long an instructed limit may be without a word, where the case has none to compare it with."""
_DAYS = {
    LimitUnit.NATURAL_DAYS: 1.0,
    LimitUnit.WORKING_DAYS: 1.0,
    LimitUnit.HALF_WORKING_DAYS: 0.5,
    LimitUnit.WORKING_HOURS: 1 / 24,
    LimitUnit.MONTHS: 28.0,
}
"""How many days a limit takes at least, by unit."""


@dataclass(frozen=True, slots=True)
class ActContext:
    """When an act is done, and by whom. `today` is the day in the jurisdiction."""

    at: datetime
    by: Caller
    today: date
    directory: Directory = field(default_factory=Directory)


def perform(case: CaseDocument, act: acts.Act, context: ActContext) -> list[Event]:
    """Apply `act` to the case; returns the events of it. Raises `Conflict`, `Forbidden` or `Invalid`."""
    emitted = list(_TRANSITIONS[type(act)](case, act, context))
    case.version += 1
    return emitted


def _move(card: Card, to: CardStatus, *allowed: CardStatus, reason: str | None = None) -> None:
    if card.status not in allowed:
        raise Conflict(
            f"该黄牌现为“{card.status.zh}”，不能进行此操作",
            f"the card is {card.status}: this cannot happen now",
        )
    card.status = to
    card.reason = reason or card.reason


def _own_card(case: CaseDocument, act: acts.CardAct, caller: Caller) -> Card:
    card = case.card(act.card_id)
    if caller.role == AccountRole.UNIT and caller.code != card.unit:
        raise Forbidden("该黄牌不属于本单位", "this card is another unit's")
    return card


def serve(case: CaseDocument, act: acts.Serve, context: ActContext) -> Iterator[Event]:
    """The office hands the card to the unit."""
    card = _own_card(case, act, context.by)
    _move(card, CardStatus.SERVED, CardStatus.ISSUED)
    yield case.event(events.CardServed, context.at, card_id=card.card_id, unit=card.unit)


def acknowledge(case: CaseDocument, act: acts.Acknowledge, context: ActContext) -> Iterator[Event]:
    """The unit acknowledges the card."""
    card = _own_card(case, act, context.by)
    _move(card, CardStatus.ACKNOWLEDGED, CardStatus.ISSUED, CardStatus.SERVED)
    yield case.event(events.CardAcknowledged, context.at, card_id=card.card_id, unit=card.unit)


def contest(case: CaseDocument, act: acts.Contest, context: ActContext) -> Iterator[Event]:
    """The unit contests the card, once."""
    card = _own_card(case, act, context.by)
    _move(
        card,
        CardStatus.APPEALED,
        CardStatus.ISSUED,
        CardStatus.SERVED,
        CardStatus.ACKNOWLEDGED,
        reason=act.reason,
    )
    yield case.event(events.CardAppealed, context.at, card_id=card.card_id, unit=card.unit, reason=act.reason)


def uphold(case: CaseDocument, act: acts.Uphold, context: ActContext) -> Iterator[Event]:
    """The office heard the unit, and the card stands; if its leg was completed meanwhile it is cleared."""
    card = _own_card(case, act, context.by)
    to = CardStatus.CLEARED if card.cleared_at else CardStatus.UPHELD
    _move(card, to, CardStatus.APPEALED, reason=act.reason)
    yield case.event(events.CardUpheld, context.at, card_id=card.card_id, unit=card.unit, reason=act.reason)


def withdraw(case: CaseDocument, act: acts.Withdraw, context: ActContext) -> Iterator[Event]:
    """The office takes the card back; it no longer counts."""
    card = _own_card(case, act, context.by)
    _move(
        card,
        CardStatus.WITHDRAWN,
        CardStatus.ISSUED,
        CardStatus.SERVED,
        CardStatus.ACKNOWLEDGED,
        CardStatus.APPEALED,
        CardStatus.UPHELD,
        reason=act.reason,
    )
    yield case.event(
        events.CardWithdrawn, context.at, card_id=card.card_id, unit=card.unit, reason=act.reason
    )


def instruct(case: CaseDocument, act: acts.Instruct, context: ActContext) -> Iterator[Event]:
    """The leader orders something (批示), with a task force and, if need be, a limit."""
    lift = _own_lift(case, context)
    context.directory.check_named(act.task_force, case.units, "task_force")
    _check_limit(case, act)
    if act.limit:
        _check_first_limit(lift, context)
        lift.limits += 1
    lift.instruction, lift.task_force = act.instruction, act.task_force
    yield case.event(
        events.AppealInstructed,
        context.at,
        leader=context.by.code or context.by.name,
        instruction=act.instruction,
        task_force=act.task_force,
        limit=act.limit,
    )


def _check_first_limit(lift: Lift, context: ActContext) -> None:
    """Raise `Forbidden` where the lift was given a limit before: another one takes the mayor's word."""
    if lift.limits and context.by.code != context.directory.leaders.acting(TOP, context.today):
        raise Forbidden(
            "提级办理的时限已由批示确定过一次，再次调整须由市长批示；不改时限的，请勿填写 limit",
            "an instruction has set this limit already: to set another takes the mayor; leave `limit` out",
            "limit",
        )


def _check_limit(case: CaseDocument, act: acts.Instruct) -> None:
    """Raise `Invalid` for a limit oddly longer than the time for lifted handling, unless it is confirmed."""
    if act.limit is None or act.confirmed:
        return
    lifted = [deadline for deadline in case.deadlines if deadline.deadline == DeadlineKind.LIFTED]
    due_at = lifted[0].due_at if lifted else None
    usual = due_at and (due_at - lifted[0].started_at) / timedelta(days=1)
    if act.limit.number * _DAYS[act.limit.unit] > (TIMES_THE_USUAL * usual if usual else WITHOUT_USUAL_DAYS):
        raise Invalid(
            "批示的时限远长于通常的提级办理时限：请核对；确认无误的，请加上 confirmed: true 再提交",
            "this limit is far longer than the usual time for lifted handling: look at it again; "
            "if it is meant, send it with confirmed: true",
            "limit",
        )


def sign_off(case: CaseDocument, _act: acts.SignOff, context: ActContext) -> Iterator[Event]:
    """The leader signs the lifted handling off."""
    lift = _own_lift(case, context)
    lift.signed_off_at = context.at
    yield case.event(events.AppealSignedOff, context.at, leader=context.by.code or context.by.name)


def gather(case: CaseDocument, act: acts.Gather, context: ActContext) -> Iterator[Event]:
    """The office gathered what a lift waits for: the case is lifted now."""
    if not case.waits_for_gathering():
        raise Conflict(
            "没有等待汇总梳理的提级，或者尚未研判到",
            "no lift of this appeal waits for what the office gathers, or it was not judged yet",
        )
    case.gathered = [*case.gathered, Gathering(summary=act.summary, gathered_at=context.at)]
    yield case.event(events.AppealGathered, context.at, summary=act.summary)


def name_leader(case: CaseDocument, act: acts.NameLeader, context: ActContext) -> Iterator[Event]:
    """The office names another leader for the lifted case, who acts from now on."""
    lift = _unsigned_lift(case)
    context.directory.check_leader(act.leader, context.today)
    lift.named, lift.named_reason, lift.named_at = act.leader, act.reason, context.at
    lift.acts = context.directory.acting_in(lift, context.today)
    acting = lift.acts if lift.acts != act.leader else None
    yield case.event(
        events.LeaderNamed,
        context.at,
        leader=act.leader,
        acts=acting,
        reason=act.reason,
    )


def _unsigned_lift(case: CaseDocument) -> Lift:
    lift = case.lifted()
    if lift.signed_off_at is not None:
        raise Conflict("提级办理已签批", "the lifted handling was signed off already")
    return lift


def _own_lift(case: CaseDocument, context: ActContext) -> Lift:
    """The newest lift, if the caller may act on it. A case lifted further is the lower leader's no more."""
    lift, caller = _unsigned_lift(case), context.by
    if caller.role == AccountRole.LEADER and not context.directory.may_act(caller.code, lift, context.today):
        raise Forbidden("该诉求由其他领导牵头", "another leader leads this appeal")
    return lift


def answer_publication(
    case: CaseDocument, act: acts.AnswerPublication, context: ActContext
) -> Iterator[Event]:
    """The unit answers what is to be published of it; until the review ends it may answer anew."""
    publication = _undecided(case, act)
    if context.by.role == AccountRole.UNIT and context.by.code != publication.unit:
        raise Forbidden("拟公开事项不涉及本单位", "what is proposed is about another unit")
    publication.answer, publication.answered_at = act.text, context.at
    yield case.event(
        events.PublicationAnswered, context.at, publication_id=act.publication_id, unit=publication.unit
    )


def decide_publication(
    case: CaseDocument, act: acts.DecidePublication, context: ActContext
) -> Iterator[Event]:
    """The office ends the review. Only what the unit answered, or was heard on, may be published."""
    publication = _undecided(case, act)
    if act.published:
        _check_publishable(publication, act, context.today)
    publication.published, publication.heard, publication.reason = act.published, act.heard, act.reason
    publication.expires_on = act.expires_on if act.published else None
    publication.decided_at = context.at
    yield case.event(
        events.PublicationDecided,
        context.at,
        publication_id=act.publication_id,
        unit=publication.unit,
        published=act.published,
        expires_on=publication.expires_on,
        reason=act.reason,
    )


def _check_publishable(publication: Publication, act: acts.DecidePublication, today: date) -> None:
    if publication.answer is None and not act.heard:
        raise Conflict(
            "单位尚未答复：待其答复，或以 heard 注明已当面听取意见",
            "the unit has not answered: wait for it, or say by `heard` that it was heard otherwise",
            "heard",
        )
    if act.expires_on is None or act.expires_on <= today:
        raise Invalid(
            "公开须有期限：请填写今天以后的日期",
            "what is published expires: give a day after today",
            "expires_on",
        )


def _undecided(case: CaseDocument, act: acts.PublicationAct) -> Publication:
    publication = case.publication(act.publication_id)
    if publication.decided_at is not None:
        raise Conflict("该事项已审核完毕", "the review of this publication has ended")
    return publication


_TRANSITIONS: dict[type[acts.Act], Any] = {
    acts.Serve: serve,
    acts.Acknowledge: acknowledge,
    acts.Contest: contest,
    acts.Uphold: uphold,
    acts.Withdraw: withdraw,
    acts.Instruct: instruct,
    acts.Gather: gather,
    acts.NameLeader: name_leader,
    acts.SignOff: sign_off,
    acts.AnswerPublication: answer_publication,
    acts.DecidePublication: decide_publication,
}
