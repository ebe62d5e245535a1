"""24:00 is read wherever people write a moment: in bodies of requests, and on the command line."""

import re

import pytest
from pydantic import TypeAdapter, ValidationError
from typer.testing import CliRunner

from huying.commands.main import app
from services.dispatch.acts.assignment import NewLeg
from services.dispatch.acts.directory import UnitBody
from shared.rules.wording import moments
from shared.web.bodies import Moment, midnight_as_00
from tests.packs.histories import ZONE, at

MOMENTS = TypeAdapter(Moment)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("2026-03-09T24:00:00+08:00", "2026-03-10T00:00:00+08:00"),
        ("2026-03-09T24:00+08:00", "2026-03-10T00:00+08:00"),
        ("2026-03-09 24:00:00.000Z", "2026-03-10 00:00:00Z"),
        ("2026-12-31T24:00:00+0800", "2027-01-01T00:00:00+08:00"),
        ("2028-02-28T24:00:00+08:00", "2028-02-29T00:00:00+08:00"),
        (" 2026-03-09T24:00:00+08:00 ", "2026-03-10T00:00:00+08:00"),
    ],
)
def test_24_00_in_a_body_is_the_beginning_of_the_next_day(written: str, same: str) -> None:
    assert MOMENTS.validate_python(written) == MOMENTS.validate_python(same)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-09T24:00:01+08:00",
        "2026-03-09T24:01+08:00",
        "2026-03-09T25:00+08:00",
        "2026-02-30T24:00+08:00",
        "9999-12-31T24:00:00+08:00",
        "2026-03-09T24:00",  # no zone
        "24:00",
    ],
)
def test_what_is_no_end_of_a_day_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        MOMENTS.validate_python(text)


def test_a_due_moment_as_messages_write_it_is_read_as_that_moment() -> None:
    due_at = at("03-09 24:00")
    written = moments.due(due_at, ZONE).zh

    assert written == "2026年3月9日 24:00"
    assert MOMENTS.validate_python("2026-03-09 24:00+08:00") == due_at
    assert midnight_as_00("2026-03-09 24:00") == "2026-03-10T00:00:00"
    assert midnight_as_00("2026-03-09 17:30") == "2026-03-09 17:30"


def test_acts_and_hours_of_a_unit_take_24_00() -> None:
    leg = {"unit": "town", "limits": {"completion": {"due_at": "2026-03-09T24:00:00+08:00"}}}
    assert NewLeg.model_validate(leg).limits["completion"].due_at == at("03-09 24:00")

    unit = {"name": "市场监管局", "kind": "department"}
    for hours in ([["20:00", "24:00"]], [["22:00", "06:00"]], [["00:00", "24:00"]]):
        assert UnitBody.model_validate({**unit, "office_hours": hours}).office_hours
    with pytest.raises(ValidationError, match=re.escape("no day begins at 24:00; write 00:00")):
        UnitBody.model_validate({**unit, "office_hours": [["24:00", "06:00"]]})


def test_the_command_line_takes_24_00_as_a_moment() -> None:
    words = ["simulate", "--from-events", "--pack", "bozhou-2024", "--url", "http://127.0.0.1:1", "--upto"]
    refused = CliRunner().invoke(app, [*words, "2026-03-09 24:30"])
    assert refused.exit_code == 2
    assert "is no moment" in refused.output
    assert CliRunner().invoke(app, [*words, "2026-03-09 24:00"]).exit_code == 1  # nobody answers there
