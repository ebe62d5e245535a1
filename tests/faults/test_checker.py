"""The checker names what is lost, doubled, out of order or made up, by the kind of each."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from services import SERVICES
from tests.faults.checker import differences
from tests.faults.evidence import Evidence, OutboxRow
from tests.faults.reckoning import ZONE

AT = datetime(2026, 3, 9, 9, tzinfo=ZONE)
UPTO = datetime(2026, 3, 9, 12, tzinfo=ZONE)
CASE = str(uuid4())
HEARS = {
    "dispatch": ({"intake"}, {"appeal.received.v1"}),
    "notify": ({"intake"}, {"appeal.received.v1", "appeal.withdrawn.v1"}),
}


@pytest.fixture
def evidence() -> Evidence:
    """One appeal, registered and withdrawn, of which everybody heard."""
    number = "BZ-20260309-00001"
    begun: dict[str, Any] = {"id": CASE, "number": number, "pack": "bozhou-2024@1", "what": []}
    opened = {**begun, "type": "appeal.received", "at": AT, "opens": "appeal", "kind": "help"}
    later = AT.replace(hour=10)
    evidence = Evidence()
    evidence.journal[CASE] = [opened, {**begun, "type": "appeal.withdrawn", "at": later, "ends": "withdrawn"}]
    rows = [
        OutboxRow("e1", CASE, "appeal.received", AT, None),
        OutboxRow("e2", CASE, "appeal.withdrawn", later, None),
    ]
    evidence.outbox = {service: rows if service == "intake" else [] for service in SERVICES}
    evidence.topic = {
        service: [(row.key, row.id) for row in evidence.outbox[service]] for service in SERVICES
    }
    evidence.hears = {service: HEARS.get(service, (set(), set())) for service in SERVICES}
    evidence.inbox = {service: [] for service in SERVICES} | {"dispatch": ["e1"], "notify": ["e1", "e2"]}
    evidence.counts = {
        service: {"unsent": 0, "parked": 0, "links": len(evidence.outbox[service])} for service in SERVICES
    }
    judged = {"state": "withdrawn", "rounds": 0, "cards_counted": 0, "lifted_at": None, "deadlines": []}
    evidence.cases[CASE] = judged
    evidence.states[CASE] = "withdrawn"
    return evidence


def kinds(evidence: Evidence) -> list[str]:
    return sorted(difference.kind for difference in differences(evidence, UPTO))


def test_a_case_of_which_everybody_heard_differs_in_nothing(evidence: Evidence) -> None:
    assert kinds(evidence) == []


def test_an_accepted_act_without_event_and_an_event_without_act_are_named(evidence: Evidence) -> None:
    evidence.outbox["intake"][1] = evidence.outbox["intake"][1]._replace(at=UPTO)
    assert kinds(evidence) == ["act", "act"]


def test_an_event_that_never_left_or_left_twice_or_out_of_order_is_told_apart(evidence: Evidence) -> None:
    first, second = evidence.topic["intake"]
    evidence.topic["intake"] = [first, second, first]  # sent again by a relay: allowed
    assert kinds(evidence) == []
    evidence.topic["intake"] = [second, first]
    assert kinds(evidence) == ["order"]
    evidence.topic["intake"] = [second, first, second]
    assert kinds(evidence) == ["order"]
    evidence.durable = False  # it came back empty while the second was on its way: both were sent again
    assert kinds(evidence) == []
    evidence.topic["intake"] = [second, first]
    assert kinds(evidence) == ["order"]
    evidence.topic["intake"] = [first, (CASE, "e3")]
    assert kinds(evidence) == ["relay", "relay"]


def test_an_inbox_that_lacks_an_event_or_has_one_that_nobody_said_is_named(evidence: Evidence) -> None:
    evidence.inbox["notify"].remove("e2")
    evidence.inbox["dispatch"].append("e2")
    assert kinds(evidence) == ["inbox", "inbox"]


def test_a_card_that_does_not_follow_and_a_message_about_none_are_named(evidence: Evidence) -> None:
    body = {"leg_id": "a", "round": 1, "deadline": "reply", "unit": "roads"}
    card = OutboxRow("e4", CASE, "card.issued", UPTO, body)
    evidence.outbox["escalation"] = [card]
    evidence.topic["escalation"] = [(CASE, "e4")]
    evidence.counts["escalation"]["links"] = 1
    evidence.messages = [(CASE, "card_issued_unit", "unit:roads", UPTO)]
    assert kinds(evidence) == ["judgement", "message"]


def test_a_case_that_stands_otherwise_or_that_its_judge_does_not_know_is_named(evidence: Evidence) -> None:
    evidence.states[CASE] = "registered"
    assert kinds(evidence) == ["file", "file"]
    evidence.cases = {}
    assert kinds(evidence) == ["case", "file", "file"]


def test_what_waits_lies_aside_or_has_no_link_is_named(evidence: Evidence) -> None:
    evidence.counts["notify"] = {"unsent": 1, "parked": 2, "links": 3}
    assert kinds(evidence) == ["links", "parked", "unsent"]


def test_a_bank_whose_record_lacks_a_denial_is_named(evidence: Evidence) -> None:
    loan, number = str(uuid4()), "RZ-20260309-00001"
    begun: dict[str, Any] = {"id": loan, "number": number, "pack": None, "what": [], "at": AT}
    legs = [{"leg": f"{number}/1", "unit": "huai", "role": "assist"}]
    evidence.journal[loan] = [
        {**begun, "type": "loan.requested", "legs": legs},
        {**begun, "type": "loan.withdrawal_asked", "leg": f"{number}/1"},
        {**begun, "type": "loan.withdrawal_answered", "leg": f"{number}/1", "ends_leg": False},
    ]
    evidence.loans[loan] = {}
    evidence.records["huai"] = {"open": 0, "confirmed": 0, "denied": 1}
    assert "record" not in kinds(evidence)
    evidence.records["huai"] = {"open": 1, "confirmed": 0, "denied": 0}
    assert kinds(evidence).count("record") == 2
