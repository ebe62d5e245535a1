"""What the load knows of merged appeals: who may lead, who joins, to whose leg an act is passed on."""

import random

from tests.faults.cases import MOST_FOLLOWERS, LoadCase


def case(name: str, *units: str, pack: str = "bozhou-2024") -> LoadCase:
    roles = ("lead", "assist")
    legs = [{"unit": unit, "role": role} for unit, role in zip(units, roles, strict=False)]
    return LoadCase(name, random.Random(name), pack, name, name, "", legs=legs)


def test_who_leads_follows_nobody_and_is_of_the_same_pack() -> None:
    lead, follower = case("1"), case("2")
    assert lead.may_lead(follower)
    assert not lead.may_lead(lead)
    assert not lead.may_lead(case("3", pack="bowu-2022"))
    follower.lead = lead
    assert not follower.may_lead(case("3"))
    assert not follower.may_follow()
    lead.followers = [follower] * MOST_FOLLOWERS
    assert not lead.may_lead(case("3"))
    assert not lead.may_follow()


def test_an_appeal_without_units_joins_those_of_its_lead() -> None:
    lead, follower = case("1", "roads"), case("2")
    assert follower.joins(lead)
    assert not follower.joins(case("3"))
    assert not case("4", "water").joins(lead)
    lead.ended.add(0)
    assert not follower.joins(lead)


def test_an_act_passes_to_the_leg_of_the_same_unit_on_which_it_works() -> None:
    follower = case("1", "roads", "water")
    assert (follower.shared_leg("water"), follower.shared_leg("tax")) == (1, None)
    follower.completed.add(1)
    assert follower.shared_leg("water") is None
    follower.over = True
    assert follower.shared_leg("roads") is None
