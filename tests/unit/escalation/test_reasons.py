"""What people wrote is put into a case as it is read, also into one that an earlier release stored."""

from datetime import UTC, datetime
from uuid import uuid4

from services.escalation.reasons.filling import Reason, with_reasons
from shared.events import AppealInstructed

LIFTED_AT = datetime(2026, 11, 12, 9, 30, tzinfo=UTC)


def instructed(words: str) -> Reason:
    return Reason(uuid4(), uuid4(), AppealInstructed.type, LIFTED_AT, None, words)


def test_a_case_without_these_words_says_that_there_are_none() -> None:
    case = {"cards": [{"card_id": "1"}], "lifts": [{"lifted_at": LIFTED_AT.isoformat()}], "gathered": [{}]}
    shown = with_reasons(case, [])
    assert shown["cards"] == [{"card_id": "1", "reason": None}]
    assert (shown["lift"]["instruction"], shown["lift"]["named_reason"]) == (None, None)
    assert (shown["gathered"], shown["reasons"]) == ([{"summary": ""}], [])


def test_a_case_of_a_release_that_kept_one_lift_and_no_gatherings_is_read() -> None:
    case = {"cards": [], "lift": {"lifted_at": LIFTED_AT.isoformat(), "instruction": "限期办结"}}
    assert with_reasons(case, [])["lifts"][0]["instruction"] == "限期办结"
    assert with_reasons(case, [instructed("三日内办结")])["lift"]["instruction"] == "三日内办结"
    assert with_reasons({"cards": [], "lift": None}, [])["lift"] is None
