"""Times in answers have the offset of the jurisdiction, and texts stay as people wrote them."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services import SERVICES
from shared.web.moments import in_zone, local
from tests.described import check_offsets

ROOT = Path(__file__).parents[3]
BEIJING, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2026-02-13T02:00:00Z", "2026-02-13T10:00:00+08:00"),
        ("2026-02-13T02:00:00.123456Z", "2026-02-13T10:00:00.123456+08:00"),
        ("2026-02-13T02:00:00+00:00", "2026-02-13T10:00:00+08:00"),
        ("2026-02-13T10:00:00+08:00", "2026-02-13T10:00:00+08:00"),
        ("2026-02-12T21:00-05:00", "2026-02-13T10:00:00+08:00"),
        ("1990-07-01T00:00:00Z", "1990-07-01T09:00:00+09:00"),  # China had summer time until 1991
        ("2026-02-30T00:00:00Z", "2026-02-30T00:00:00Z"),
        ("0001-01-01T00:00:00+08:00", "0001-01-01T00:00:00+08:00"),
        ("at 2026-02-13T02:00:00Z", "at 2026-02-13T02:00:00Z"),
        ('"2026-02-13T02:00:00Z"', '"2026-02-13T02:00:00Z"'),
        ("2026-02-13", "2026-02-13"),
    ],
)
def test_a_time_gets_the_offset_and_a_text_stays(sent: str, shown: str) -> None:
    content = json.dumps({"at": sent, "list": [sent], "text": f'"{sent}"'}).encode()
    assert json.loads(in_zone(content, BEIJING)) == {"at": shown, "list": [shown], "text": f'"{sent}"'}
    assert local(sent, BEIJING) == shown


def test_the_offset_is_the_one_of_that_day() -> None:
    assert local("2026-01-13T02:00:00Z", NEW_YORK) == "2026-01-12T21:00:00-05:00"
    assert local("2026-07-13T02:00:00Z", NEW_YORK) == "2026-07-12T22:00:00-04:00"


@pytest.mark.parametrize("service", SERVICES)
def test_all_examples_of_answers_have_one_offset(service: str) -> None:
    examples = json.loads((ROOT / "services" / service / "examples.json").read_text("utf-8"))
    check_offsets(examples, BEIJING, service)


@pytest.mark.parametrize("at", ["2026-02-13T02:00:00Z", "2026-02-13T10:00:00"])
def test_a_time_of_another_offset_or_of_none_is_found(at: str) -> None:
    with pytest.raises(AssertionError, match="items"):
        check_offsets({"items": [{"at": at}]}, BEIJING, "GET /appeals")
