"""An appeal at intake, and what may be said of it: the pieces of these tests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.intake import acts, domain
from services.intake.file import File
from services.intake.handlers import HANDLERS
from shared import events
from shared.events import Channel, Event
from shared.rules.pack import pack
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import Calendar

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(ZONE)
BARE = pack.load("case-limits")
"""A pack that says nothing of reopening, merging, stages or levels."""
APPEAL = UUID(int=1)
LEG, OTHER = UUID(int=2), UUID(int=3)
NUMBER = "BZ-20260213-00042"
START = datetime(2026, 2, 13, 2, tzinfo=UTC)
ENTERPRISE = acts.Enterprise(name="某某食品有限公司", contact_name="某甲", phone="0558-1234567")


class Desk:
    """A desk without a database."""

    def __init__(self, file: File) -> None:
        self.held = file

    def file(self, appeal_id: UUID) -> File:
        assert appeal_id == self.held.appeal_id
        return self.held

    def keep(self, file: File) -> None:
        self.held = file


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


def wish(channel: Channel = Channel.WEB, enterprise: acts.Enterprise | None = ENTERPRISE) -> acts.Register:
    return acts.Register(
        channel=channel,
        kind=events.Kind.HELP,
        title="用电",
        text="厂区停电",
        locality="qiaocheng",
        enterprise=enterprise,
    )


def received() -> File:
    return domain.receive(wish(), APPEAL, NUMBER, BARE.ref, START)[0]


def said(type_: type[Event], at: float, **fields: Any) -> Event:
    return type_(occurred_at=hours(at), appeal_id=APPEAL, registration_number=NUMBER, **fields)


def of_leg(type_: type[Event], at: float, leg: UUID = LEG, **fields: Any) -> Event:
    return said(type_, at, leg_id=leg, unit="power" if leg == LEG else "town", **fields)


def assigned(at: float = 1, *legs: UUID) -> Event:
    given = [
        events.Leg(leg_id=leg, unit="power" if leg == LEG else "town", unit_name="某局", role="lead")
        for leg in legs or (LEG,)
    ]
    return said(events.AppealAssigned, at, legs=tuple(given))


def completed(at: float, leg: UUID = LEG) -> Event:
    return of_leg(events.AppealCompleted, at, leg, outcome="solved")


def contacted(at: float) -> Event:
    return of_leg(events.AppealContacted, at, how="phone")


def overdue(at: float) -> Event:
    return of_leg(events.AppealOverdue, at, round=1, deadline="reply", due_at=hours(at))


def again(at: float, round_: int = 2, reason: str = "overdue") -> Event:
    return of_leg(events.AppealRedispatched, at, round=round_, reason=reason)


def upheld(at: float, leg: UUID = LEG, *, yes: bool = True) -> Event:
    return of_leg(events.ObjectionDecided, at, leg, upheld=yes, reason="非本单位职责")


REFERRED = said(events.AppealReferred, 2, to="劳动仲裁{0}", reason="属仲裁事项")
LIFTED = said(events.AppealLifted, 2, reason="kind", leader="mayor", unit=None, clause="§3")
CLOSED = said(events.AppealClosed, 9)
FOUND = said(events.FindingMade, 4.5, reasonable=True, by="office", reason="属实{1}")
APPROVED = said(
    events.ApprovalDeemed,
    8,
    leg_id=LEG,
    unit="power",
    round=1,
    deadline="decision",
    due_at=hours(8),
    title={"zh": "审批", "en": "approval"},
    clause="§5",
)
INSTRUCTED = said(events.AppealInstructed, 3, leader="mayor", instruction="某甲须三日内解决")


def heard(*told: Event, file: File | None = None) -> File:
    desk = Desk(file or received())
    for event in told:
        HANDLERS[type(event)](desk, event)
    return desk.held


def doing(at: float, rules: Pack = BARE, *, past: bool = False) -> domain.Doing:
    return domain.Doing(hours(at), "office", rules, CALENDAR, past)


def done(file: File, *steps: tuple[acts.Act, float], rules: Pack = BARE, past: bool = False) -> File:
    for act, at in steps:
        file, _ = domain.perform(file, act, doing(at, rules, past=past))
    return file


def under(**more: Any) -> Pack:
    """A pack with these desks."""
    return BARE.model_copy(update=more)


SATISFIED = acts.Rate(rating="satisfied")
UNSATISFIED = acts.Rate(rating="not_satisfied", comment="仍未通电")
WITHDRAW = acts.Withdraw(reason="已自行解决")
REOPEN = acts.Reopen(reason="情况属实")
REACHED = acts.FollowUp(reached=True)
MISSED = acts.FollowUp(reached=False)
RATED_BY_PHONE = acts.FollowUp(reached=True, rating="not_satisfied", comment="电话里说仍停电")
