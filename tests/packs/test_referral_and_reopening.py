"""Referral that is followed until it was received (引导), and reopening after closure.

The old way: any words, "referred", then closed, and after that a wall.
"""

import pytest

from shared.rules.judging import acts
from shared.rules.judging.acts import Act
from shared.rules.pack.desks import Referral, Reopening
from shared.rules.pack.pack import Pack
from shared.rules.pack.time_rules import LimitRule
from tests.packs.histories import Story, at, loaded

COUNTY = "county"


def followed(**more: object) -> Pack:
    """Bozhou's rules, with a referral that is received elsewhere within five working days."""
    pack = loaded("bozhou-2024@1")
    rules = [
        LimitRule.model_validate(
            {"deadline": deadline, "limit": {"number": number, "unit": "working_days"}, "choice": "x"}
        )
        for deadline, number in (("referral", 5), ("dispatch_again", 1))
    ]
    court = {"to": "court", "title": {"zh": "人民法院", "en": "the people's court"}}
    referral = Referral.model_validate({"destinations": [court], "followed": True, "choice": "x"})
    met_by = {**pack.met_by, "referral": ("received_elsewhere",), "dispatch_again": ("assigned", "closed")}
    return pack.changed(
        limits=(*pack.limits, *rules),
        met_by=met_by,
        referral=referral,
        **more,
    )


def referred(by: Pack | None = None) -> Story:
    """Dispatched Monday 2026-03-02, and referred before the unit said anything."""
    story = Story(by or followed()).received("03-02 09:00").dispatched("03-02 10:00")
    return story.did(acts.Referred, "03-02 11:00")


def test_what_was_referred_is_followed_until_it_was_received_there():
    story = referred()
    assert story.judged("03-03 12:00").state == "referred"
    assert story.stands("03-03 12:00")[-1] == "referral 03-09 17:30 open"
    assert story.copy().ruled() == ["03-09 17:30 overdue referral"]
    received = story.did(acts.ReferralReceived, "03-06 10:00").judged()
    assert (received.state, received.next_due_at) == ("referred", None)
    assert [(d.kind, d.verdict) for d in received.deadlines][-1] == ("referral", "met")


def test_where_it_is_not_followed_a_referral_ends_the_case():
    story = Story("bozhou-2024@1").received("03-02 09:00").dispatched("03-02 10:00")
    story.did(acts.Referred, "03-02 11:00").did(acts.ReferralReturned, "03-03 10:00")
    judged = story.judged()
    assert (judged.state, judged.next_due_at, judged.rounds) == ("referred", None, 1)


def test_the_clocks_of_those_who_had_it_end_with_the_referral():
    assert [line for line in referred().stands() if "referral" not in line] == [
        line for line in referred().stands() if line.endswith(" void")
    ]
    assert referred().contacted("03-03 10:00").replied("03-03 10:01").ruled() == [
        "03-09 17:30 overdue referral"
    ]


def test_what_comes_back_starts_its_next_round():
    story = referred().did(acts.ReferralReturned, "03-04 10:00")
    judged = story.judged("03-04 12:00")
    assert (judged.state, judged.rounds) == ("dispatched", 2)
    assert "03-04 10:00 redispatched reopened" in story.ruled("03-04 12:00")
    assert any(line.startswith("reply") and line.endswith("open") for line in story.stands("03-04 12:00"))


def test_what_was_completed_stays_completed_when_it_comes_back():
    story = Story(followed()).received("03-02 09:00").dispatched("03-02 10:00", "town", COUNTY)
    story.completed("03-02 10:30", COUNTY).did(acts.Referred, "03-02 11:00")
    judged = story.did(acts.ReferralReturned, "03-04 10:00").judged("03-04 12:00")
    assert {(d.unit, d.round) for d in judged.deadlines if d.verdict == "open"} == {("town", 2)}


def test_what_no_unit_has_is_dispatched_again_when_it_comes_back():
    story = Story(followed()).received("03-02 09:00").did(acts.Referred, "03-02 11:00")
    story.did(acts.ReferralReturned, "03-04 10:00")
    assert story.stands("03-04 12:00")[-1] == "dispatch_again 03-05 17:30 open"
    assert story.copy().ruled() == ["03-05 17:30 overdue dispatch_again"]
    again = story.dispatched("03-05 10:00").stands("03-05 12:00")
    assert "dispatch_again 03-05 17:30 met" in again


