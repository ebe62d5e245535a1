"""Rules of the city end what is kept: told beforehand, applied by each service, refused where mistaken."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from huying.commands.retention import show_due
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from huying.local.services import load
from services import SERVICES
from shared.database.errors import DATABASE_ERRORS, is_transient
from shared.files.yaml_mistakes import Mistakes
from shared.service import retention
from shared.service.retention import Retained
from shared.service.service import ServiceContext
from tests.city import ALL, City, local
from tests.integration.test_erasure import appeal_of, closed, everything, loan_of
from tests.integration.test_personal_data import leaks
from tests.lending import banks

SAMPLE = Path(__file__).parents[2] / "deploy" / "retention.yaml"
RULES = """
intake: {ended_cases: {days: 30, then: erase}}
dispatch: {}
escalation: {}
financing:
  ended_cases: {days: 30, then: erase}
  refused_reports: {days: 30, then: erase}
notify: {messages: {days: 30, then: erase}}
desks: {}
"""


async def applied(context: ServiceContext, retained: Retained, moment: datetime) -> None:
    """Apply a rule as the task does: again, where the database undid it in favour of another transaction."""
    for _ in range(10):
        try:
            await retained.apply(context, moment)
        except DATABASE_ERRORS as error:
            if not is_transient(error):
                raise
        else:
            return
    raise AssertionError(f"{retained.kind} was undone ten times")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "retention.yaml").write_text(RULES, "utf-8")
    return tmp_path / "retention.yaml"


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker, channels: Path) -> AsyncIterator[City]:
    async with City(postgres, broker, services=ALL, channels=channels) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        await banks(city, "bank-a")
        yield city


async def due(rules: Path, city: City, folder: Path, now: datetime, capsys: Any) -> dict[str, int]:
    """What the dry run says is due, by service and kind."""
    databases = folder / "databases.yaml"
    lines = [f"{service}: {city.postgres.dsn(service, service)}" for service in SERVICES]
    databases.write_text("\n".join(lines), "utf-8")
    await show_due(rules, folder, databases, now)
    rows = [line.split("│") for line in capsys.readouterr().out.splitlines() if "│" in line]
    return {f"{row[1].strip()}.{row[2].strip()}": int(row[5]) for row in rows if row[5].strip().isdigit()}


async def test_what_is_due_is_told_and_then_erased(
    city: City, rules: Path, tmp_path: Path, capsys: Any
) -> None:
    appeal = await appeal_of(city)
    await closed(city, appeal)
    loan = await loan_of(city)
    open_appeal = await city.register(text="仍在办理")
    await city.drained()
    before = await due(rules, city, tmp_path, local("2026-12-01 09:00"), capsys)
    assert {before[kind] for kind in ("intake.ended_cases", "financing.ended_cases", "notify.messages")} == {
        0
    }
    after = await due(rules, city, tmp_path, local("2027-03-01 09:00"), capsys)
    assert (after["intake.ended_cases"], after["financing.ended_cases"]) == (1, 1)
    assert after["notify.messages"] > 0
    await city.move_to("2027-03-01 09:00")
    for context in city.services.values():
        for retained in context.service.retained:
            if retained.kind != "parked":
                await applied(context, retained, local("2027-01-30 09:00"))
    await city.drained()
    assert leaks(await everything(city)) == []
    assert set((await due(rules, city, tmp_path, local("2027-03-01 09:00"), capsys)).values()) == {0}
    shown = await city.ok("office", "GET", f"/intake/appeals/{open_appeal['appeal_id']}")
    assert shown["text"] == "仍在办理"
    assert (await city.ok("operator", "GET", f"/financing/requests/{loan['loan_id']}"))["ended_at"]


def test_the_sample_of_the_deployment_fits_every_service() -> None:
    kinds = {name: load(name).retained for name in SERVICES}
    rules = retention.read(SAMPLE, kinds)
    retention.check_services(SAMPLE, rules, SERVICES)
    assert {name: set(section) for name, section in rules.items()} == {
        name: {retained.kind for retained in retained_kinds} for name, retained_kinds in kinds.items()
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{}", "has no section intake"),
        ("intake: {endedcases: {days: 1, then: erase}}", "no kind of data there"),
        ("intake: {ended_cases: {days: 1, then: delete}}", "must be erase"),
        ("intake: {ended_cases: {days: 0, then: erase}}", "days"),
        ("intake: {ended_cases: {days: 1}}", "then"),
        ("intake: {ended_cases: {days: 1, then: erase, more: 1}}", "more"),
        ("intake: {}\nintak: {}", "there is no service intak"),
    ],
)
def test_a_mistake_is_refused_with_its_place(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "retention.yaml"
    file.write_text(content, "utf-8")
    with pytest.raises(Mistakes, match=words):
        retention.check_services(file, retention.read(file, {"intake": load("intake").retained}), SERVICES)
