"""Longer limits: asked for in time, within the pack's bounds, approved by the rank their length needs."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from services.dispatch.acts.extensions import DecideExtension, Extend, RequestExtension
from services.dispatch.acts.pauses import Pause, Resume
from services.dispatch.acts.units import Reply
from shared.directory.leaders import Leader, Leaders
from shared.events import AppealExtended, ExtensionDenied, ExtensionRequested, Rank, Verdict
from shared.roles import AccountRole
from shared.rules.pack import pack_files
from shared.rules.time.limits import Limit, LimitUnit
from shared.service.accounts import Caller
from tests.packs.histories import SETTINGS
from tests.unit.dispatch.case import (
    IMPORTER,
    LADDER,
    LEADER,
    MAYOR,
    OFFICE,
    PLAIN,
    ROADS,
    CaseAtDispatch,
    at,
    refused,
)

EVERY_WORD = Path(__file__).parents[2] / "packs" / "every_word.yaml"
# Assigned on Monday 11-09: five working days end on Monday 11-16 at close of business, 17:30.
DUE = at("11-16 17:30")


YES = {"approved": True, "approver": "张", "reason": "同意"}


def extension(number: int, unit: str = "working_days", **more: Any) -> dict[str, Any]:
    return {"limit": {"number": number, "unit": unit}, "reason": "等待材料", **more}


def running(due_at: datetime | None = DUE, verdict: Verdict = Verdict.OPEN) -> CaseAtDispatch:
    """Dispatched, replied to, with its completion due on 11-16."""
    case = CaseAtDispatch().assigned()
    case.do(ROADS, Reply, text="正在办理")
    return case.runs("completion", due_at, verdict)


def test_a_unit_asks_for_more_time_and_the_office_gives_it() -> None:
    case = running()
    case.do(ROADS, RequestExtension, **extension(10))
    (event,) = case.do(OFFICE, DecideExtension, **YES)
    assert isinstance(event, AppealExtended)
    limit = Limit(number=10, unit=LimitUnit.WORKING_DAYS)
    assert (event.deadline, event.limit, event.rank) == ("completion", limit, Rank.OFFICE)
    approved = case.appeal.legs[0].extended[0]
    assert (approved.approver, approved.rank, approved.limit.number) == ("张", "office", 10)


def test_it_is_asked_and_decided_up_to_the_due_moment_and_not_after() -> None:
    case = running()
    case.now = at("11-16 17:29")
    case.do(ROADS, RequestExtension, **extension(10))  # at 17:30, the due moment
    refused(case, 409, "2026-11-16 17:30", OFFICE, DecideExtension, **YES)
    (event,) = case.do(OFFICE, DecideExtension, **YES | {"approved": False})
    assert isinstance(event, ExtensionDenied)
    late = running()
    late.now = at("11-16 17:30")
    refused(late, 409, "2026-11-16 17:30", ROADS, RequestExtension, **extension(10))


@pytest.mark.parametrize(
    ("verdict", "words"),
    [(Verdict.OVERDUE, "overdue, due 2026-11-16 17:30"), (Verdict.MET, "met, due 2026-11-16")],
)
def test_a_deadline_that_ended_is_not_extended(verdict: Verdict, words: str) -> None:
    refused(running(verdict=verdict), 409, words, ROADS, RequestExtension, **extension(10))


def test_a_deadline_nobody_reckoned_yet_is_not_extended() -> None:
    case = running()
    case.deadlines = ()
    refused(case, 409, "does not run", ROADS, RequestExtension, **extension(10))


def test_what_was_met_meanwhile_is_not_extended() -> None:
    case = running()
    case.do(ROADS, RequestExtension, **extension(10))
    case.runs("completion", DUE, Verdict.MET)
    refused(case, 409, "met", OFFICE, DecideExtension, **YES)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (extension(31), 422, "limit"),  # beyond the cap
        (extension(10, "natural_days"), 422, "limit"),
        (extension(5), 422, "limit"),  # as long as it is
        (extension(4), 422, "limit"),
        (extension(10, deadline="reply"), 409, "deadline"),
        (extension(10, deadline="moon"), 409, "deadline"),
    ],
)
def test_a_wish_beyond_the_pack_is_refused(body: dict[str, Any], status: int, field: str) -> None:
    assert refused(running(), status, "", ROADS, RequestExtension, **body).field == field


def test_a_pack_without_extension_gives_none() -> None:
    refused(CaseAtDispatch(PLAIN).assigned(), 409, "deadline", ROADS, RequestExtension, **extension(10))


def test_the_enterprise_is_told_first_and_in_this_round() -> None:
    case = CaseAtDispatch().assigned().runs("completion", DUE)
    refused(case, 409, "tell the enterprise", ROADS, RequestExtension, **extension(10))
    case.do(ROADS, Reply, text="正在办理")
    case.appeal.legs[0].begin_round(2, at("11-10 09:00"))
    refused(case, 409, "tell the enterprise", ROADS, RequestExtension, **extension(10))
    case.now = at("11-10 10:00")
    case.do(ROADS, Reply, text="仍在办理")
    assert case.do(ROADS, RequestExtension, **extension(10))


def test_one_wish_waits_at_a_time_and_the_pack_counts_how_often() -> None:
    case = running()
    case.do(ROADS, RequestExtension, **extension(10))
    refused(case, 409, "waiting", ROADS, RequestExtension, **extension(11))
    case.do(OFFICE, DecideExtension, **YES)
    refused(case, 409, "extended 1 times", ROADS, RequestExtension, **extension(15))
    case.appeal.legs[0].begin_round(2, case.now)
    case.runs("completion", at("11-24 17:30"))
    case.do(ROADS, Reply, text="仍在办理")
    assert case.do(ROADS, RequestExtension, **extension(15))


def test_a_denied_wish_does_not_count() -> None:
    case = running()
    case.do(ROADS, RequestExtension, **extension(10))
    case.do(OFFICE, DecideExtension, **YES | {"approved": False})
    assert case.do(ROADS, RequestExtension, **extension(10))


@pytest.mark.parametrize(
    ("days", "by", "stated", "rank"),
    [
        (10, OFFICE, None, "office"),
        (10, LEADER, None, "leader"),
        (11, OFFICE, None, None),  # 11 to 20 days: the leader in charge
        (11, OFFICE, "leader", "leader"),  # on paper
        (11, LEADER, None, "leader"),
        (11, LEADER, "leader", "leader"),
        (20, LEADER, None, "leader"),
        (21, LEADER, None, None),  # beyond: the mayor
        (21, OFFICE, "leader", None),
        (21, MAYOR, None, "mayor"),
        (21, OFFICE, "mayor", "mayor"),
        (26, LEADER, None, None),  # beyond all that the pack names: the last of them
        (26, MAYOR, None, "mayor"),
        (10, OFFICE, "unit_head", None),
    ],
)
def test_the_length_says_who_approves(days: int, by: Caller, stated: str | None, rank: str | None) -> None:
    case = running()
    case.do(ROADS, RequestExtension, **extension(days))
    if rank is None:
        refused(case, 403, "rank", by, DecideExtension, **YES, rank=stated)
    else:
        (event,) = case.do(by, DecideExtension, **YES, rank=stated)
        assert isinstance(event, AppealExtended)
        assert event.rank == rank


def test_a_leader_claims_no_other_rank() -> None:
    case = running()
    case.do(ROADS, RequestExtension, **extension(21))
    refused(case, 422, "rank", LEADER, DecideExtension, **YES, rank="mayor")


def test_of_the_past_neither_judgement_nor_rank_is_asked_but_the_cap_holds() -> None:
    case = CaseAtDispatch().assigned()
    case.do(IMPORTER, Reply, past=True, text="正在办理")
    refused(case, 422, "limit", IMPORTER, RequestExtension, past=True, **extension(31))
    case.do(IMPORTER, RequestExtension, past=True, **extension(30))
    (event,) = case.do(IMPORTER, DecideExtension, past=True, **YES)
    assert isinstance(event, AppealExtended)
    assert event.rank is None


PAUSE = {"reason": "缺材料", "approver": "张"}


def test_a_paused_deadline_has_no_end_and_can_be_extended() -> None:
    case = running(due_at=None)
    case.do(OFFICE, Pause, **PAUSE, ground="papers")
    refused(case, 409, "paused", OFFICE, Pause, **PAUSE, ground="papers")
    assert case.do(ROADS, RequestExtension, **extension(10))
    case.do(OFFICE, Resume)
    refused(case, 409, "open", OFFICE, Resume)


def test_a_longer_limit_is_given_only_on_the_grounds_that_the_text_names() -> None:
    """BW: a problem that is major, or whose circumstances are complex."""
    grounds = pack_files.read(EVERY_WORD).extension
    assert LADDER.extension
    assert grounds
    allowed = LADDER.extension.model_copy(update={"grounds": grounds.grounds})
    case = CaseAtDispatch(LADDER.model_copy(update={"extension": allowed})).assigned()
    case.do(ROADS, Reply, text="正在办理")
    case.runs("completion", DUE)
    for ground in ({}, {"ground": "busy"}):
        refusal = refused(case, 422, "情况复杂", ROADS, RequestExtension, **extension(10), **ground)
        assert refusal.field == "ground"
    (event,) = case.do(ROADS, RequestExtension, **extension(10, ground="complex"))
    assert isinstance(event, ExtensionRequested)
    assert event.ground == "complex"


def test_a_pack_that_names_no_grounds_takes_none() -> None:
    refusal = refused(
        running(), 422, "no grounds", ROADS, RequestExtension, **extension(10, ground="complex")
    )
    assert refusal.field == "ground"
    (event,) = running().do(ROADS, RequestExtension, **extension(10))
    assert "ground" not in event.model_dump(mode="json")


def approving() -> CaseAtDispatch:
    """An application under Xuancheng's silent approval, with its promised time running."""
    rules = pack_files.load("xuancheng-2024-approval", SETTINGS)
    case = CaseAtDispatch(rules).assigned()
    case.do(ROADS, Reply, text="延期的书面理由已送达")
    return case.runs("decision", DUE)


