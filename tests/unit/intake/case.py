"""The pieces of these tests: an appeal at intake, events of it, and acts on it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.intake import acts
from services.intake.city.city_tables import CityTables
from services.intake.city.officers import Officers
from services.intake.document import AppealDocument
from services.intake.domain.context import ActContext
from services.intake.domain.registration import receive
from services.intake.domain.transitions import perform
from services.intake.handlers import HANDLERS
from shared import events
from shared.appeals.categories import Categories
from shared.appeals.channels import ALL, Channels
from shared.events import Channel, Event
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import Calendar

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(ZONE)
CITY = CityTables(Categories.load(None), Channels.load(ALL), Officers.load(None))
BARE = pack_files.load("case-limits")
"""A pack that says nothing of reopening, merging, stages or levels."""
APPEAL = UUID(int=1)
LEG, OTHER = UUID(int=2), UUID(int=3)
NUMBER = "BZ-20260213-00042"
START = datetime(2026, 2, 13, 2, tzinfo=UTC)
ENTERPRISE = acts.Enterprise(name="某某食品有限公司", contact_name="某甲", phone="0558-1234567")


class MemoryWork:
    """A unit of work of one appeal, without a database."""

    def __init__(self, appeal: AppealDocument) -> None:
        self.kept = appeal

    def appeal(self, appeal_id: UUID) -> AppealDocument:
        assert appeal_id == self.kept.appeal_id
        return self.kept

    def keep(self, appeal: AppealDocument) -> None:
        self.kept = appeal


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


def registration(
    channel: Channel = Channel.WEB, enterprise: acts.Enterprise | None = ENTERPRISE, **more: Any
) -> acts.Register:
    body = {
        "channel": channel,
        "kind": events.Kind.HELP,
        "title": "用电",
        "text": "厂区停电",
        "locality": "qiaocheng",
        "enterprise": enterprise,
        **more,
    }
    return acts.Register.model_validate(body)


def received() -> AppealDocument:
    return receive(registration(), APPEAL, NUMBER, BARE.ref, START)[0]


def appeal_event(type_: type[Event], at: float, **fields: Any) -> Event:
    return type_(occurred_at=hours(at), appeal_id=APPEAL, registration_number=NUMBER, **fields)


def leg_event(type_: type[Event], at: float, leg: UUID = LEG, **fields: Any) -> Event:
    return appeal_event(type_, at, leg_id=leg, unit="power" if leg == LEG else "town", **fields)


def assigned(at: float = 1, *legs: UUID) -> Event:
    legs = [
        events.Leg(leg_id=leg, unit="power" if leg == LEG else "town", unit_name="某局", role="lead")
        for leg in legs or (LEG,)
    ]
    return appeal_event(events.AppealAssigned, at, legs=tuple(legs))


def completed(at: float, leg: UUID = LEG) -> Event:
    return leg_event(events.AppealCompleted, at, leg, outcome="solved")


def contacted(at: float) -> Event:
    return leg_event(events.AppealContacted, at, how="phone")


def overdue(at: float) -> Event:
    return leg_event(events.AppealOverdue, at, round=1, deadline="reply", due_at=hours(at))


def again(at: float, round_: int = 2, reason: str = "overdue") -> Event:
    return leg_event(events.AppealRedispatched, at, round=round_, reason=reason)


def upheld(at: float, leg: UUID = LEG, *, yes: bool = True) -> Event:
    return leg_event(events.ObjectionDecided, at, leg, upheld=yes, reason="非本单位职责")


def relieved(at: float, leg: UUID = LEG) -> Event:
    return leg_event(events.LegRelieved, at, leg, reason="改由他单位办理")


def watched(at: float, role: str, leg: UUID = OTHER) -> Event:
    legs = (events.Leg(leg_id=leg, unit="town", unit_name="某镇", role=role),)
    return appeal_event(events.AppealAssigned, at, legs=legs)


REFERRED = appeal_event(events.AppealReferred, 2, to="劳动仲裁{0}", reason="属仲裁事项")
LIFTED = appeal_event(events.AppealLifted, 2, reason="kind", leader="mayor", unit=None, clause="§3")
CLOSED = appeal_event(events.AppealClosed, 9)
FOUND = appeal_event(events.FindingMade, 4.5, reasonable=True, by="office", reason="属实{1}")
APPROVED = appeal_event(
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
INSTRUCTED = appeal_event(events.AppealInstructed, 3, leader="mayor", instruction="某甲须三日内解决")


def heard(*history: Event, appeal: AppealDocument | None = None) -> AppealDocument:
    work = MemoryWork(appeal or received())
    for event in history:
        HANDLERS[type(event)](work, event)
    return work.kept


def act_context(at: float, rules: Pack = BARE, *, past: bool = False) -> ActContext:
    return ActContext(hours(at), "office", rules, CALENDAR, past)


def done(
    appeal: AppealDocument, *steps: tuple[acts.AppealAct, float], rules: Pack = BARE, past: bool = False
) -> AppealDocument:
    for act, at in steps:
        appeal, _ = perform(appeal, act, act_context(at, rules, past=past))
    return appeal


def under(**more: Any) -> Pack:
    """A pack with these rules."""
    return BARE.model_copy(update=more)


SATISFIED = acts.Rate(rating="satisfied")
UNSATISFIED = acts.Rate(rating="not_satisfied", comment="仍未通电")
WITHDRAW = acts.Withdraw(reason="已自行解决")
REOPEN = acts.Reopen(reason="情况属实")
REACHED = acts.FollowUp(reached=True)
MISSED = acts.FollowUp(reached=False)
RATED_BY_PHONE = acts.FollowUp(reached=True, rating="not_satisfied", comment="电话里说仍停电")
