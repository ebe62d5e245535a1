"""Pauses: on a ground of the pack, approved by the rank that the ground needs."""

from typing import Any

import pytest

from services.dispatch import acts
from shared.events import AppealPaused
from shared.service.accounts import Caller
from tests.unit.dispatch.case import (
    IMPORTER,
    OFFICE,
    PLAIN,
    CaseAtDispatch,
    refused,
)

PAUSE = {"reason": "缺材料", "approver": "张"}


@pytest.mark.parametrize(
    ("by", "body", "status"),
    [
        (OFFICE, {"ground": "papers"}, None),
        (OFFICE, {"ground": "expert"}, 403),
        (OFFICE, {"ground": "expert", "rank": "leader"}, None),
        (OFFICE, {"ground": "expert", "rank": "mayor"}, None),
        (OFFICE, {"ground": "moon"}, 422),
        (OFFICE, {}, 422),
        (IMPORTER, {"ground": "expert"}, None),
    ],
)
def test_a_pause_has_a_ground_of_the_pack_and_its_rank(
    by: Caller, body: dict[str, Any], status: int | None
) -> None:
    case = CaseAtDispatch().assigned()
    if status:
        refused(case, status, "rank" if status == 403 else "papers", by, acts.Pause, **PAUSE, **body)
    else:
        (event,) = case.do(by, acts.Pause, **PAUSE, **body)
        assert isinstance(event, AppealPaused)
        assert event.ground == body["ground"]


def test_a_pack_without_grounds_takes_none_and_one_without_pauses_stops_no_clock() -> None:
    bare = CaseAtDispatch().rules.model_copy(
        update={"pauses": CaseAtDispatch().rules.pauses.model_copy(update={"grounds": ()})}
    )
    refused(CaseAtDispatch(bare).assigned(), 422, "ground", OFFICE, acts.Pause, **PAUSE, ground="papers")
    assert CaseAtDispatch(bare).assigned().do(OFFICE, acts.Pause, **PAUSE)
    refused(CaseAtDispatch(PLAIN).assigned(), 409, "clock", OFFICE, acts.Pause, **PAUSE)
