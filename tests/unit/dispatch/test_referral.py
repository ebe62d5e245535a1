"""Referral: where the pack says, by whom it says, and followed until it was received there."""

import pytest

from services.dispatch.access import ACCESS
from services.dispatch.acts.office import Close, DecideObjection, Find
from services.dispatch.acts.referral import ReceiveElsewhere, Refer, TakeBack
from services.dispatch.acts.units import Complete, Object
from services.dispatch.document import AppealState
from services.dispatch.domain import bounds
from services.dispatch.handlers import keep_referral_objection, reopen
from shared import events
from shared.events import Event
from shared.roles import AccountRole
from shared.rules.pack.desks import GuidedBy
from tests.unit.dispatch.case import LADDER, OFFICE, ROADS, WATER, CaseAtDispatch, refused

TO_COURT = {"to": "courts", "reason": "属司法裁判事项"}
THERE = {"receiver": "（2026）皖民初 118 号"}
BACK = {"objected": True, "reason": "法院不受理，应由本市处理"}


def referred(*units: str) -> CaseAtDispatch:
    case = CaseAtDispatch().assigned(*units) if units else CaseAtDispatch()
    case.do(OFFICE, Refer, **TO_COURT)
    return case


def heard(case: CaseAtDispatch, event: type[Event], handler: object, **fields: object) -> None:
    """What intake said, a minute later."""
    case.do(OFFICE, Find, reasonable=True, by="办公室", reason="属实")
    emitted = case.appeal.event(event, case.now, **fields)
    handler(CaseWork(case), emitted)  # type: ignore[operator]


class CaseWork:
    """A unit of work of one case, without a database."""

    def __init__(self, case: CaseAtDispatch) -> None:
        self.case = case

    def appeal(self, _: object) -> object:
        return self.case.appeal

    def keep(self, _: object) -> None:
        pass


def test_any_words_and_then_closed_is_no_way_out_any_more() -> None:
    """XC 47: to arbitration, discipline inspection, review, courts or disclosure, and to nowhere else."""
    where = refused(CaseAtDispatch(), 422, "仲裁", OFFICE, Refer, to="别处", reason="不归我们")
    assert "courts (courts)" in where.en
    case = referred()
    refused(case, 409, "尚未登记对方承接", OFFICE, Close)  # the old way: any words, then closed with 200
    (event,) = case.do(OFFICE, ReceiveElsewhere, **THERE)
    assert isinstance(event, events.ReferralReceived)
    assert (event.to, event.receiver) == ("courts", "")
    assert case.do(OFFICE, Close)


def test_a_pack_from_version_3_that_names_no_destination_refers_nothing() -> None:
    rules = LADDER.model_copy(update={"referral": None, "version": 3})
    refused(CaseAtDispatch(rules), 409, "没有引导途径", OFFICE, Refer, **TO_COURT)
    earlier = LADDER.model_copy(update={"referral": None, "version": 2})
    assert CaseAtDispatch(earlier).do(OFFICE, Refer, to="别处", reason="不归我们")


def test_the_lead_unit_may_guide_where_the_pack_says_so_and_no_other_unit_ever() -> None:
    case = CaseAtDispatch().assigned("roads", "water")
    refused(case, 403, "主办单位", WATER, Refer, **TO_COURT)
    (event,) = case.do(ROADS, Refer, **TO_COURT)
    assert isinstance(event, events.AppealReferred)
    assert case.appeal.referral
    assert case.appeal.referral.by == "roads"
    assert LADDER.referral
    office = LADDER.referral.model_copy(update={"by": (GuidedBy.OFFICE,)})
    alone = CaseAtDispatch(LADDER.model_copy(update={"referral": office})).assigned("roads")
    refused(alone, 403, "只由营商环境办引导", ROADS, Refer, **TO_COURT)


