"""`huying up --sandbox` as a bank's engineer uses it: days pass in seconds, and stay passed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from huying.local.embedded import free_port
from huying.local.errors import EmbeddedError
from huying.local.sandbox import SANDBOX, check_sandbox, read_ahead, sandbox_settings
from tests.integration.test_up import Up, state_folder
from tests.lending import wish

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Up]:
    with state_folder() as state, Up(state, free_port(), "--sandbox", "--no-bank-sim") as city:
        yield city.until_ready()


def clock(city: Up, by: str, **move: Any) -> datetime:
    """Where the clock stands; `move` moves it first."""
    url, key = f"{city.url}/{SANDBOX}/clock", city.key(by)
    answer = httpx.post(url, headers=key, json=move, timeout=120) if move else httpx.get(url, headers=key)
    assert answer.is_success, answer.text
    return datetime.fromisoformat(answer.json()["now"])


def legs(city: Up, bank: str) -> dict[str, Any]:
    """The requests of a bank at its desk, by leg."""
    return {item["leg"]: item for item in city.ask("/financing/bank/requests?limit=500", bank)["items"]}


@pytest.mark.slow
def test_the_clock_is_for_those_who_have_a_key_and_goes_only_ahead(sandbox: Up) -> None:
    url = f"{sandbox.url}/{SANDBOX}/clock"
    assert httpx.post(url, json={"hours": 1}).status_code == 401
    assert httpx.post(url, json={"hours": 1}, headers=sandbox.key("regulator")).status_code == 403
    now = clock(sandbox, "office")
    for move in (
        {"to": (now - HOUR).isoformat()},
        {"to": (now + 2_400 * HOUR).isoformat()},
        {"hours": -1},
        {},
    ):
        answer = httpx.post(url, json=move, headers=sandbox.key("state-one"))
        assert answer.status_code == 422, move
    assert clock(sandbox, "office") - now < HOUR


@pytest.mark.slow
def test_a_bank_is_late_three_days_later_in_a_few_seconds_and_so_it_stays(sandbox: Up) -> None:
    body = wish(
        banks=["wanze-rural"], consent={"given_at": clock(sandbox, "office").isoformat(), "text_version": "1"}
    )
    asked = httpx.post(f"{sandbox.url}/financing/requests", headers=sandbox.key("operator"), json=body)
    assert asked.is_success, asked.text
    leg = asked.json()["legs"][0]["leg"]
    sandbox.until(lambda: leg in legs(sandbox, "wanze-rural"), 20)
    assert not legs(sandbox, "wanze-rural")[leg]["overdue"]
    before = clock(sandbox, "wanze-rural")
    after = clock(sandbox, "wanze-rural", hours=72)
    assert after - before >= 72 * HOUR
    late = {
        deadline["deadline"]
        for deadline in legs(sandbox, "wanze-rural")[leg]["deadlines"]
        if deadline["verdict"] == "overdue"
    }
    assert "bank_contact" in late
    assert sandbox.stop() == 0
    assert read_ahead(sandbox.state) > 71 * HOUR


def test_a_folder_holds_a_sandbox_or_a_city_on_the_real_clock(tmp_path: Path) -> None:
    check_sandbox(tmp_path, sandbox=True)
    (tmp_path / "keys.yaml").write_text("{}")
    with pytest.raises(EmbeddedError, match="real clock"):
        check_sandbox(tmp_path, sandbox=True)
    sandbox_settings(tmp_path)
    check_sandbox(tmp_path, sandbox=True)
    with pytest.raises(EmbeddedError, match="holds a sandbox"):
        check_sandbox(tmp_path, sandbox=False)
