"""Joint study (会商): who may ask, answer and close it, and what is said of opinions that are missing. Pure.

A late opinion is counted and told, and has no card. A transition checks first and changes after.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.dispatch.acts.studies import AnswerStudy, AskStudy, CloseStudy
from services.dispatch.document import AppealDocument, AppealState, Unit
from services.dispatch.domain.bounds import check_studies
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.ends import ends_at
from services.dispatch.studies.document import Invitation, StudyRecord
from shared import events
from shared.events import Event, Role
from shared.roles import AccountRole
from shared.rules.time.ends import part_over_at
from shared.rules.time.limits import Limit
from shared.service.errors import Conflict, Forbidden, Invalid, NotFound

REMINDER_PERCENT = 75
"""So much of the time that counts is over when a unit is reminded, as of other limits. A choice."""
LONGEST = timedelta(days=366)
GOING_ON = (AppealState.RECEIVED, AppealState.ASSIGNED)


def ask(appeal: AppealDocument, act: AskStudy, context: ActContext) -> Iterator[Event]:
    """Invite units to give their opinion. They read the case from now on, though they have no leg."""
    appeal.require(*GOING_ON)
    asked_by = _asking_unit(appeal, context)
    if asked_by in act.units:
        raise Invalid("不能邀请本单位", "a unit does not invite itself", "units")
    check_studies(appeal)
    study = StudyRecord(
        number=len(appeal.studies) + 1,
        asked_by=asked_by,
        asked_at=context.at,
        invited=[_invitation(context.units[unit], act.limit, context) for unit in act.units],
    )
    appeal.studies = [*appeal.studies, study]
    yield appeal.event(events.StudyAsked, context.at, **_of(study))


def answer(appeal: AppealDocument, act: AnswerStudy, context: ActContext) -> Iterator[Event]:
    """Record an invited unit's opinion, also a late one; a second opinion of one unit is refused."""
    appeal.require(*GOING_ON)
    study = _open(appeal, act.number)
    invitation = study.invitation_of(_answering_unit(act, context))
    if invitation is None:
        raise Forbidden(
            "该单位未受邀参加此次会商", "this unit is not invited to this study", "unit" if act.unit else None
        )
    if invitation.answered_at is not None:
        raise Conflict("该单位已提交会商意见", "this unit has given its opinion already", "number")
    invitation.answered_at = context.at
    fields = {"unit": invitation.unit, "unit_name": invitation.unit_name, "asked_by": study.asked_by}
    counts = {"late": invitation.is_late(context.at), "missing": len(study.missing())}
    yield appeal.event(events.StudyAnswered, context.at, number=study.number, **fields, **counts)


def close(appeal: AppealDocument, act: CloseStudy, context: ActContext) -> Iterator[Event]:
    """End the study. The office may end any, a leading unit those that units asked for."""
    study = _open(appeal, act.number)
    if _asking_unit(appeal, context) and study.asked_by is None:
        raise Forbidden("该会商由营商环境办发起", "the office asked for this study and ends it")
    study.closed_at = context.at
    answered = [invitation for invitation in study.invited if invitation.answered_at is not None]
    late = sum(invitation.is_late(invitation.answered_at or context.at) for invitation in answered)
    counts = {"answered": len(answered), "late": late}
    yield appeal.event(events.StudyClosed, context.at, **_of(study), **counts)


def remind(appeal: AppealDocument, upto: datetime, at: datetime) -> Iterator[Event]:
    """What is to be said of missing opinions as of `upto`, said at `at`: each thing once."""
    if appeal.state not in GOING_ON:
        return
    for study in appeal.studies:
        for invitation in study.missing() if study.closed_at is None else ():
            moment = invitation.next_at()
            if moment is None or moment > upto:
                continue
            fields = {"number": study.number, "asked_by": study.asked_by, "due_at": invitation.due_at}
            fields |= {"unit": invitation.unit, "unit_name": invitation.unit_name}
            if invitation.is_late(upto):
                invitation.reminded_at, invitation.overdue_at = invitation.reminded_at or at, at
                yield appeal.event(events.StudyOverdue, at, **fields)
            else:
                invitation.reminded_at = at
                yield appeal.event(events.StudyDueSoon, at, **fields)


def next_at(appeal: AppealDocument) -> datetime | None:
    """When something is next to be said of a missing opinion; None where nothing is."""
    if appeal.state not in GOING_ON:
        return None
    return min((moment for study in appeal.studies for moment in study.moments()), default=None)


def _of(study: StudyRecord) -> dict[str, object]:
    invited = tuple(
        events.InvitedUnit(unit=each.unit, unit_name=each.unit_name, due_at=each.due_at)
        for each in study.invited
    )
    return {"number": study.number, "asked_by": study.asked_by, "invited": invited}


def _open(appeal: AppealDocument, number: int) -> StudyRecord:
    if number > len(appeal.studies):
        raise NotFound("没有这次会商", "this appeal has no such study", "number")
    study = appeal.studies[number - 1]
    if study.closed_at is not None:
        raise Conflict("该会商已结束", "this study is closed", "number")
    return study


def _asking_unit(appeal: AppealDocument, context: ActContext) -> str | None:
    """The unit that asks, None for the office. Raises `Forbidden` for a unit that does not lead."""
    if context.by.role != AccountRole.UNIT:
        return None
    if context.by.code not in {leg.unit for leg in appeal.live_legs() if leg.role is Role.LEAD}:
        raise Forbidden(
            "只有营商环境办和主办单位可以发起、结束会商",
            "the office and the lead unit alone ask for a study and end it",
        )
    return context.by.code


def _answering_unit(act: AnswerStudy, context: ActContext) -> str | None:
    if context.by.role != AccountRole.UNIT:
        if act.unit is None:
            raise Invalid("请写明是哪个单位的意见", "say which unit gave this opinion", "unit")
        return act.unit
    if act.unit not in (None, context.by.code):
        raise Forbidden("只能提交本单位的意见", "a unit gives its own opinion alone", "unit")
    return context.by.code


def _invitation(unit: Unit, limit: Limit, context: ActContext) -> Invitation:
    """Raises `Invalid` for a limit that ends more than a year ahead."""
    due_at = ends_at(limit, unit.office_hours, context.at, context)
    if due_at - context.at > LONGEST:
        raise Invalid(
            "会商时限过长：应在一年之内", "this limit ends more than a year ahead: shorten it", "limit"
        )
    hours = context.pack.office_hours.hours(unit.office_hours)
    remind_at = part_over_at(
        REMINDER_PERCENT, limit, (context.at, due_at), context.calendar, hours, pauses=()
    )
    return Invitation(unit=unit.code, unit_name=unit.name, due_at=due_at, remind_at=remind_at)
