"""What an enterprise may do: add, hurry, correct its contact, ask once more, rate by five grades."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.intake import acts
from services.intake.document import AppealDocument
from services.intake.domain.context import ActContext
from services.intake.domain.own_acts import MOST_ADDITIONS
from services.intake.domain.receipt_codes import MOST_RENEWALS, RENEWAL_SPAN, may_renew, renewed_hash
from services.intake.domain.registration import receive
from services.intake.domain.transitions import perform
from shared import events
from shared.events import Channel, Rating
from shared.rules.judging.state import CaseState
from shared.rules.pack.desks import Reopening
from shared.service.errors import Conflict, Invalid
from shared.service.receipts import receipt_hash
from tests.unit.intake.case import (
    APPEAL,
    BARE,
    CLOSED,
    NUMBER,
    START,
    WITHDRAW,
    act_context,
    assigned,
    completed,
    done,
    heard,
    hours,
    received,
    registration,
    under,
)

ADD = acts.AddFacts(text="昨晚又停电一次")
URGE = acts.Urge()
ASK = acts.AskReopening(reason="问题又出现了")
HANDLED, DONE = heard(assigned()), heard(assigned(), completed(4))


def by_enterprise(at: float, **more: Any) -> ActContext:
    return replace(act_context(at), by="anyone", by_staff=False, **more)


def refusal(appeal: AppealDocument, act: acts.AppealAct, context: ActContext) -> str:
    with pytest.raises((Conflict, Invalid)) as raised:
        perform(appeal, act, context)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in raised.value.zh)
    return raised.value.en


def test_facts_are_kept_with_who_wrote_them_and_told_without_their_text() -> None:
    appeal, (said,) = perform(HANDLED, ADD, by_enterprise(2))
    assert (said.by, said.count, ADD.text in said.model_dump_json()) == ("enterprise", 1, False)
    appeal, (said,) = perform(appeal, ADD, act_context(3))
    assert (said.by, said.count) == ("staff", 2)
    assert [addition.by for addition in appeal.additions] == [None, "office"]
    assert appeal.timeline[-1].zh == "补充了情况（第 2 次）"


def test_facts_are_added_until_the_case_ends_and_so_many_times() -> None:
    perform(DONE, ADD, by_enterprise(5))
    assert "closed" in refusal(heard(assigned(), completed(4), CLOSED), ADD, by_enterprise(10))
    appeal = HANDLED
    for _ in range(MOST_ADDITIONS):
        appeal, _ = perform(appeal, ADD, by_enterprise(2))
    assert str(MOST_ADDITIONS) in refusal(appeal, ADD, by_enterprise(2))


def test_haste_is_asked_for_once_a_working_day_and_counted() -> None:
    # START is Friday 2026-02-13 at 10:00; Saturday the 14th is a make-up day, the 15th to 23rd are off
    appeal, (said,) = perform(HANDLED, URGE, by_enterprise(2))
    assert (said.by, said.count) == ("enterprise", 1)
    assert "working day" in refusal(appeal, URGE, by_enterprise(5))
    appeal, (said,) = perform(appeal, URGE, by_enterprise(24))
    assert said.count == 2
    assert "working day" in refusal(appeal, URGE, by_enterprise(7 * 24))
    appeal, (said,) = perform(appeal, URGE, by_enterprise(11 * 24))
    assert said.count == 3


def test_the_settings_say_how_often_haste_may_be_asked_for() -> None:
    appeal, _ = perform(HANDLED, URGE, by_enterprise(2, urgings_a_day=2))
    appeal, _ = perform(appeal, URGE, by_enterprise(3, urgings_a_day=2))
    refusal(appeal, URGE, by_enterprise(4, urgings_a_day=2))


def test_nobody_is_hurried_when_the_units_are_done() -> None:
    assert "completed" in refusal(DONE, URGE, by_enterprise(5))


def test_a_corrected_contact_replaces_the_old_one_and_is_told_without_it() -> None:
    act = acts.CorrectContact(phone="13900000009")
    appeal, (said,) = perform(HANDLED, act, by_enterprise(2))
    assert appeal.enterprise is not None
    assert (appeal.enterprise.phone, appeal.enterprise.contact_name) == ("13900000009", None)
    assert appeal.enterprise.name == "某某食品有限公司"
    assert isinstance(said, events.ContactChanged)
    assert "13900000009" not in said.model_dump_json()


def test_an_anonymous_letter_gets_no_contact() -> None:
    letter = receive(registration(Channel.ANONYMOUS_LETTER, None), APPEAL, NUMBER, BARE.ref, START)[0]
    assert "no enterprise" in refusal(letter, acts.CorrectContact(phone="13900000009"), by_enterprise(2))


# five grades


@pytest.mark.parametrize(
    ("rating", "reopens"),
    [
        (Rating.VERY_SATISFIED, False),
        (Rating.SATISFIED, False),
        (Rating.BASICALLY_SATISFIED, False),
        (Rating.NOT_SATISFIED, True),
        (Rating.VERY_DISSATISFIED, True),
    ],
)
def test_the_two_lowest_grades_reopen_and_the_upper_three_are_satisfied(
    rating: Rating, reopens: bool
) -> None:
    assert rating.is_satisfied is not reopens
    rated = done(DONE, (acts.Rate(rating=rating), 5))
    if reopens:
        assert perform(rated, acts.Reopen(reason="未解决"), act_context(6))[0].state == CaseState.DISPATCHED
    else:
        refusal(rated, acts.Reopen(reason="未解决"), act_context(6))


def test_each_unit_is_rated_by_itself_with_reasons_and_whether_it_is_solved() -> None:
    of_unit = {
        "unit": "power",
        "rating": "very_dissatisfied",
        "solved": False,
        "reasons": ["slow", "evasive"],
    }
    act = acts.Rate.model_validate({"rating": "basically_satisfied", "solved": True, "units": [of_unit]})
    appeal, (said,) = perform(DONE, act, by_enterprise(5))
    assert isinstance(said, events.AppealRated)
    assert (said.rating, said.solved) == ("basically_satisfied", True)
    assert said.units[0].reasons == ("slow", "evasive")
    assert appeal.rating is not None
    assert appeal.rating.units[0].solved is False


def test_a_rating_without_more_words_is_written_as_before() -> None:
    (said,) = perform(DONE, acts.Rate(rating="satisfied"), by_enterprise(5))[1]
    assert said.model_dump(exclude={"id", "occurred_at", "appeal_id", "registration_number"}) == {
        "rating": "satisfied"
    }


def test_a_unit_without_a_part_is_not_rated_nor_one_twice() -> None:
    stranger = acts.Rate.model_validate(
        {"rating": "satisfied", "units": [{"unit": "x", "rating": "satisfied"}]}
    )
    assert "x" in refusal(DONE, stranger, by_enterprise(5))
    own = {"unit": "power", "rating": "satisfied"}
    twice = acts.Rate.model_validate({"rating": "satisfied", "units": [own, own]})
    assert "twice" in refusal(DONE, twice, by_enterprise(5))


# a reopening that is asked for


def test_who_asks_for_a_reopening_needs_no_rating_and_the_office_decides() -> None:
    appeal, (asked,) = perform(DONE, ASK, by_enterprise(5))
    assert (asked.type, ASK.reason in asked.model_dump_json()) == ("reopening.asked.v1", False)
    assert "waits" in refusal(appeal, ASK, by_enterprise(6))
    granted = acts.DecideReopening(granted=True, reason="情况属实")
    appeal, (said,) = perform(appeal, granted, act_context(7))
    assert (said.type, appeal.state) == ("appeal.reopened.v1", CaseState.DISPATCHED)
    decision = appeal.reopening_requests[0].decision
    assert decision is not None
    assert decision.granted
    assert appeal.reopenings == 1


def test_a_request_may_be_declined_and_its_reason_stays_here() -> None:
    appeal, _ = perform(DONE, ASK, by_enterprise(5))
    declined = acts.DecideReopening(granted=False, reason="已按约解决")
    appeal, (said,) = perform(appeal, declined, act_context(6))
    assert (said.type, appeal.state) == ("reopening.declined.v1", CaseState.COMPLETED)
    assert declined.reason not in said.model_dump_json()
    assert "no request" in refusal(appeal, declined, act_context(7))
    perform(appeal, ASK, by_enterprise(8))


def test_a_reopening_after_a_bad_rating_answers_the_request_as_well() -> None:
    appeal, _ = perform(DONE, ASK, by_enterprise(5))
    appeal = done(appeal, (acts.Rate(rating="not_satisfied"), 6), (acts.Reopen(reason="未解决"), 7))
    assert appeal.reopening_requests[0].decision is not None


def test_what_the_pack_says_of_reopening_holds_for_requests() -> None:
    rules = under(reopening=Reopening.model_validate({"clause": "§7", "times": 1}))
    appeal, _ = perform(DONE, ASK, replace(by_enterprise(5), pack=rules))
    granted = acts.DecideReopening(granted=True, reason="情况属实")
    appeal, _ = perform(appeal, granted, replace(act_context(6), pack=rules))
    again = heard(completed(8), appeal=appeal)
    assert "reopened 1 times" in refusal(again, ASK, replace(by_enterprise(9), pack=rules))
    assert "dispatched" in refusal(HANDLED, ASK, by_enterprise(2))


def test_a_finding_is_needed_when_the_office_decides_and_not_before() -> None:
    rules = under(reopening=Reopening.model_validate({"clause": "§7", "finding": True}))
    appeal, _ = perform(DONE, ASK, replace(by_enterprise(5), pack=rules))
    granted = acts.DecideReopening(granted=True, reason="情况属实")
    assert "finding" in refusal(appeal, granted, replace(act_context(6), pack=rules))


# receipt codes


def renewed(appeal: AppealDocument, code: str, at: float) -> AppealDocument:
    return perform(appeal, acts.RenewCode(hash=receipt_hash(code)), by_enterprise(at))[0]


def test_a_new_code_replaces_the_old_one_when_it_is_first_used() -> None:
    old = received().model_copy(update={"receipt_hash": receipt_hash("OLD")})
    appeal = renewed(old, "NEW", 2)
    assert appeal.receipt_hash == receipt_hash("OLD")
    assert renewed_hash(appeal, "OLD") is None
    new = renewed_hash(appeal, "new")
    assert new == receipt_hash("NEW")
    appeal, (said,) = perform(appeal, acts.UseNewCode(hash=new), by_enterprise(3))
    assert (appeal.receipt_hash, appeal.renewed, said.receipt_hash) == (new, [], new)


def test_asking_for_codes_says_nothing_to_anybody() -> None:
    assert perform(received(), acts.RenewCode(hash="ab"), by_enterprise(2))[1] == []


def test_so_many_codes_a_day_are_sent_and_each_works_until_one_is_used() -> None:
    appeal = received()
    for number in range(MOST_RENEWALS):
        assert may_renew(appeal, hours(2))
        appeal = renewed(appeal, f"NEW{number}", 2)
    assert not may_renew(appeal, hours(2))
    assert may_renew(appeal, hours(2) + RENEWAL_SPAN + timedelta(seconds=1))
    assert all(renewed_hash(appeal, f"NEW{number}") for number in range(MOST_RENEWALS))
    appeal, _ = perform(appeal, acts.UseNewCode(hash=receipt_hash("NEW1")), by_enterprise(3))
    assert renewed_hash(appeal, "NEW0") is None


def test_a_code_that_was_used_at_the_same_time_changes_nothing() -> None:
    appeal, said = perform(received(), acts.UseNewCode(hash="ab"), by_enterprise(2))
    assert (said, appeal.receipt_hash) == ([], None)


def test_where_there_is_no_contact_nothing_is_sent() -> None:
    letter = receive(registration(Channel.ANONYMOUS_LETTER, None), APPEAL, NUMBER, BARE.ref, START)[0]
    assert not may_renew(letter, hours(2))
    assert may_renew(done(received(), (WITHDRAW, 3)), hours(4))
