"""Who asks is kept from the units: in the event of the registration, and in what they read."""

import json
import re
import string
import sys
from typing import Any

import pytest

from services.intake import acts
from services.intake.domain.registration import receive, resolved
from services.intake.domain.transitions import perform
from services.intake.domain.withholding import _folded, is_withheld
from services.intake.reading import as_read_by
from shared.roles import UNIT
from shared.service.accounts import Caller
from shared.service.errors import Invalid
from tests.unit.intake.case import APPEAL, BARE, CITY, NUMBER, START, act_context, registration

TODAY = START.date()
FIRM = {
    "name": "亳州市示例制造有限公司",
    "credit_code": "91350100M000100Y43",
    "contact_name": "王大山",
    "phone": "0558-5123456",
    "email": "wang@example.org",
}
CONTACTS = [{"name": "李小川", "phones": ["13911112222", "13733334444"]}]
WRITTEN = {
    "title": "亳州市示例制造 有限公司被反复检查",
    "text": "我是王大山，电话 0558 5123456，手机139-1111-2222，或 13855556666，邮箱 Wang@Example.org。"
    "亳州市示例制造反映：代码 9135 0100 M000 100Y 43，李小川可以作证。",
}
SECRETS = (
    "示例制造",
    "王大山",
    "李小川",
    "5123456",
    "91111",
    "1111-2222",
    "5555",
    "Wang",
    "wang",
    "100Y",
    "Y43",
)


def registered(**more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document and the event of an appeal."""
    body = registration(**{"enterprise": FIRM, "contacts": CONTACTS, **WRITTEN, **more})
    appeal, event = receive(resolved(body, CITY, TODAY), APPEAL, NUMBER, BARE.ref, START)
    return appeal.model_dump(mode="json"), event.model_dump(mode="json")


def test_a_pattern_is_left_out_for_no_text_that_it_would_find() -> None:
    letters = "".join(map(chr, range(sys.maxunicode + 1)))
    for letter in string.ascii_letters + "ßſµσİı":
        alike = re.findall(re.escape(letter), letters, re.IGNORECASE)
        assert {_folded(other) for other in alike} == {_folded(letter)}, alike


def read_by_unit(document: dict[str, Any], persons: dict[str, Any] | None = None) -> dict[str, Any]:
    """The document as the unit of its live leg reads it."""
    dispatched = {**document, "legs": [{"unit": "roads", "ended": False}]}
    return as_read_by(Caller("roads", UNIT, "roads"), dispatched, persons or document)


WITHHELD = [
    {"kind": "report"},
    {"kind": "clue"},
    {"kind": "complaint", "complained_of": "roads"},
    {"kind": "help", "complained_of": "roads"},
    {"confidentiality": "withheld"},
]


@pytest.mark.parametrize("fields", WITHHELD)
def test_what_is_withheld_is_in_neither_the_event_nor_what_units_read(fields: dict[str, Any]) -> None:
    document, event = registered(**fields)
    assert is_withheld(document)
    assert event["confidentiality"] == "withheld"
    assert event["enterprise"] is None
    read = read_by_unit(document)
    for shown in (json.dumps(read, ensure_ascii=False), event["title"]):
        assert not [secret for secret in SECRETS if secret in shown], shown
    assert read["enterprise"] is None
    assert read["contacts"] == []
    assert "反复检查" in read["title"]
    assert "可以作证" in read["text"]


@pytest.mark.parametrize(
    "fields", [{}, {"kind": "complaint"}, {"complained_of": "roads", "confidentiality": "named"}]
)
def test_who_is_named_or_agrees_is_told(fields: dict[str, Any]) -> None:
    document, event = registered(**fields)
    assert not is_withheld(document)
    assert event["enterprise"] == FIRM["name"]
    assert event["title"] == WRITTEN["title"]


@pytest.mark.parametrize("kind", ["report", "clue"])
def test_a_report_or_clue_cannot_be_named(kind: str) -> None:
    with pytest.raises(Invalid) as refusal:
        registered(kind=kind, confidentiality="named")
    assert refusal.value.field == "confidentiality"


def test_an_anonymous_appeal_names_nobody_on_whatever_channel() -> None:
    document, event = registered(enterprise=None, contacts=[], confidentiality="anonymous")
    assert is_withheld(document)
    assert event["confidentiality"] == "anonymous"
    with pytest.raises(Invalid) as refusal:
        registered(confidentiality="anonymous")
    assert refusal.value.field == "confidentiality"


def test_a_past_appeal_is_as_confidential_as_it_says() -> None:
    body = registration(enterprise=acts.Enterprise.model_validate(FIRM), kind="report")
    assert resolved(body, CITY).confidentiality is None


def test_a_list_is_masked_by_the_persons_beside_it() -> None:
    document, _ = registered(kind="report")
    persons = {name: document.pop(name) for name in ("enterprise", "contacts")}
    document["rating"] = {"comment": "王大山不满意"}
    read = read_by_unit(document, persons)
    assert read["rating"] == {"comment": "〔联系人〕不满意"}
    assert "示例制造" not in read["title"]


def test_who_is_no_longer_named_stays_withheld_in_what_was_written_before() -> None:
    fields: dict[str, Any] = {"enterprise": FIRM, "contacts": CONTACTS, **WRITTEN, "kind": "report"}
    appeal, received = receive(resolved(registration(**fields), CITY, TODAY), APPEAL, NUMBER, BARE.ref, START)
    title = received.title
    appeal, _ = perform(appeal, acts.CorrectContact(contact_name="赵一", phone="13900000000"), act_context(2))
    other = {"name": "皖泽另名集团", "credit_code": "91350100M000100Y43"}
    contacts = [{"name": "钱二", "phones": ["13900000001"]}]
    act = acts.Correct.model_validate({"reason": "登记有误", "enterprise": other, "contacts": contacts})
    appeal, (event,) = perform(appeal, act, act_context(3))
    shown = read_by_unit(appeal.model_dump(mode="json"))
    told = json.dumps([shown, event.model_dump(mode="json")], ensure_ascii=False)
    assert not [secret for secret in (*SECRETS, "另名", "赵一", "钱二") if secret in told], told
    assert shown["title"] == title


def test_what_was_changed_twice_to_the_same_is_kept_once() -> None:
    enterprise = acts.Enterprise.model_validate(FIRM)
    appeal, _ = receive(registration(enterprise=enterprise), APPEAL, NUMBER, BARE.ref, START)
    for hour in range(6):
        act = acts.CorrectContact(contact_name="赵一" if hour % 2 else "钱二", phone="13900000000")
        appeal, _ = perform(appeal, act, act_context(hour))
    names = [persons.enterprise and persons.enterprise.contact_name for persons in appeal.formerly]
    assert names == ["王大山", "钱二", "赵一"]
