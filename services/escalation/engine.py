"""Events of appeals as acts of the engine, and its rulings as events of appeals. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from shared import events
from shared.events import Event
from shared.rules.judging import acts, rulings
from shared.rules.judging.acts import Act
from shared.rules.judging.decide import Judgement, decide
from shared.rules.judging.rulings import Ruling
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import Calendar, Calendars


def judge(
    appeal_id: UUID, history: Iterable[Event], pack: Pack, calendar: Calendar | Calendars, upto: datetime
) -> Judgement:
    """Judge an appeal by its events, as of `upto`; events that no appeal is judged by are left out."""
    folded = [ACTS[type(event)](event) for event in history if type(event) in ACTS]
    return decide(appeal_id, folded, pack, calendar, upto)


def to_event(ruling: Ruling, appeal_id: UUID, registration_number: str) -> Event:
    """The event of a ruling, under the ruling's id."""
    borne = {field.name: getattr(ruling, field.name) for field in fields(ruling)}
    return EVENTS[type(ruling)](appeal_id=appeal_id, registration_number=registration_number, **borne)


def _act(act_type: type[Act], *names: str) -> Callable[[Any], Act]:
    """Makes an act of an event; `names` are the fields that both have, in the order of the act's."""

    def act(event: Event) -> Act:
        return act_type(event.id, event.occurred_at, *(getattr(event, name) for name in names))

    return act


def _assigned(event: events.AppealAssigned) -> Act:
    legs = tuple(
        acts.AssignedLeg(
            leg.leg_id,
            leg.unit,
            leg.role,
            leg.leader,
            leg.office_hours,
            {deadline: acts.OwnLimit(own.limit, own.due_at) for deadline, own in leg.limits.items()},
            leg.unit_kind,
        )
        for leg in event.legs
    )
    return acts.Assigned(event.id, event.occurred_at, legs, event.marks)


ACTS: dict[type[Event], Callable[[Any], Act]] = {
    events.AppealReceived: _act(acts.Opened, "kind", "withholds"),
    events.AppealAnswered: _act(acts.Answered),
    events.AppealCorrected: _act(acts.Corrected, "kind", "withholds"),
    events.AppealAssigned: _assigned,
    events.AppealContacted: _act(acts.Contacted, "leg_id"),
    events.AppealResponded: _act(acts.Responded, "leg_id", "passed_on"),
    events.StageReached: _act(acts.Reached, "leg_id", "stage", "dates", "sums", "paid", "in_full", "number"),
    events.StageProposed: _act(acts.StageProposed, "leg_id", "number"),
    events.StageDeclined: _act(acts.StageDeclined, "leg_id", "number"),
    events.AppealObjected: _act(acts.Objected, "leg_id"),
    events.ObjectionDecided: _act(acts.ObjectionDecided, "leg_id", "upheld"),
    events.LegRelieved: _act(acts.Relieved, "leg_id", "successor"),
    events.AppealMarked: _act(acts.Marked, "marks"),
    events.ExtensionRequested: _act(acts.ExtensionAsked, "leg_id"),
    events.ExtensionDenied: _act(acts.ExtensionDenied, "leg_id"),
    events.AppealExtended: _act(acts.Extended, "leg_id", "deadline", "limit"),
    events.PauseRequested: _act(acts.PauseRequested, "leg_id"),
    events.PauseDenied: _act(acts.PauseDenied, "leg_id"),
    events.AppealPaused: _act(acts.Paused, "leg_id", "ground", "runs_on"),
    events.AppealResumed: _act(acts.Resumed, "leg_id"),
    events.AppealRefused: _act(acts.Refused, "leg_id"),
    events.LiftRequested: _act(acts.LiftRequested, "leg_id"),
    events.AppealPromised: _act(acts.Promised, "leg_id", "planned_on", "rank"),
    events.AppealCompleted: _act(acts.Completed, "leg_id", "passed_on"),
    events.FindingMade: _act(acts.Found),
    events.AppealReferred: _act(acts.Referred),
    events.ReferralReceived: _act(acts.ReferralReceived),
    events.ReferralReturned: _act(acts.ReferralReturned),
    events.AppealGathered: _act(acts.Gathered),
    events.AppealInstructed: _act(acts.Instructed, "limit"),
    events.AppealSignedOff: _act(acts.SignedOff),
    events.CardWithdrawn: _act(acts.CardWithdrawn, "card_id"),
    events.AppealRated: _act(acts.Rated),
    events.FollowUpMade: _act(acts.FollowedUp, "reached"),
    events.AppealComplained: _act(acts.Complained),
    events.AppealComplaintDecided: _act(acts.ComplaintDecided),
    events.AppealReopened: _act(acts.Reopened),
    events.AppealWithdrawn: _act(acts.Withdrawn),
    events.AppealClosed: _act(acts.Closed),
}
"""The events an appeal is judged by, each with how it becomes an act."""

EVENTS: dict[type[Ruling], type[Event]] = {
    rulings.DueSoon: events.AppealDueSoon,
    rulings.Overdue: events.AppealOverdue,
    rulings.DeadlineMoved: events.DeadlineMoved,
    rulings.Reminded: events.AppealReminded,
    rulings.Supervised: events.AppealSupervised,
    rulings.ApprovalDeemed: events.ApprovalDeemed,
    rulings.ApprovalDecided: events.ApprovalDecided,
    rulings.Raised: events.AppealRaised,
    rulings.PauseEnded: events.PauseEnded,
    rulings.HandedOver: events.AppealHandedOver,
    rulings.PublicationProposed: events.PublicationProposed,
    rulings.CardIssued: events.CardIssued,
    rulings.CardCleared: events.CardCleared,
    rulings.Redispatched: events.AppealRedispatched,
    rulings.Lifted: events.AppealLifted,
}
"""The event in which each ruling is said; its fields bear the same names."""
