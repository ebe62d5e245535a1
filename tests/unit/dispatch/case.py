"""A case at dispatch for the tests: its pack, its units, and what is done to it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.dispatch.acts.assignment import Assign
from services.dispatch.acts.base import AppealAct, LegAct
from services.dispatch.document import AppealDocument, JudgedDeadline, Unit
from services.dispatch.domain.context import ActContext
from services.dispatch.domain.transitions import perform
from shared.directory.leaders import Leaders
from shared.events import Event, Verdict
from shared.roles import AccountRole
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import Calendar
from shared.service.accounts import Caller
from shared.service.errors import HuyingError

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(ZONE)
LADDER = pack_files.load(Path(__file__).parent / "ladder.yaml")
PLAIN = pack_files.load("case-limits")
UNITS = {
    code: Unit(code=code, name=name, kind="department", head=head, leader="li")
    for code, name, head in (
        ("roads", "市交通局", "赵局长"),
        ("water", "市水务局", None),
        ("east", "东城区", None),
        ("south", "南城区", None),
    )
}
OFFICE = Caller("office", AccountRole.OFFICE)
IMPORTER = Caller("importer", AccountRole.IMPORTER)
ROADS = Caller("roads", AccountRole.UNIT, "roads")
WATER = Caller("water", AccountRole.UNIT, "water")
LEADER = Caller("li", AccountRole.LEADER, "li")
MAYOR = Caller("mayor", AccountRole.LEADER, "mayor")
MONDAY = datetime(2026, 11, 9, 9, tzinfo=ZONE)
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    """`11-09 10:00` of 2026 in the city's zone."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


class CaseAtDispatch:
    """One case, received on Monday 2026-11-09 at 09:00."""

    def __init__(self, rules: Pack = LADDER, number: int = 1) -> None:
        self.rules = rules
        self.now = MONDAY
        self.deadlines: tuple[JudgedDeadline, ...] = ()
        self.leaders = Leaders()
        self.appeal = AppealDocument(
            appeal_id=UUID(int=number),
            registration_number=f"LD-20261109-0000{number}",
            title="路灯不亮",
            kind="help",
            channel="web",
            enterprise="甲",
            locality=None,
            pack=rules.ref,
            received_at=MONDAY,
        )

    def context(self, by: Caller, at: datetime | None = None, *, past: bool = False) -> ActContext:
        """That `by` acts at `at`, or now."""
        when = at or self.now
        return ActContext(when, by, self.rules, CALENDAR, UNITS, self.deadlines, past, self.leaders)

    def do(self, by: Caller, act: type[AppealAct], /, *, past: bool = False, **body: Any) -> list[Event]:
        """One act a minute later; on the first leg where it is about a leg."""
        self.now += timedelta(minutes=1)
        if issubclass(act, LegAct):
            body = {"leg_id": self.appeal.legs[0].leg_id if self.appeal.legs else UUID(int=0), **body}
        return perform(self.appeal, act.model_validate(body), self.context(by, past=past))

    def assigned(self, *units: str, **body: Any) -> "CaseAtDispatch":
        """Dispatched to these units, the first of which leads."""
        legs = [
            {"unit": unit, "role": "assist" if i else "lead"} for i, unit in enumerate(units or ("roads",))
        ]
        self.do(OFFICE, Assign, legs=legs, **body)
        return self

    def runs(
        self, deadline: str, due_at: datetime | None, verdict: Verdict = Verdict.OPEN
    ) -> "CaseAtDispatch":
        """The judge said that this deadline of the first leg stands so."""
        leg = self.appeal.legs[0]
        started_at = leg.round_at or self.now
        judged = JudgedDeadline(
            leg_id=leg.leg_id, deadline=deadline, started_at=started_at, due_at=due_at, verdict=verdict
        )
        self.deadlines = (*(known for known in self.deadlines if known.deadline != deadline), judged)
        return self


def refused(
    case: CaseAtDispatch, status: int, words: str, by: Caller, act: type[AppealAct], /, **body: Any
) -> HuyingError:
    """The refusal, in both languages, with `words` in it or naming the field; the case stays as it was."""
    before = case.appeal.model_dump_json()
    with pytest.raises(HuyingError) as raised:
        case.do(by, act, **body)
    refusal = raised.value
    assert refusal.status == status, refusal.en
    assert words in f"{refusal.zh} {refusal.en} {refusal.field}"
    assert any("\u4e00" <= letter <= "\u9fff" for letter in refusal.zh)
    assert case.appeal.model_dump_json() == before
    return refusal