def test_a_second_referral_is_followed_too_also_after_one_that_was_overdue():
    story = referred().did(acts.ReferralReturned, "03-11 10:00").did(acts.Referred, "03-11 11:00")
    assert story.stands("03-11 12:00")[-1] == "referral 03-18 17:30 open"


@pytest.mark.parametrize("act", [acts.Withdrawn, acts.Closed])
def test_it_ends_all_the_same_when_taken_back_or_closed(act: type[Act]):
    judged = referred().did(act, "03-04 10:00").judged()
    assert (judged.state, judged.next_due_at) == (act.__name__.lower(), None)


def reopened(by: Pack) -> Story:
    """Completed, rated not satisfied, closed, and reopened."""
    story = Story(by).received("03-02 09:00").dispatched("03-02 10:00", "town", COUNTY)
    story.completed("03-02 11:00").completed("03-02 11:00", COUNTY).did(acts.Rated, "03-02 12:00")
    return story.did(acts.Closed, "03-03 10:00").did(acts.Reopened, "03-04 10:00")


def after_closure() -> Pack:
    return followed(reopening=Reopening.model_validate({"after_closure": True, "choice": "x"}))


def test_a_closed_case_is_reopened_and_its_next_round_begins():
    story = reopened(after_closure())
    judged = story.judged("03-04 12:00")
    assert (judged.state, judged.rounds) == ("dispatched", 2)
    assert {d.unit for d in judged.deadlines if d.verdict == "open"} >= {"town", COUNTY}
    assert story.completed("03-05 10:00").completed("03-05 10:00", COUNTY).judged("03-05 12:00").state == (
        "completed"
    )


def test_without_the_word_closure_is_the_end():
    assert reopened(loaded("bozhou-2024@1")).judged().state == "closed"


def test_a_case_closed_before_dispatch_is_dispatched_when_it_is_reopened():
    story = Story(after_closure()).received("03-02 09:00").did(acts.Closed, "03-02 10:00")
    story.did(acts.Reopened, "03-04 10:00")
    assert story.judged("03-04 12:00").state == "registered"
    assert story.ruled() == ["03-05 17:30 overdue dispatch_again"]


def test_what_the_enterprise_withdrew_is_not_reopened():
    story = Story(after_closure()).dispatched("03-02 10:00").did(acts.Withdrawn, "03-02 11:00")
    assert story.did(acts.Reopened, "03-04 10:00").judged().state == "withdrawn"


def signed_off(by: Pack) -> Story:
    """Refused and lifted, signed off, completed, and reopened."""
    story = Story(by).received("03-02 09:00").dispatched("03-02 10:00").did(acts.Refused, "03-02 11:00")
    story.did(acts.SignedOff, "03-03 09:00").completed("03-03 10:00")
    return story.did(acts.Reopened, "03-04 10:00")


def test_what_was_signed_off_and_reopened_climbs_the_ladder_again():
    story = signed_off(after_closure())
    assert story.judged("03-04 12:00").state == "dispatched"
    assert story.did(acts.Refused, "03-05 09:00").judged("03-05 10:00").state == "lifted"
    lifts = [line for line in story.ruled() if " lifted " in line]
    assert lifts == ["03-02 11:00 lifted refusal", "03-05 09:00 lifted refusal"]
    judged = story.judged()
    assert len({ruling.id for ruling in judged.rulings}) == len(judged.rulings), "each is published"
    assert judged.lifted_at == at("03-02 11:00"), "the first time"


def test_without_the_word_it_stays_lifted_once():
    story = signed_off(loaded("bozhou-2024@1"))
    assert story.judged("03-04 12:00").state == "lifted"


def test_what_was_lifted_and_not_signed_off_stays_with_its_leader():
    story = Story(after_closure()).received("03-02 09:00").dispatched("03-02 10:00")
    story.did(acts.Refused, "03-02 11:00").completed("03-03 10:00").did(acts.Reopened, "03-04 10:00")
    assert story.judged("03-04 12:00").state == "lifted"
