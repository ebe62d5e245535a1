"""The acts that pages offer fit the services that do them: their routes, their roles, and their bodies."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from services.desks.pages.acts.act import About, Act, Field, Kind
from services.desks.pages.acts.bodies import body_of
from services.desks.pages.acts.offering import Doer, offered
from services.desks.pages.acts.table import ACTS
from services.desks.pages.forms import Form
from services.dispatch import access as dispatch_access
from services.dispatch import api as dispatch
from services.escalation import access as escalation_access
from services.escalation import api as escalation
from services.intake import access as intake_access
from services.intake import acts as intake_acts
from services.intake import api_staff as intake
from shared.roles import LEADER, OFFICE, OPERATOR, UNIT, UNIT_HANDLER
from shared.rules.time.limits import LimitUnit
from shared.web import purposes
from shared.web.access import Access

ACCESS: dict[str, Access] = {
    "dispatch": dispatch_access.ACCESS,
    "escalation": escalation_access.ACCESS,
    "intake": intake_access.ACCESS,
}
BODIES: dict[str, Mapping[str, Any]] = {
    "dispatch": dispatch.ROUTES,
    "escalation": escalation.ROUTES,
    "intake": {
        **intake.ROUTES,
        "merges": (intake_acts.Merge, ""),
        "contact-readings": (purposes.Reading, ""),
    },
}
ABOUT_AN_ACT = {"act", "appeal_id"}
TYPED = {
    Kind.LINE: "已核实情况",
    Kind.AREA: "已到现场勘查，路面破损约二十平方米，已通知养护单位备料，本周内修复。",
    Kind.DAY: "2026-12-01",
    Kind.YES_NO: "true",
    Kind.MEANT: "1",
}
IDS = {About.LEG: "0" * 8, About.CARD: "0" * 8}


def path_of(act: Act) -> str:
    return act.path.removeprefix("/appeals/{id}/")


def body_type(act: Act) -> type[BaseModel]:
    return BODIES[act.service][path_of(act)][0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.key)
def test_an_act_is_offered_to_the_roles_that_its_service_allows(act: Act) -> None:
    assert act.roles == ACCESS[act.service][f"POST /appeals/{{appeal_id}}/{path_of(act)}"]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.key)
def test_the_form_of_an_act_types_every_field_that_its_service_needs_and_no_other(act: Act) -> None:
    fields = body_type(act).model_fields
    typed = {field.name.partition(".")[0] for field in act.fields} - ({"units", "lead"} & _of_dispatch(act))
    typed |= {"legs"} if act.key == "assign" else set()
    typed |= {f"{act.about}_id"} if act.about is not About.CASE else set()
    needed = {name for name, field in fields.items() if field.is_required()} - ABOUT_AN_ACT
    assert needed <= typed <= set(fields)
    required = {name for name in needed if name not in ("legs", f"{act.about}_id")}
    optional = {field.name for field in act.fields if field.optional}
    assert not required & optional


def _of_dispatch(act: Act) -> set[str]:
    return {"units", "lead"} if act.key == "assign" else set()


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.key)
def test_what_the_form_of_an_act_comes_to_is_a_body_that_its_service_takes(act: Act) -> None:
    values: dict[str, str] = {}
    many: dict[str, tuple[str, ...]] = {}
    for field in act.fields:
        _type(field, values, many)
    subject = "00000000-0000-0000-0000-000000000001"
    body = body_of(act, Form(values, many), subject)
    assert body_type(act).model_validate(body)


def _type(field: Field, values: dict[str, str], many: dict[str, tuple[str, ...]]) -> None:
    if field.kind is Kind.LIMIT:
        values |= {f"{field.input}_number": "5", f"{field.input}_unit": LimitUnit.WORKING_DAYS}
    elif field.options and field.kind is not Kind.YES_NO:
        values[field.input] = field.options[0][0]
        many[field.input] = (field.options[0][0],)
    elif field.source is not None:
        typed = SOURCES.get(field.name, "roads")
        values[field.input], many[field.input] = typed, (typed,)
    else:
        values[field.input] = EXACT.get(field.name, TYPED[field.kind])


SOURCES = {"number": "1"}
EXACT = {"lead": "BZ-20261109-00001", "amount": "1200.50", "to": "12315"}


def case(**more: Any) -> dict[str, Any]:
    """A dispatched case with a leg of the roads office."""
    leg = {"leg_id": "leg-1", "unit": "roads", "state": "open"}
    return {
        "appeal_id": "case-1",
        "state": "dispatched",
        "legs": [leg],
        "deadlines": [],
        "waiting": [],
        "lines": [],
        **more,
    }


def keys(role: Any, code: str | None, about: About, of: dict[str, Any], subject: dict[str, Any]) -> set[str]:
    return {act.key for act in offered(Doer(role, code), about, of, None, subject)}


@pytest.mark.parametrize(
    ("kind", "subject", "about", "act"),
    [
        ("objection", "leg-1", About.LEG, "decide-objection"),
        ("extension", "leg-1", About.LEG, "decide-extension"),
        ("pause", "leg-1", About.LEG, "decide-pause"),
        ("stage", "leg-1 paid 1", About.LEG, "decide-stage"),
        ("complaint", "case-1", About.CASE, "answer-complaint"),
        ("lift", "leg-1", About.CASE, "gather"),
    ],
)
def test_a_decision_is_offered_where_something_waits_for_it_alone(
    kind: str, subject: str, about: About, act: str
) -> None:
    waits = case(waiting=[{"kind": kind, "subject": subject, "unit": "roads", "is_open": True}])
    decided = case(waiting=[{"kind": kind, "subject": subject, "unit": "roads", "is_open": False}])
    for of, is_offered in ((waits, True), (decided, False), (case(), False)):
        of_what = of if about is About.CASE else of["legs"][0]
        assert (act in keys(OFFICE, None, about, of, of_what)) is is_offered


def test_what_waits_on_one_leg_is_not_decided_on_another() -> None:
    other = {"leg_id": "leg-2", "unit": "east", "state": "open"}
    of = case(waiting=[{"kind": "objection", "subject": "leg-2", "unit": "east", "is_open": True}])
    of["legs"].append(other)
    assert "decide-objection" not in keys(OFFICE, None, About.LEG, of, of["legs"][0])
    assert "decide-objection" in keys(OFFICE, None, About.LEG, of, other)


def test_a_unit_reads_the_leg_of_a_unit_below_it_and_does_nothing_to_it() -> None:
    of = case()
    assert keys(UNIT, "transport", About.LEG, of, of["legs"][0]) == set()
    assert keys(UNIT, "transport", About.CASE, of, of) == {"note", "read-contact"}
    assert "reply" in keys(UNIT, "roads", About.LEG, of, of["legs"][0])


def test_what_only_the_head_of_a_unit_may_say_is_not_offered_to_its_handlers() -> None:
    of = case()
    head = keys(UNIT, "roads", About.LEG, of, of["legs"][0])
    handler = keys(UNIT_HANDLER, "roads", About.LEG, of, of["legs"][0])
    assert head - handler == {"refuse", "extend", "ask-lift"}


def test_a_closed_case_is_noted_on_and_its_complaint_answered_and_nothing_else() -> None:
    of = case(
        state="closed",
        waiting=[{"kind": "complaint", "subject": "case-1", "unit": None, "is_open": True}],
    )
    assert keys(OFFICE, None, About.CASE, of, of) == {"note", "read-contact", "answer-complaint"}
    assert keys(OFFICE, None, About.LEG, of, of["legs"][0]) == set()


def test_a_leader_is_offered_what_a_lifted_case_needs_and_only_there() -> None:
    lifted = case(state="lifted", lines=[{"type": "appeal.lifted.v1", "data": {}}])
    signed = case(
        lines=[{"type": "appeal.lifted.v1", "data": {}}, {"type": "appeal.signed_off.v1", "data": {}}]
    )
    assert {"instruct", "sign-off"} <= keys(LEADER, "mayor", About.CASE, lifted, lifted)
    assert keys(LEADER, "mayor", About.CASE, signed, signed) == {"note", "read-contact"}


def test_a_card_is_acknowledged_once() -> None:
    of = case()
    card = {"card_id": "card-1", "unit": "roads", "state": "served"}
    assert "acknowledge-card" in keys(UNIT, "roads", About.CARD, of, card)
    assert "acknowledge-card" not in keys(UNIT, "roads", About.CARD, of, {**card, "state": "acknowledged"})
    assert keys(UNIT, "east", About.CARD, of, card) == set()
    assert "uphold-card" in keys(OFFICE, None, About.CARD, of, {**card, "state": "appealed"})


def test_a_transfer_without_a_receipt_and_a_request_to_reopen_wait_for_an_answer() -> None:
    transferred = {"type": "appeal.transferred.v1", "data": {"number": 1, "to": "12315"}}
    received = {"type": "transfer.received.v1", "data": {"number": 1, "to": "12315"}}
    open_, closed = case(lines=[transferred]), case(lines=[transferred, received])
    assert "receive-transfer" in keys(OPERATOR, None, About.CASE, open_, open_)
    assert "receive-transfer" not in keys(OPERATOR, None, About.CASE, closed, closed)
    asked = case(state="completed", lines=[{"type": "reopening.asked.v1", "data": {}}])
    assert "decide-reopening" in keys(OFFICE, None, About.CASE, asked, asked)
