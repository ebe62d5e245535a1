"""What happens next and until when: the running limits in words, and whose they are."""

from typing import Any
from uuid import UUID

from services.intake.document import AppealDocument
from services.intake.next_steps import next_steps
from shared import events
from tests.unit.intake.case import LEG, ZONE, again, appeal_event, assigned, completed, heard, hours


def judged(*deadlines: dict[str, Any]) -> events.Event:
    usual = {"leg_id": LEG, "unit": "power", "round": 1, "started_at": hours(1), "due_at": hours(30)}
    return appeal_event(
        events.AppealJudged, 2, state="dispatched", deadlines=[usual | more for more in deadlines]
    )


def steps(appeal: AppealDocument) -> list[tuple[str, str | None]]:
    return [(step["by"], step["deadline"]) for step in next_steps(appeal, ZONE)]


OF_CASE = {"leg_id": None, "unit": None, "round": 0}


def test_a_running_limit_says_who_must_do_what_until_when_in_both_languages() -> None:
    (step,) = next_steps(heard(assigned(1), judged({"deadline": "contact"})), ZONE)
    # hours(0) is 2026-02-13 10:00 in the city
    assert step["zh"] == "某局应于 2026年2月14日 16:00 前与您联系。"
    assert step["en"] == "某局 must contact you by 16:00 on 14 February 2026."
    assert (step["by"], step["unit"], step["overdue"]) == ("unit", "power", False)
    assert step["until"] == hours(30)


def test_the_earliest_comes_first_and_what_is_paused_last() -> None:
    appeal = heard(
        assigned(1),
        judged(
            {"deadline": "completion", "due_at": None},
            {"deadline": "reply", "due_at": hours(50)},
            {"deadline": "contact", "due_at": hours(20)},
        ),
    )
    assert steps(appeal) == [("unit", "contact"), ("unit", "reply"), ("unit", "completion")]
    assert "时限暂停计算" in next_steps(appeal, ZONE)[2]["zh"]


def test_the_offices_own_limits_and_the_leaders_are_theirs() -> None:
    appeal = heard(
        judged({"deadline": "dispatch", **OF_CASE}, {"deadline": "lifted", **OF_CASE, "due_at": hours(40)})
    )
    assert steps(appeal) == [("office", "dispatch"), ("leader", "lifted")]
    assert (
        next_steps(appeal, ZONE)[0]["en"]
        == "The office must dispatch it to a unit by 16:00 on 14 February 2026."
    )


def test_what_was_met_fell_away_or_is_between_office_and_unit_is_no_step() -> None:
    met = {"deadline": "contact", "verdict": "met", "met_at": hours(3)}
    late = {"deadline": "reply", "verdict": "overdue", "met_at": hours(40)}
    appeal = heard(
        assigned(1),
        judged(met, late, {"deadline": "completion", "verdict": "void"}, {"deadline": "objection"}),
    )
    assert steps(appeal) == []


def test_what_is_overdue_stays_to_be_done_until_the_next_round() -> None:
    late = judged({"deadline": "reply", "verdict": "overdue", "due_at": hours(3)})
    (step,) = next_steps(heard(assigned(1), late), ZONE)
    assert step["overdue"] is True
    assert "现已超期" in step["zh"]
    assert steps(heard(assigned(1), late, again(4))) == []


def test_a_completed_appeal_asks_the_enterprise_for_its_rating() -> None:
    appeal = heard(assigned(1), judged({"deadline": "reply", "verdict": "overdue"}), completed(5))
    assert steps(appeal) == [("enterprise", None)]


def test_a_limit_that_the_pack_named_is_told_by_its_name() -> None:
    named = {"deadline": "rectification", "title": {"zh": "整改", "en": "rectification"}}
    (step,) = next_steps(heard(assigned(1), judged(named)), ZONE)
    assert "完成“整改”" in step["zh"]


def test_a_unit_that_is_not_known_by_name_is_called_the_unit() -> None:
    stranger = {"deadline": "contact", "leg_id": UUID(int=99), "unit": "roads"}
    (step,) = next_steps(heard(judged(stranger)), ZONE)
    assert step["zh"].startswith("承办单位应于")
