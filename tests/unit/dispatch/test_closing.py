"""Closure: against the enterprise's word, and before dispatch; the old ways around it are closed."""

from typing import Any

import pytest

from services.dispatch.acts.office import Close, DecideObjection, Find
from services.dispatch.acts.stages import Reach
from services.dispatch.acts.units import Complete, Object
from services.dispatch.domain import closing
from shared.events import AppealClosed, Rank, Rating
from shared.rules.pack import pack_files
from tests.unit.dispatch.case import LADDER, OFFICE, PLAIN, ROADS, CaseAtDispatch, refused
from tests.unit.dispatch.test_office import FOUND

BOZHOU_2 = pack_files.load("bozhou-2024@2" if "bozhou-2024@2" in pack_files.known() else "bozhou-2024@1")
WORD = {"reason": "企业所求超出政策范围，已当面说明", "approver": "李副市长"}


def completed(rating: Rating | None, **fields: Any) -> CaseAtDispatch:
    """Completed, found reasonable and rated so."""
    case = CaseAtDispatch().assigned()
    case.do(ROADS, Complete, outcome="solved", text="已修复")
    case.do(OFFICE, Find, **FOUND)
    case.appeal.heard_at, case.appeal.rating = case.now, rating
    for name, value in fields.items():
        setattr(case.appeal, name, value)
    return case


def test_a_reasonable_appeal_rated_not_satisfied_is_closed_by_nobody_s_word_but_the_leader_s() -> None:
    case = completed(Rating.NOT_SATISFIED)
    refused(case, 422, "reason", OFFICE, Close)  # the old way: closed with 200
    refused(case, 422, "approver", OFFICE, Close, reason=WORD["reason"], rank="leader")
    refused(case, 403, "分管领导", OFFICE, Close, **WORD)
    refused(case, 403, "分管领导", OFFICE, Close, rank="office", **WORD)
    (event,) = case.do(OFFICE, Close, rank="leader", **WORD)
    assert isinstance(event, AppealClosed)
    assert (event.against_word, event.rank, event.reason) == (True, Rank.LEADER, None)
    (kept,) = case.appeal.closures
    assert (kept.against_word, kept.approver) == (True, "李副市长")


@pytest.mark.parametrize("rating", [None, Rating.SATISFIED, Rating.BASICALLY_SATISFIED])
def test_whoever_is_satisfied_needs_no_higher_word(rating: Rating | None) -> None:
    (event,) = completed(rating).do(OFFICE, Close)
    assert isinstance(event, AppealClosed)
    assert not event.against_word
    assert event.model_dump_json(exclude={"id"}).count("against_word") == 0  # written down as ever


def test_to_leave_the_finding_out_is_no_way_around_it_and_an_unreasonable_appeal_needs_none() -> None:
    closure = LADDER.closure.model_copy(update={"needs": frozenset()}) if LADDER.closure else None
    without = completed(Rating.NOT_SATISFIED, finding=None)
    without.rules = LADDER.model_copy(update={"closure": closure})
    refused(without, 422, "reason", OFFICE, Close)
    unfounded = completed(Rating.NOT_SATISFIED)
    unfounded.do(OFFICE, Find, **FOUND | {"reasonable": False, "understanding": True})
    assert unfounded.do(OFFICE, Close)


def test_to_find_it_unreasonable_after_a_bad_rating_is_no_way_around_the_leader() -> None:
    """XC 47: an explanation that the enterprise did not accept obtained no understanding."""
    case = completed(Rating.NOT_SATISFIED)
    case.do(OFFICE, Find, **FOUND | {"reasonable": False, "understanding": False})
    refused(case, 422, "未取得企业理解", OFFICE, Close)  # the old way: closed with 200, and not counted
    refused(case, 403, "分管领导", OFFICE, Close, **WORD)
    (event,) = case.do(OFFICE, Close, rank="leader", **WORD)
    assert isinstance(event, AppealClosed)
    assert (event.against_word, event.rank) == (True, Rank.LEADER)


