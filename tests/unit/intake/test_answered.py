"""The status with the texts of its answers, each beside its line; it says where they lack."""

from typing import Any

from services.intake.answered import answered
from services.intake.status import public_status
from shared.appeals.answers import PublicAnswer
from tests.unit.intake.case import BARE, ZONE, assigned, contacted, heard, hours


def shown() -> dict[str, Any]:
    return public_status(heard(assigned(1), contacted(2)), BARE, ZONE)


def answer(at: float, type_: str, **more: Any) -> PublicAnswer:
    fields = {
        "occurred_at": hours(at),
        "type": type_,
        "unit": "power",
        "unit_name": "某局",
        "text": "已看过现场",
    }
    return PublicAnswer.model_validate(fields | more)


def test_a_text_stands_beside_its_line_of_the_timeline() -> None:
    status = answered(shown(), [answer(2, "appeal.contacted.v1")], ZONE)
    assert [line["text"] for line in status["timeline"]] == [None, None, "已看过现场"]
    assert status["answers_complete"] is True
    assert [item["text"] for item in status["answers"]] == ["已看过现场"]


def test_an_answer_that_no_line_tells_of_has_a_line_of_its_own() -> None:
    refusal = answer(1.5, "appeal.refused.v1", text="不在规划范围内")
    lines = answered(shown(), [refusal], ZONE)["timeline"]
    assert [line["type"] for line in lines] == [
        "appeal.received.v1",
        "appeal.assigned.v1",
        "appeal.refused.v1",
        "appeal.contacted.v1",
    ]
    assert lines[2]["zh"] == "承办单位说明不予办理"
    assert lines[2]["text"] == "不在规划范围内"


def test_another_units_text_of_the_same_moment_is_not_taken_for_this_ones() -> None:
    status = answered(shown(), [answer(2, "appeal.contacted.v1", unit="town")], ZONE)
    assert [(line["unit"], line["text"]) for line in status["timeline"][2:]] == [
        ("power", None),
        ("town", "已看过现场"),
    ]


def test_where_dispatch_is_away_it_is_said_and_all_else_is_shown() -> None:
    status = answered(shown(), None, ZONE)
    assert (status["answers_complete"], status["answers"]) == (False, [])
    assert len(status["timeline"]) == len(shown()["timeline"])


def test_that_nothing_was_answered_yet_is_complete() -> None:
    assert answered(shown(), [], ZONE)["answers_complete"] is True
