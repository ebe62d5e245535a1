"""Staff put right what was registered: before and after are on record, other services learn codes."""

from typing import Any

import pytest

from services.intake import acts
from services.intake.document import AppealDocument
from services.intake.domain.correction import MOST_CORRECTIONS
from services.intake.domain.transitions import perform
from shared import events
from shared.service.errors import Conflict, Invalid
from tests.unit.intake.case import ENTERPRISE, act_context, received


def corrected(
    appeal: AppealDocument, reason: str = "登记有误", **fields: Any
) -> tuple[AppealDocument, events.AppealCorrected]:
    act = acts.Correct.model_validate({"reason": reason, **fields})
    appeal, (event,) = perform(appeal, act, act_context(3))
    assert isinstance(event, events.AppealCorrected)
    return appeal, event


def said(event: events.AppealCorrected) -> dict[str, Any]:
    about = {"id", "occurred_at", "appeal_id", "registration_number"}
    return event.model_dump(mode="json", exclude=about)


def test_a_correction_keeps_before_and_after_with_reason_and_author() -> None:
    appeal, event = corrected(received(), kind="complaint", category="roads.damage", urgency="normal")
    (correction,) = appeal.corrections
    assert (correction.by, correction.reason) == ("office", "登记有误")
    assert {(c.field, c.before, c.after) for c in correction.changes} == {
        ("kind", "help", "complaint"),
        ("category", None, "roads.damage"),
        ("urgency", None, "normal"),
    }
    assert said(event) == {"kind": "complaint", "category": "roads.damage", "urgency": "normal"}
    assert appeal.timeline[-1].zh == "登记信息已更正"


def test_a_corrected_contact_stays_with_intake() -> None:
    appeal, event = corrected(
        received(), enterprise={"phone": "13900000000"}, contacts=[{"phones": ["13800000000"]}]
    )
    assert appeal.enterprise is not None
    assert (appeal.enterprise.name, appeal.enterprise.phone) == (ENTERPRISE.name, "13900000000")
    assert said(event) == {}
    changes = {change.field: change for change in appeal.corrections[0].changes}
    assert changes["enterprise"].before["phone"] == ENTERPRISE.phone
    assert changes["contacts"].after[0]["phones"] == ["13800000000"]


def test_a_corrected_name_of_the_firm_is_told_unless_it_is_withheld() -> None:
    _, event = corrected(received(), enterprise={"name": "某某食品厂"})
    assert said(event) == {"enterprise": "某某食品厂"}
    withheld, _ = corrected(received(), confidentiality="withheld")
    _, event = corrected(withheld, enterprise={"name": "某某食品厂"})
    assert said(event) == {}


def test_a_report_is_withheld_from_the_correction_on() -> None:
    appeal = received()
    appeal.title = "某某食品有限公司反映"
    appeal, event = corrected(appeal, kind="report")
    assert said(event) == {"kind": "report", "confidentiality": "withheld", "title": "〔企业〕反映"}
    appeal, event = corrected(appeal, kind="help", confidentiality="named")
    assert said(event) == {
        "kind": "help",
        "confidentiality": "named",
        "title": "某某食品有限公司反映",
        "enterprise": ENTERPRISE.name,
    }


def test_an_enterprise_that_agreed_to_be_named_is_withheld_in_a_report_all_the_same() -> None:
    agreed, _ = corrected(received(), confidentiality="named")
    appeal, event = corrected(agreed, kind="report")
    assert appeal.confidentiality == event.confidentiality == "withheld"


def test_what_is_cleared_is_named() -> None:
    appeal, _ = corrected(received(), place={"division": "341602", "address": "经开区"}, remarks="来电两次")
    appeal, event = corrected(appeal, cleared=["place", "locality", "remarks"])
    assert (appeal.place, appeal.locality, appeal.remarks) == (None, None, None)
    assert set(event.cleared) == {"division", "locality"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "help"}, "reason"),  # it is help already
        ({}, "reason"),
        ({"locality": "lixin", "cleared": ["locality"]}, "cleared"),
        ({"urgency": "urgent"}, "urgency_reason"),
        ({"wished_on": "2026-02-12"}, "wished_on"),
        ({"kind": "report", "confidentiality": "named"}, "confidentiality"),
        ({"confidentiality": "anonymous"}, "confidentiality"),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        corrected(received(), **fields)
    assert refusal.value.field == field


def test_an_appeal_takes_so_many_corrections() -> None:
    appeal = received()
    for number in range(MOST_CORRECTIONS):
        appeal, _ = corrected(appeal, remarks=f"第 {number} 次")
    with pytest.raises(Conflict):
        corrected(appeal, remarks="再来一次")
