"""An appeal's events in the fewest words, for tests of rows."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.desks.document import CaseFile
from services.desks.facts.keeping import keep
from shared import events
from shared.events import Event

APPEAL, LEG, OTHER_LEG, CARD = (UUID(int=number) for number in (1, 11, 12, 21))
NUMBER = "BZ-20260213-00001"
START = datetime(2026, 2, 13, 2, tzinfo=UTC)


def at(hours: float) -> datetime:
    """So many hours after the registration."""
    return START + timedelta(hours=hours)


def said(type_: type[Event], hours: float, **fields: Any) -> Event:
    """An event of the appeal; one about a leg is about the first."""
    if "leg_id" in type_.model_fields:
        fields = {"leg_id": LEG, "unit": "roads", **fields}
    return type_(occurred_at=at(hours), appeal_id=APPEAL, registration_number=NUMBER, **fields)


def received(**more: Any) -> Event:
    """The registration."""
    fields = {"channel": "hotline", "kind": "help", "title": "厂区门口道路破损", "pack": "bozhou-2024@3.0"}
    return said(events.AppealReceived, 0, **{**fields, "enterprise": "示例制造有限公司", **more})


def assigned(hours: float = 1, **more: Any) -> Event:
    """The dispatch to two units."""
    legs = (
        events.Leg(leg_id=LEG, unit="roads", unit_name="市交通局", role=events.Role.LEAD),
        events.Leg(leg_id=OTHER_LEG, unit="east", unit_name="东城区", role=events.Role.ASSIST),
    )
    return said(events.AppealAssigned, hours, **{"legs": legs, **more})


def deadline(kind: str, due: float | None, **more: Any) -> events.Deadline:
    """A deadline of the first leg, due so many hours after the registration."""
    fields: dict[str, Any] = {"leg_id": LEG, "unit": "roads", "round": 1, "started_at": at(1), **more}
    return events.Deadline(deadline=kind, due_at=None if due is None else at(due), **fields)


def judged(hours: float, *deadlines: events.Deadline) -> Event:
    """A judgement."""
    return said(events.AppealJudged, hours, state="dispatched", deadlines=deadlines)


def case_of(*history: Event) -> CaseFile:
    """The case after these events."""
    case = CaseFile(appeal_id=APPEAL, registration_number=NUMBER)
    for event in history:
        keep(case, event)
        case.touch(event)
    return case