def test_whoever_is_never_reached_is_closed_by_the_leader_once_a_call_was_tried() -> None:
    """An anonymous author cannot be called: without a way the case would stay open for ever."""
    case = completed(None, heard_at=None)
    refused(case, 409, "先登记该次回访", OFFICE, Close, rank="leader", **WORD)
    case.appeal.missed_at = case.now
    refused(case, 422, "回访未接通", OFFICE, Close)
    refused(case, 403, "分管领导", OFFICE, Close, **WORD)
    (event,) = case.do(OFFICE, Close, rank="leader", **WORD)
    assert isinstance(event, AppealClosed)
    assert (event.against_word, event.rank, event.reason) == (False, Rank.LEADER, None)
    without = completed(None, heard_at=None, missed_at=case.now)
    without.rules = BOZHOU_2
    refused(without, 409, "", OFFICE, Close, rank="leader", **WORD)


def test_an_earlier_version_of_a_pack_closes_as_it_did() -> None:
    for rules in (PLAIN, BOZHOU_2):
        case = completed(Rating.NOT_SATISFIED)
        case.rules = rules
        assert case.do(OFFICE, Close)


def explained(*, understanding: bool | None, reasonable: bool = False) -> CaseAtDispatch:
    case = CaseAtDispatch()
    case.do(
        OFFICE,
        Find,
        reasonable=reasonable,
        by="办公室",
        reason="无政策依据",
        understanding=understanding,
    )
    return case


def test_an_unfounded_appeal_is_closed_before_dispatch_once_the_enterprise_understood() -> None:
    """XC 47: what is unfounded is explained, and the enterprise's understanding is obtained."""
    refused(CaseAtDispatch(), 409, "先认定为不合理", OFFICE, Close)
    assert explained(understanding=True).do(OFFICE, Close)
    assert explained(understanding=True, reasonable=True).do(OFFICE, Close)
    refused(explained(understanding=None, reasonable=True), 409, "explained", OFFICE, Close)


def test_an_understanding_that_was_refused_is_not_obtained() -> None:
    case = explained(understanding=False)
    refused(case, 422, "未取得企业理解", OFFICE, Close)
    refused(case, 403, "分管领导", OFFICE, Close, **WORD)
    (event,) = case.do(OFFICE, Close, rank="leader", **WORD)
    assert isinstance(event, AppealClosed)
    assert (event.against_word, event.rank) == (False, Rank.LEADER)
    assert LADDER.closure
    assert LADDER.closure.before_dispatch
    alone = LADDER.closure.before_dispatch.model_copy(update={"otherwise": None})
    strict = explained(understanding=False)
    closure = LADDER.closure.model_copy(update={"before_dispatch": alone})
    strict.rules = LADDER.model_copy(update={"closure": closure})
    refused(strict, 409, closing.NOT_UNDERSTOOD.zh, OFFICE, Close, rank="mayor", **WORD)


def test_what_a_unit_has_is_not_closed_as_if_nobody_had_it() -> None:
    case = explained(understanding=True).assigned()
    refused(case, 409, "not completed", OFFICE, Close)
    returned = explained(understanding=True).assigned()
    returned.do(ROADS, Object, reason="不归我们")
    returned.do(OFFICE, DecideObjection, upheld=True, reason="属实")
    assert returned.do(OFFICE, Close)


def test_what_was_verified_after_completion_is_published_before_the_case_is_closed() -> None:
    """亳政办〔2024〕8号 附件4: how reports were verified and handled is published."""
    case = completed(Rating.SATISFIED)
    case.rules = pack_files.load("bozhou-2024")
    refused(case, 403, "营商环境办", ROADS, Reach, stage="verified", text="已核查")
    case.do(OFFICE, Reach, stage="verified", text="已核查")
    refused(case, 409, "核查处理情况已公布", OFFICE, Close)
    case.do(OFFICE, Reach, stage="disclosed", text="已公布")
    assert case.do(OFFICE, Close)
    refused(case, 409, "", OFFICE, Reach, stage="verified", text="已核查")


def test_only_the_stages_that_the_pack_names_so_are_reached_after_completion() -> None:
    case = completed(Rating.SATISFIED)
    refused(case, 409, "", OFFICE, Reach, stage="ordered", text="责令整改")
    assert completed(Rating.SATISFIED).do(OFFICE, Close)
