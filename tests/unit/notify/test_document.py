"""The stored document of a case keeps its form: replicas of two releases read what the other wrote."""

import orjson

from services.notify.document import CaseDocument, DeferredEvent
from tests.unit.notify.samples import APPEAL, NUMBER


def test_deferred_events_are_stored_as_kept_and_read_back() -> None:
    case = CaseDocument(appeal_id=APPEAL, registration_number=NUMBER)
    case.deferred.append(DeferredEvent(type="appeal.rated.v1", body="{}"))
    stored = case.model_dump_json()
    assert orjson.loads(stored)["kept"] == [{"type": "appeal.rated.v1", "body": "{}"}]
    assert "deferred" not in orjson.loads(stored)
    assert CaseDocument.model_validate_json(stored) == case