def test_a_lifted_case_is_guided_elsewhere_by_a_leaders_word() -> None:
    case = CaseAtDispatch().assigned("roads")
    case.appeal.lifted = True
    refused(case, 422, "approver", OFFICE, Refer, **TO_COURT)
    refused(case, 403, "营商环境办登记", ROADS, Refer, **TO_COURT, approver="李副市长", rank="leader")
    refused(case, 403, "已提级", OFFICE, Refer, **TO_COURT, approver="张主任", rank="office")
    assert case.do(OFFICE, Refer, **TO_COURT, approver="李副市长", rank="leader")
    signed_off = CaseAtDispatch().assigned("roads")
    signed_off.appeal.lifted = signed_off.appeal.signed_off = True
    assert signed_off.do(OFFICE, Refer, **TO_COURT)


def test_who_guides_an_enterprise_elsewhere_does_not_say_itself_that_it_was_received() -> None:
    """Else a unit would be rid of its leg by two requests, before the enterprise could object."""
    path = "POST /appeals/{appeal_id}/referral-receipts"
    assert {role.acts_as for role in ACCESS[path] if role} == {AccountRole.OFFICE}
    assert AccountRole.UNIT in ACCESS["POST /appeals/{appeal_id}/referrals"]


@pytest.mark.parametrize(("units", "state"), [((), "received"), (("roads",), "assigned")])
def test_the_enterprise_objects_and_the_office_takes_the_appeal_back(
    units: tuple[str, ...], state: AppealState
) -> None:
    case = referred(*units)
    refused(case, 409, "企业未对引导提出异议", OFFICE, TakeBack, **BACK)
    heard(case, events.ReferralObjected, keep_referral_objection)
    (event,) = case.do(OFFICE, TakeBack, **BACK)
    assert isinstance(event, events.ReferralReturned)
    assert (event.to, event.objected) == ("courts", True)
    assert case.appeal.state == state
    assert case.appeal.referral is None
    refused(case, 409, state, OFFICE, ReceiveElsewhere, **THERE)
    assert case.do(OFFICE, Refer, **TO_COURT)  # another time it may belong there after all


def test_what_nobody_there_took_comes_back_and_what_was_received_does_not() -> None:
    case = referred("roads")
    assert case.do(OFFICE, TakeBack, objected=False, reason="仲裁委不予受理")
    case = referred("roads")
    case.do(OFFICE, ReceiveElsewhere, **THERE)
    refused(case, 409, "已承接", OFFICE, TakeBack, objected=False, reason="反悔")
    refused(case, 409, "已承接", OFFICE, ReceiveElsewhere, **THERE)


def test_a_closed_appeal_that_is_reopened_is_at_work_again_and_one_closed_later_stays_closed() -> None:
    case = referred("roads")
    case.do(OFFICE, ReceiveElsewhere, **THERE)
    case.do(OFFICE, Close)
    before = case.appeal.event(events.AppealReopened, case.now.replace(hour=8), reason="复发")
    reopen(CaseWork(case), before)  # type: ignore[arg-type]
    assert case.appeal.state == "closed"
    after = case.appeal.event(events.AppealReopened, case.now.replace(hour=20), reason="复发")
    reopen(CaseWork(case), after)  # type: ignore[arg-type]
    assert (case.appeal.state, case.appeal.rating) == ("assigned", None)


def test_a_case_is_not_referred_for_ever() -> None:
    case = CaseAtDispatch()
    for _ in range(bounds.MOST_REFERRALS):
        case.do(OFFICE, Refer, **TO_COURT)
        case.do(OFFICE, TakeBack, objected=False, reason="未受理")
    refused(case, 409, "引导已达上限", OFFICE, Refer, **TO_COURT)


def test_what_a_unit_asked_for_before_it_was_done_or_the_case_went_away_waits_no_more() -> None:
    """Its clock ended then: an objection that waited on would bar the next, and nobody had to decide it."""
    away, completed = CaseAtDispatch().assigned("roads"), CaseAtDispatch().assigned("roads")
    for case in (away, completed):
        case.do(ROADS, Object, reason="不是我们的")
    away.do(OFFICE, Refer, **TO_COURT)
    away.do(OFFICE, TakeBack, objected=False, reason="对方不受理")
    completed.do(ROADS, Complete, outcome="solved", text="已办")
    completed.appeal.legs[0].begin_round(2, completed.now)
    for case in (away, completed):
        refused(case, 409, "no objection", OFFICE, DecideObjection, upheld=True, reason="归你管")
        assert case.do(ROADS, Object, reason="仍不是我们的")
