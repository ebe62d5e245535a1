"""Recorded cases judged in memory: what the services would say of them, without any service."""

import gc
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.console import Console

from huying import profiles, recorded, results
from huying.recorded import Case, Recorded
from huying.results import Deadline, Result, Summary
from services.dispatch.domain import leg_id
from services.intake.domain import imported_id, registration_number
from shared import events
from shared.events import DeadlineKind, Event, Leg, OwnLimit, Role
from shared.rules import pack
from shared.rules.calendar import Calendar
from shared.rules.case import construct
from shared.rules.decide import Judgement, decide
from shared.rules.pack import Pack

RUN_ON = timedelta(days=60)
"""How long a run goes on after the last act, so that what is open falls due."""

SAID: dict[str, type[Event]] = {
    "contact": events.AppealContacted,
    "reply": events.AppealResponded,
    "complete": events.AppealCompleted,
}


def simulate(file: Path, profile: str, pack_id: str, out: Path) -> Summary:
    """Judge the cases of `file`, write the results into the folder `out`, and print the figures.

    Raises ProfileError, PackError or FileRefused.
    """
    started = perf_counter()
    console = Console()
    how, rules = profiles.load(profile), pack.load(pack_id)
    with results.progress(console) as progress:
        found = recorded.read_all(file, how)
        gc.freeze()  # what was read stays: the collector need not walk it again and again
        bar = progress.add_task("simulate", total=len(found.cases))
        judgements = progress.track(judged(found, how.id, rules), task_id=bar)
        summary = results.write(out, how.tz, judgements, found.rejected)
    summary.seconds = perf_counter() - started
    console.print(results.table(summary))
    return summary


def judged(file: Recorded, source: str, rules: Pack) -> Iterator[Result]:
    """Each case as it stands when the run ends."""
    if not file.cases:
        return
    upto = file.ends_at() + RUN_ON
    calendar = Calendar.load(ZoneInfo(rules.zone))
    for case, number in numbered(file.cases, rules):
        judgement = decide(history(case, source, number), rules, calendar, upto)
        yield _result(case, number, judgement)


def numbered(cases: list[Case], rules: Pack) -> Iterator[tuple[Case, str]]:
    """The cases with the registration numbers that intake gives them, day by day in the pack's zone."""
    counts: Counter[date] = Counter()
    zone = ZoneInfo(rules.zone)
    for case in cases:
        day = case.received_at.astimezone(zone).date()
        counts[day] += 1
        yield case, registration_number(rules.prefix, day, counts[day])


def history(case: Case, source: str, number: str) -> list[Event]:
    """What intake and dispatch say of the case, without the fields that nobody judges by."""
    appeal_id = imported_id(source, case.source_id)
    leg = leg_id(appeal_id, 0)
    shared = {"appeal_id": appeal_id, "registration_number": number}
    received = {**shared, "id": UUID(int=1), "occurred_at": case.received_at}
    assigned = {**shared, "id": UUID(int=2), "occurred_at": case.received_at}
    assigned |= {"legs": (_leg(case, leg),), "marks": frozenset()}
    said = [construct(events.AppealReceived, received), construct(events.AppealAssigned, assigned)]
    for index, (what, at, _) in enumerate(case.acts, 3):
        values = {**shared, "id": UUID(int=index), "occurred_at": at, "leg_id": leg, "unit": case.unit.code}
        said.append(construct(SAID[what.act], values))
    return said


def _leg(case: Case, leg: UUID) -> Leg:
    limits = {DeadlineKind.COMPLETION: OwnLimit(due_at=case.due_at)} if case.due_at else {}
    return Leg(leg_id=leg, unit=case.unit.code, role=Role.LEAD, limits=limits)


def _result(case: Case, number: str, judgement: Judgement) -> Result:
    deadlines = [
        Deadline(d.unit or "", d.round, d.kind.value, d.started_at, d.due_at, d.met_at, d.verdict.value)
        for d in judgement.deadlines
    ]
    return Result(
        case.source_id,
        number,
        judgement.state.value,
        judgement.rounds,
        judgement.cards,
        judgement.lifted_at,
        deadlines,
    )
