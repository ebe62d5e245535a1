"""What it takes to register an appeal."""

from datetime import date
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.intake import acts
from services.intake.document import AppealDocument
from services.intake.domain.registration import imported_id, receive, registration_number, resolved
from shared.events import Channel
from shared.service.errors import Invalid
from tests.unit.intake.case import (
    APPEAL,
    BARE,
    CITY,
    ENTERPRISE,
    NUMBER,
    START,
    registration,
)


@pytest.mark.parametrize(
    ("channel", "enterprise", "field"),
    [
        (Channel.ANONYMOUS_LETTER, None, None),
        (Channel.ANONYMOUS_LETTER, ENTERPRISE, "enterprise"),
        (Channel.SUPERVISION_CODE, None, None),
        (Channel.SUPERVISION_CODE, ENTERPRISE, None),
        (Channel.WEB, ENTERPRISE, None),
        (Channel.WEB, None, "enterprise.name"),
        (Channel.FAMILY_TALK, None, "enterprise.name"),
        (Channel.BUSINESS_TALK, ENTERPRISE, None),
        (Channel.BUSINESS_TALK, None, "enterprise.name"),
        (Channel.ON_SITE_SESSION, ENTERPRISE, None),
    ],
)
def test_a_channel_decides_whether_the_enterprise_is_named(
    channel: Channel, enterprise: acts.Enterprise | None, field: str | None
) -> None:
    refused = None
    try:
        resolved(registration(channel, enterprise), CITY)
    except Invalid as refusal:
        refused = refusal.field
    assert refused == field


def test_the_event_of_a_registration_carries_no_person_and_no_text() -> None:
    _, event = receive(registration(), APPEAL, NUMBER, BARE.ref, START, "hash", "old-7")
    assert (event.source_id, event.receipt_hash, event.locality) == ("old-7", "hash", "qiaocheng")
    assert not [secret for secret in ("某甲", "0558", "停电") if secret in event.model_dump_json()]


@pytest.mark.parametrize(
    ("field", "value", "good"),
    [
        ("phone", "13800000000", True),
        ("phone", "+86 558 1234567", True),
        ("phone", "call me", False),
        ("phone", "12345", False),
        ("phone", "1380000000" * 3, False),
        ("credit_code", "91350100M000100Y43", True),
        ("credit_code", "91350100m000100y43", True),
        ("credit_code", "91350100M000100Y44", False),  # the check character does not fit
        ("credit_code", "111111111111111111", False),
        ("credit_code", "9135010OM000100Y43", False),  # the letter O is none of them
        ("credit_code", "91350100M000100Y4", False),
        ("name", "", False),
        ("name", "   ", False),
    ],
)
def test_what_is_said_of_an_enterprise_must_be_possible(field: str, value: str, good: bool) -> None:
    accepted = True
    try:
        acts.Enterprise.model_validate({"name": "某厂", field: value})
    except ValidationError:
        accepted = False
    assert accepted == good


def test_what_an_earlier_version_took_down_stays_readable() -> None:
    appeal, _ = receive(registration(), APPEAL, NUMBER, BARE.ref, START)
    kept = appeal.model_dump(mode="json")
    old = {"name": "\u200b", "credit_code": "1" * 18, "phone": "5123456", "email": "a..b@qq.example"}
    again = AppealDocument.model_validate(kept | {"enterprise": old})
    assert again.enterprise is not None
    assert again.enterprise.model_dump(exclude_none=True) == old


def test_registration_numbers_name_prefix_day_and_count() -> None:
    assert registration_number("BZ", date(2026, 2, 13), 42) == NUMBER


def test_an_imported_id_depends_on_source_and_id_alone() -> None:
    assert imported_id("hotline", "7") == UUID("a62b73a3-a6cc-5126-ade5-82e581570e9b")
    assert len({imported_id(source, id_) for source in ("a", "b") for id_ in ("1", "2")}) == 4
