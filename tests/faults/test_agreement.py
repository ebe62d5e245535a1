"""Judge and checker, which share no code, come to the same of many planned histories, without any service."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest

from shared.rules.judging import acts
from shared.rules.judging.acts import Act
from shared.rules.judging.decide import Judgement, decide
from shared.rules.pack import pack_files
from shared.rules.terms import Kind, Role
from shared.rules.time.calendar import Calendar
from tests.faults import plan
from tests.faults.environment import ARREARS, LENDING, PACK, PROCEDURE
from tests.faults.judgement import ExpectedCase
from tests.faults.reckoning import ZONE, rules

CASE, LEG = UUID(int=1), UUID(int=2)
CALENDAR = Calendar.load(ZONE)
START = datetime(2026, 3, 2, 9, tzinfo=ZONE)
UPTO = START + timedelta(days=120)
Entry = dict[str, Any]
STATES, LAST = ("contacted", "under_review", "approved"), ("declined", "disbursed")


def debt(chance: random.Random) -> Iterator[Entry]:
    """The stages of a debt, of which a unit's word counts when it was confirmed."""
    for act in plan.on_leg(chance, ARREARS, START, 0):
        if act.route == "proposals":
            for decision in plan.on_proposal(chance, act.at, 0, 1):
                if decision.body["confirmed"]:
                    yield {"at": decision.at, "what": [], "reaches": act.body}
        elif act.route == "completions":
            yield {"at": act.at, "what": ["completed"], "completes": True}
        else:
            yield {"at": act.at, "what": [], "reaches": act.body}


def merged(chance: random.Random) -> Iterator[Entry]:
    """Contact, reply and completion, some of them for the lead, some after a pause that nobody ended."""
    done_at = START + chance.random() * timedelta(days=8)
    if chance.random() < 0.5:
        yield {"at": START + chance.random() * (done_at - START), "what": [], "pauses": True}
    for word in ("contacted", "responded", "completed", "contacted"):
        at = done_at if word == "completed" else START + chance.random() * timedelta(days=8)
        passed_on = word != "contacted" and chance.random() < 0.6
        yield {"at": at, "what": [word], "completes": word == "completed", "passed_on": passed_on}


def loan(chance: random.Random) -> Iterator[Entry]:
    """A bank's reports, its word that the enterprise withdrew, and the answers; some at one moment."""
    at = done_at = START
    for state in [*chance.sample(STATES, 2), *chance.sample(LAST, 1)]:
        at += chance.choice((timedelta(), chance.random() * timedelta(days=9)))
        words = [state, *(["completed"] if state in LAST else [])]
        done_at = at
        yield {"at": at, "what": words, "starts": state, "completes": "completed" in words}
    if chance.random() < 0.3:
        yield {"at": at + timedelta(hours=1), "what": ["contacted"]}
    asked_at = START + chance.random() * (done_at - START)
    yield {"at": asked_at, "what": [], "starts": "objected"}
    for answered_at in (asked_at, asked_at + chance.random() * timedelta(days=3)):
        if answered_at < done_at and chance.random() < 0.5:  # the bank is not done yet
            yield {"at": answered_at, "what": ["objection_decided"], "ends_leg": chance.random() < 0.5}


def acts_of(entry: Entry, number: int) -> Iterator[Act]:
    """The same for the judge."""
    at, id_ = entry["at"], uuid5(CASE, f"{number}")
    reached, passed_on = entry.get("reaches"), bool(entry.get("passed_on"))
    if reached:
        dates = tuple(map(datetime.fromisoformat, reached.get("dates", ())))
        sums = tuple(map(Decimal, reached.get("amounts", ())))
        paid = Decimal(reached["amount"]) if "amount" in reached else None
        in_full = bool(reached.get("in_full"))
        yield acts.Reached(id_, at, LEG, reached["stage"], dates, sums, paid, in_full)
    if entry.get("pauses"):
        yield acts.Paused(id_, at, LEG, None)
    if entry.get("starts") == "objected":
        yield acts.Objected(id_, at, LEG)
    for word in entry["what"]:
        if word == "contacted":
            yield acts.Contacted(id_, at, LEG)
        elif word == "responded":
            yield acts.Responded(id_, at, LEG, passed_on)
        elif word == "completed":
            yield acts.Completed(uuid5(id_, word), at, LEG, passed_on)
        elif word == "objection_decided":
            yield acts.ObjectionDecided(id_, at, LEG, entry["ends_leg"])
        else:
            yield acts.Reached(id_, at, LEG, word)


def by_the_judge(judgement: Judgement) -> Counter[Any]:
    rows = [
        ("deadline", row.leg_id and str(row.leg_id), row.kind, row.round, row.due_at, row.verdict, row.met_at)
        for row in judgement.deadlines
    ]
    ruled = [(ruling.name, ruling.occurred_at) for ruling in judgement.rulings]
    return Counter([*rows, *(row for row in ruled if not row[0].startswith("deadline."))])


def by_the_checker(case: ExpectedCase) -> Counter[Any]:
    rows = [("deadline", *deadline.row()) for deadline in case.deadlines]
    return Counter([*rows, *((f"{event.type}.v1", event.at) for event in case.events)])


@pytest.mark.parametrize(
    ("pack_id", "kind", "planned"),
    [
        (ARREARS, Kind.ARREARS, debt),
        (PACK, Kind.HELP, merged),
        (PROCEDURE, Kind.HELP, merged),
        (LENDING, Kind.HELP, loan),
    ],
)
def test_judge_and_checker_come_to_the_same(pack_id: str, kind: Kind, planned: Any) -> None:
    seen: Counter[str] = Counter()
    for seed in range(150):
        entries = [{"leg": str(LEG), **entry} for entry in planned(random.Random(f"{pack_id}/{seed}"))]
        leg: Entry = {"leg": str(LEG), "unit": "roads", "role": "lead", "leader": "mayor"}
        assigned = acts.AssignedLeg(LEG, "roads", Role.LEAD, "mayor", unit_kind="department")
        begun: list[Act] = [
            acts.Opened(uuid5(CASE, "opened"), START, kind),
            acts.Assigned(uuid5(CASE, "assigned"), START, (assigned,)),
        ]
        history = [act for number, entry in enumerate(entries) for act in acts_of(entry, number)]
        first = [{"at": START, "received": True, "legs": [leg], "what": []}]
        expected = ExpectedCase(rules(pack_id), kind.value).judge(first + entries, UPTO.astimezone(UTC))
        judgement = decide(CASE, begun + history, pack_files.load(pack_id), CALENDAR, UPTO)
        assert by_the_checker(expected) == by_the_judge(judgement), seed
        seen.update(row.verdict for row in expected.deadlines)
    assert seen["met"] > 50
    assert seen["overdue"] > 50