def own_extension(number: int = 10, **more: Any) -> dict[str, Any]:
    return {**extension(number, deadline="decision"), "signed_by": "赵局长", **more}


def test_the_unit_s_head_extends_in_writing_itself_and_once() -> None:
    """§5: where the department cannot decide in its promised time, its head extends it in writing."""
    case = approving()
    (event,) = case.do(ROADS, Extend, **own_extension())
    assert isinstance(event, AppealExtended)
    assert (event.deadline, event.rank, event.approver) == ("decision", Rank.UNIT_HEAD, "")
    case.runs("decision", at("11-23 17:30"))
    refused(case, 409, "extended 1 times", ROADS, Extend, **own_extension(9))


def test_only_the_head_signs_and_only_before_the_end_and_with_the_notice_sent() -> None:
    refused(approving(), 422, "赵局长", ROADS, Extend, **own_extension(signed_by="钱科长"))
    late = approving()
    late.now = at("11-16 17:30")
    refused(late, 409, "overdue", ROADS, Extend, **own_extension())
    rules = approving().rules
    untold = CaseAtDispatch(rules).assigned().runs("decision", DUE)
    refused(untold, 409, "tell the enterprise", ROADS, Extend, **own_extension())


def test_what_another_rank_decides_the_unit_does_not_extend_itself() -> None:
    body = {**extension(10), "signed_by": "赵局长"}
    refused(running(), 403, "ask for an extension", ROADS, Extend, **body)


