"""What the services' documents and units of work of an appeal have in common."""

from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest

from shared.appeals.document import APPEAL, AppealRecord, require_state
from shared.appeals.work import AppealWork
from shared.events import AppealClosed
from shared.named import Coded
from shared.service.errors import Conflict, HuyingError, NotFound
from shared.web.bodies import in_item

AT = datetime(2026, 2, 13, 2, tzinfo=UTC)
APPEAL_ID = UUID(int=1)
NUMBER = "BZ-20260213-00042"


class Light(Coded):
    RED = "red", "红"
    GREEN = "green", "绿"


def record(number: str = NUMBER) -> AppealRecord:
    return AppealRecord(appeal_id=APPEAL_ID, registration_number=number)


def work() -> AppealWork[AppealRecord]:
    return AppealWork(cast(Any, None), AT)


def test_an_event_names_its_appeal() -> None:
    event = record().event(AppealClosed, AT)
    assert (event.occurred_at, event.appeal_id, event.registration_number) == (AT, APPEAL_ID, NUMBER)


def test_a_state_that_does_not_allow_an_act_is_named_in_both_languages() -> None:
    require_state(APPEAL, Light.GREEN, [Light.GREEN])
    with pytest.raises(Conflict) as refusal:
        require_state(APPEAL, Light.RED, [Light.GREEN])
    assert refusal.value.zh == "该诉求现为“红”，不能进行此操作"
    assert refusal.value.en == "the appeal is red: this cannot happen now"


def test_an_appeal_that_was_loaded_is_found_and_only_a_kept_one_is_written() -> None:
    loaded = work()
    with pytest.raises(NotFound):
        loaded.appeal(APPEAL_ID)
    loaded.add_loaded([record()])
    assert loaded.appeal(APPEAL_ID).registration_number == NUMBER
    assert loaded.changed == {}
    changed = record("BZ-20260213-00043")
    loaded.keep(changed)
    assert loaded.appeal(APPEAL_ID) is changed
    assert loaded.changed == {APPEAL_ID: changed}


@pytest.mark.parametrize(("field", "named"), [("lead", "items.3.lead"), (None, "items.3")])
def test_a_refusal_names_the_item_it_is_about(field: str | None, named: str) -> None:
    with pytest.raises(HuyingError) as refusal, in_item("items", 3):
        raise Conflict("不行", "no", field)
    assert refusal.value.field == named
