"""However much is done to one case, each of its events stays small enough to be sent."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from services.dispatch.acts.assignment import Assign
from services.dispatch.acts.extensions import DecideExtension, RequestExtension
from services.dispatch.acts.office import DecideObjection
from services.dispatch.acts.pauses import Pause, Resume
from services.dispatch.acts.stages import MOST_DATES, DecideStage, Reach
from services.dispatch.acts.units import Object, Reply
from services.dispatch.domain import bounds
from services.escalation.document import CaseDocument
from services.escalation.engine import judge
from services.escalation.judgement import take
from shared import events
from shared.events import Event
from shared.messaging import wire
from shared.messaging.sizes import LARGEST_RECORD
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.service.errors import Conflict
from tests.unit.dispatch.case import CALENDAR, LADDER, MONDAY, OFFICE, ROADS, CaseAtDispatch

REASON = "需" * 500
BOZHOU = pack_files.load("bozhou-2024@2")
Greed = Callable[[CaseAtDispatch], Iterator[list[Event]]]


def plans(case: CaseAtDispatch) -> Iterator[list[Event]]:
    """One unit reports sixty dates again and again."""
    stage = next((stage.stage for stage in case.rules.stages if stage.dates), "none")
    for plan in count():
        first = MONDAY + timedelta(days=2000, minutes=plan)
        dates = [(first + timedelta(days=day)).isoformat() for day in range(60)]
        yield case.do(ROADS, Reach, stage=stage, text="x" * 20_000, dates=dates)


def stages(case: CaseAtDispatch) -> Iterator[list[Event]]:
    stage = next((stage.stage for stage in case.rules.stages if not stage.dates), "none")
    while True:
        yield case.do(ROADS, Reach, stage=stage, text="已到账")


def reports(case: CaseAtDispatch) -> Iterator[list[Event]]:
    """The debtor reports payments that nobody confirms."""
    while True:
        reported = case.do(ROADS, Reach, stage="paid", amount="1", in_full=True, text="已付")
        number = case.appeal.legs[0].proposals
        decision = {"number": number, "confirmed": False, "by": "office", "reason": REASON}
        yield [*reported, *case.do(OFFICE, DecideStage, **decision)]


def pauses(case: CaseAtDispatch) -> Iterator[list[Event]]:
    ground: dict[str, Any] = {"ground": "papers"} if case.rules.pauses and case.rules.pauses.grounds else {}
    while True:
        case.now += timedelta(hours=1)
        paused = case.do(OFFICE, Pause, reason=REASON, approver="李副市长", rank="leader", **ground)
        yield [*paused, *case.do(OFFICE, Resume)]


def objections(case: CaseAtDispatch) -> Iterator[list[Event]]:
    while True:
        objected = case.do(ROADS, Object, reason=REASON)
        yield [*objected, *case.do(OFFICE, DecideObjection, upheld=False, reason=REASON)]


def extensions(case: CaseAtDispatch) -> Iterator[list[Event]]:
    for number in count():
        case.runs("completion", case.now + timedelta(days=1))
        leg = case.appeal.legs[0]
        leg.round = number + 1  # the pack lets each round be extended once
        case.do(ROADS, Reply, text="办理中")
        limit = {"number": 10, "unit": "working_days"}
        asked = case.do(ROADS, RequestExtension, limit=limit, reason=REASON)
        decision = {"approved": True, "approver": "张主任", "reason": REASON, "rank": "office"}
        yield [*asked, *case.do(OFFICE, DecideExtension, **decision)]


def legs(case: CaseAtDispatch) -> Iterator[list[Event]]:
    """Each unit's objection is upheld, and the next gets the case, with limits of its own."""
    own = {"completion": {"limit": {"number": 5, "unit": "working_days"}}}
    while True:
        leg_id = case.appeal.legs[-1].leg_id
        decision = {"leg_id": leg_id, "upheld": True, "reason": REASON}
        emitted = case.do(OFFICE, Object, leg_id=leg_id, reason=REASON)
        emitted += case.do(OFFICE, DecideObjection, **decision)
        yield emitted + case.do(OFFICE, Assign, legs=[{"unit": "roads", "limits": own}])


def until_refused(doing: Iterator[list[Event]]) -> tuple[list[Event], Conflict]:
    """What was said until a `Conflict` ended it."""
    emitted: list[Event] = []
    while len(emitted) < 1_000:
        try:
            emitted += next(doing)
        except Conflict as refusal:
            return emitted, refusal
    raise AssertionError("nothing bounds it")


@pytest.mark.parametrize("rules", [LADDER, BOZHOU], ids=lambda rules: rules.id)
@pytest.mark.parametrize("greed", [plans, stages, pauses, objections, extensions, legs])
def test_what_one_case_may_hold_makes_no_event_that_is_too_large(greed: Greed, rules: Pack) -> None:
    _check_sizes(greed, rules)


def test_neither_do_reports_that_nobody_confirms() -> None:
    _check_sizes(reports, pack_files.load("qingyang-2023-arrears@3"))


def _check_sizes(greed: Greed, rules: Pack) -> None:
    case = CaseAtDispatch(rules)
    received = events.AppealReceived(
        appeal_id=case.appeal.appeal_id,
        registration_number=case.appeal.registration_number,
        occurred_at=MONDAY,
        channel="web",
        kind="help",
        title="x" * 500,
        pack=rules.ref,
    )
    history: list[Event] = [received]
    history += case.do(OFFICE, Assign, legs=[{"unit": "roads"}])
    emitted, refusal = until_refused(greed(case))
    history += emitted
    assert any("\u4e00" <= char <= "\u9fff" for char in refusal.zh)
    document = CaseDocument(
        appeal_id=case.appeal.appeal_id, registration_number=case.appeal.registration_number
    )
    for upto in (case.now, case.now + timedelta(days=40), case.now + timedelta(days=3_000)):
        history += take(document, judge(document.appeal_id, history, rules, CALENDAR, upto), upto)
    assert max(len(wire.body(event).encode()) for event in history) < LARGEST_RECORD / 2


def test_a_case_takes_four_plans_of_sixty_dates_and_no_more() -> None:
    emitted, refusal = until_refused(plans(CaseAtDispatch().assigned()))
    assert len(emitted) == bounds.MOST_STAGE_DATES // MOST_DATES
    assert (refusal.field, refusal.zh) == ("dates", "环节日期已达上限：最多 240 个（次）")