def test_an_extension_granted_too_late_is_refused_and_its_reason_told() -> None:
    case = running()
    case.do(ROADS, RequestExtension, **extension(10))
    case.runs("completion", DUE, Verdict.OVERDUE)
    case.now = at("11-17 09:00")
    refusal = refused(case, 409, "2026-11-16 17:30", OFFICE, DecideExtension, **YES)
    assert "超期" in refusal.zh
    assert case.appeal.legs[0].extended == []


def test_a_limit_that_would_be_over_already_is_refused_also_where_the_end_is_not_known() -> None:
    case = running(due_at=None)  # a pause runs
    case.now = at("12-07 09:00")
    case.appeal.legs[0].pauses = 1
    refused(case, 422, "is over", ROADS, RequestExtension, **extension(10))


def test_a_limit_no_longer_than_the_present_one_is_refused_after_a_pause_too() -> None:
    # Assigned 11-09; paused from the 10th to the 12th, two working days that do not count: due on the 18th.
    case = running()
    case.now = at("11-10 09:00")
    case.do(OFFICE, Pause, reason="缺材料", approver="张", ground="papers")
    case.now = at("11-12 09:00")
    case.do(OFFICE, Resume)
    case.runs("completion", at("11-18 17:30"))
    refused(case, 422, "not longer", ROADS, RequestExtension, **extension(5))
    assert case.do(ROADS, RequestExtension, **extension(6))


@pytest.mark.parametrize(
    ("code", "day", "rank"),
    [
        ("zhang", "11-12 10:00", Rank.MAYOR),  # holds the post since 11-10
        ("mayor", "11-12 10:00", Rank.LEADER),  # held it until 11-09
        ("mayor", "11-09 16:00", Rank.MAYOR),
        ("zhang", "11-09 16:00", Rank.LEADER),
        ("li", "11-12 10:00", Rank.LEADER),
        ("li", "11-16 10:00", Rank.MAYOR),  # stands in for zhang, who left on 11-13
    ],
)
def test_who_holds_the_post_of_the_mayor_ranks_as_mayor_under_whatever_code(
    code: str, day: str, rank: Rank
) -> None:
    case = running()
    case.leaders = Leaders(
        [
            Leader("mayor", "mayor", holds_until=date(2026, 11, 9)),
            Leader("zhang", "mayor", date(2026, 11, 10), date(2026, 11, 13), deputy="li"),
            Leader("li", "vice_mayor"),
        ]
    )
    case.do(ROADS, RequestExtension, **extension(10))
    case.now = at(day)
    (event,) = case.do(Caller(code, AccountRole.LEADER, code), DecideExtension, **YES)
    assert isinstance(event, AppealExtended)
    assert event.rank == rank
