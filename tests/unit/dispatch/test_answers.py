"""Which texts of acts the enterprise reads, whose they are, and by which event of the timeline they stand."""

from typing import Any

import pytest

from services.dispatch.acts.base import Visibility
from services.dispatch.acts.office import Close, Find
from services.dispatch.acts.stages import Reach
from services.dispatch.acts.units import Complete, Contact, Refuse, Reply
from services.dispatch.domain.answers import StoredAct, public_answers
from shared.appeals.answers import PublicAnswer
from tests.unit.dispatch.case import OFFICE, ROADS, CaseAtDispatch


@pytest.fixture
def dispatched() -> CaseAtDispatch:
    case = CaseAtDispatch()
    case.assigned()
    return case


def read(case: CaseAtDispatch, *acts: Any) -> list[PublicAnswer]:
    stored = [
        StoredAct(case.now, act if isinstance(act, dict) else act.model_dump(mode="json")) for act in acts
    ]
    return public_answers(case.appeal, stored)


def leg(case: CaseAtDispatch) -> Any:
    return case.appeal.legs[0].leg_id


def test_a_reply_is_read_with_the_unit_and_the_event_that_tells_of_it(dispatched: CaseAtDispatch) -> None:
    (answer,) = read(dispatched, Reply(leg_id=leg(dispatched), text="已现场勘查"))
    assert (answer.text, answer.unit, answer.unit_name) == ("已现场勘查", "roads", "市交通局")
    assert (answer.type, answer.occurred_at) == ("appeal.responded.v1", dispatched.now)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Contact, {"how": "电话", "text": "约定周三到现场"}),
        (Refuse, {"reason": "不在规划范围内"}),
        (Reach, {"stage": "accepted", "text": "已受理"}),
    ],
)
def test_what_its_writer_marks_internal_is_not_read(
    dispatched: CaseAtDispatch, kind: Any, body: dict[str, Any]
) -> None:
    act = kind(leg_id=leg(dispatched), **body)
    assert len(read(dispatched, act)) == 1
    assert read(dispatched, act.model_copy(update={"visibility": Visibility.INTERNAL})) == []


def test_of_acts_from_before_the_mark_the_enterprise_reads_what_was_for_it(
    dispatched: CaseAtDispatch,
) -> None:
    of_leg = {"leg_id": str(leg(dispatched))}
    before = [
        {"act": "contact", "how": "电话", **of_leg},
        {"act": "refuse", "reason": "内部理由", **of_leg},
        {"act": "reply", "text": "正在办理", **of_leg},
        {"act": "find", "reasonable": True, "by": "张主任", "reason": "属实"},
    ]
    assert [answer.text for answer in read(dispatched, *before)] == ["正在办理", "属实"]


def test_of_a_contact_without_words_the_enterprise_reads_how_it_was_made(dispatched: CaseAtDispatch) -> None:
    (answer,) = read(dispatched, Contact(leg_id=leg(dispatched), how="电话", who="王工"))
    assert answer.text == "电话"


def test_the_office_closes_with_a_word_and_keeps_the_reason_of_a_higher_one(
    dispatched: CaseAtDispatch,
) -> None:
    assert read(dispatched, Close(reason="经张主任批准", approver="张主任")) == []
    (answer,) = read(dispatched, Close(text="感谢反映", reason="经张主任批准"))
    assert (answer.text, answer.unit, answer.type) == ("感谢反映", None, "appeal.closed.v1")


def test_a_finding_names_no_unit(dispatched: CaseAtDispatch) -> None:
    (answer,) = read(dispatched, Find(reasonable=True, by="张主任", reason="属实"))
    assert (answer.unit, answer.text) == (None, "属实")


def test_a_completion_says_its_outcome(dispatched: CaseAtDispatch) -> None:
    dispatched.do(ROADS, Complete, outcome="explained", text="依据第三条")
    (answer,) = read(dispatched, Complete(leg_id=leg(dispatched), outcome="explained", text="依据第三条"))
    assert (answer.outcome, answer.type) == ("explained", "appeal.completed.v1")
    assert OFFICE.name not in str(answer)
