"""The stages of a procedure, with their dates and amounts, and who reports them."""

from typing import Any

import pytest

from services.dispatch.acts.base import AppealAct
from services.dispatch.acts.stages import Reach
from services.dispatch.acts.units import Complete, Reply
from shared.events import StageReached
from shared.rules.pack import pack_files
from shared.rules.pack.desks import By
from shared.service.accounts import Caller
from tests.packs.histories import SETTINGS
from tests.unit.dispatch.case import IMPORTER, OFFICE, PLAIN, ROADS, CaseAtDispatch, at, refused

FIRST, SECOND = "2026-12-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00"


PLAN = {"stage": "plan", "dates": [FIRST, SECOND], "text": "分两期还款"}


PAID = {"stage": "paid", "text": "已到账"}


ORDERED = {"stage": "ordered", "text": "责令整改"}


def test_a_plan_brings_its_dates_and_keeps_texts_and_amounts_out_of_the_event() -> None:
    case = CaseAtDispatch().assigned()
    (event,) = case.do(ROADS, Reach, **PLAN, amount="100", amounts=["60", "40.50"])
    assert isinstance(event, StageReached)
    assert (event.stage, [date.isoformat() for date in event.dates]) == ("plan", [FIRST, SECOND])
    assert "分两期" not in event.model_dump_json()
    assert "amount" not in event.model_dump_json()
    assert [reached.stage for reached in case.appeal.legs[0].stages] == ["plan"]


@pytest.mark.parametrize(
    ("by", "body"),
    [
        (ROADS, PAID),
        (OFFICE, ORDERED),
        (IMPORTER, PAID),
        (IMPORTER, ORDERED),
        (ROADS, PLAN | {"dates": [FIRST]}),
    ],
)
def test_a_stage_is_said_by_whom_the_pack_names(by: Caller, body: dict[str, Any]) -> None:
    assert case_said(by, body) == body["stage"]


def case_said(by: Caller, body: dict[str, Any]) -> str:
    (event,) = CaseAtDispatch().assigned().do(by, Reach, **body)
    assert isinstance(event, StageReached)
    return event.stage


def test_a_date_already_past_is_taken_if_it_lies_after_receipt() -> None:
    case = CaseAtDispatch().assigned()
    case.now = at("12-20 09:00")
    past = PLAN | {"dates": ["2026-11-09T09:00:01+08:00"]}
    refused(case, 422, "confirmed", ROADS, Reach, **past)  # the old way: overdue at once, by a typing mistake
    case.do(ROADS, Reach, **past, confirmed=True)
    refused(case, 422, "dates.0", ROADS, Reach, **PLAN | {"dates": ["2026-11-09T09:00:00+08:00"]})


@pytest.mark.parametrize(
    ("by", "body", "status", "words"),
    [
        (ROADS, {"stage": "moon", "text": "x"}, 422, "plan"),
        (ROADS, ORDERED, 403, "stage"),
        (OFFICE, PAID, 403, "stage"),
        (ROADS, PLAN | {"dates": []}, 422, "dates"),
        (ROADS, PAID | {"dates": [FIRST]}, 422, "dates"),
        (
            ROADS,
            PLAN | {"dates": [FIRST, "2026-11-30T16:00:00+00:00"]},
            422,
            "dates",
        ),  # one moment, two zones
        (ROADS, PLAN | {"dates": [FIRST, "2026-11-08T00:00:00+08:00"]}, 422, "dates.1"),
        (ROADS, PLAN | {"dates": [FIRST, "2036-11-18T00:00:00+08:00"]}, 422, "dates.1"),  # 3661 days on
        (ROADS, PLAN | {"amounts": ["1"]}, 422, "amounts"),
        (ROADS, PAID | {"amounts": ["1"]}, 422, "amounts"),
    ],
)
def test_a_stage_is_refused(by: Caller, body: dict[str, Any], status: int, words: str) -> None:
    refused(CaseAtDispatch().assigned(), status, words, by, Reach, **body)


def test_more_than_sixty_dates_are_no_plan() -> None:
    dates = [f"2027-{month:02}-{day:02}T00:00:00+08:00" for month in (1, 3, 5) for day in range(1, 31)]
    with pytest.raises(ValueError, match="at most 60"):
        CaseAtDispatch().assigned().do(ROADS, Reach, **PLAN | {"dates": dates[:61]})
    assert CaseAtDispatch().assigned().do(ROADS, Reach, **PLAN | {"dates": dates[:60]})


def test_a_pack_without_stages_has_none_to_reach() -> None:
    refused(CaseAtDispatch(PLAIN).assigned(), 409, "stage", ROADS, Reach, **PAID)


@pytest.mark.parametrize("act", [Reach, Reply])
def test_a_completed_leg_reaches_no_stage(act: type[AppealAct]) -> None:
    case = CaseAtDispatch().assigned()
    case.do(ROADS, Complete, outcome="solved", text="好")
    refused(case, 409, "completed", ROADS, act, **(PAID if act is Reach else {"text": "好"}))


def test_a_day_mistyped_by_years_is_asked_about_before_it_makes_the_unit_late() -> None:
    """Award money is due 15 days after it arrived: 2016 for 2026 would be ten years overdue at once."""
    award = pack_files.load("xx-city-2022-award", SETTINGS)
    case = CaseAtDispatch(award).assigned()
    arrived = next(stage for stage in award.stages if stage.dated)
    by = ROADS if arrived.by is not By.OFFICE else OFFICE
    mistyped = {"stage": arrived.stage, "text": "已到账", "dates": ["2017-11-06T09:00:00+08:00"]}
    refused(case, 422, "confirmed: true", by, Reach, **mistyped)
    assert case.do(by, Reach, **mistyped, confirmed=True)
    today = mistyped | {"dates": ["2026-11-06T09:00:00+08:00"]}
    assert CaseAtDispatch(award).assigned().do(by, Reach, **today)
