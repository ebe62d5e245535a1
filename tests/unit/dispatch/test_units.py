"""What a unit may do on its leg, and the signed request to lift."""

import pytest

from services.dispatch.acts.stages import Reach
from services.dispatch.acts.units import Reply, RequestLift
from shared.events import LiftRequested, Mark
from shared.service.accounts import Caller
from tests.unit.dispatch.case import PLAIN, ROADS, CaseAtDispatch, refused

PAID = {"stage": "paid", "text": "已到账"}


def test_a_unit_does_nothing_on_the_leg_of_another() -> None:
    case = CaseAtDispatch().assigned("water")
    refused(case, 403, "another unit", ROADS, Reply, text="好")
    refused(case, 403, "another unit", ROADS, Reach, **PAID)


LIFT = {"reason": "本级无权限", "signed_by": "赵局长"}


def test_the_head_of_the_unit_signs_the_request_to_lift() -> None:
    case = CaseAtDispatch().assigned()
    refused(case, 422, "赵局长", ROADS, RequestLift, **LIFT | {"signed_by": "钱科长"})
    (event,) = case.do(ROADS, RequestLift, **LIFT)
    assert isinstance(event, LiftRequested)


def test_where_the_directory_names_no_head_any_name_signs() -> None:
    water = Caller("water", ROADS.role, "water")
    assert CaseAtDispatch().assigned("water").do(water, RequestLift, **LIFT | {"signed_by": "孙科长"})


@pytest.mark.parametrize(("level", "allowed"), [("county", True), ("city", False)])
def test_a_lifted_case_is_lifted_again_while_a_level_is_above(level: str, allowed: bool) -> None:
    case = CaseAtDispatch().assigned()
    case.appeal.lifted, case.appeal.level = True, level
    if allowed:
        assert case.do(ROADS, RequestLift, **LIFT)
    else:
        refused(case, 409, "lifted already", ROADS, RequestLift, **LIFT)


def test_what_the_pack_never_lifts_nobody_lifts() -> None:
    case = CaseAtDispatch().assigned(marks=[Mark.LITIGATION])
    refused(case, 409, "litigation", ROADS, RequestLift, **LIFT)
    refused(CaseAtDispatch(PLAIN).assigned(), 409, "on request", ROADS, RequestLift, **LIFT)
