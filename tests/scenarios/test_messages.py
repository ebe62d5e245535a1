"""Recorded Chinese appeals on a dry run of all channels: every card, lift and reminder has its messages."""

import asyncio
import csv
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rich.progress import Progress

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from huying.replay.replay import replayed
from huying.simulate import profiles
from huying.simulate.simulate import simulate
from shared.database.migrations import migration_engine
from shared.rules.pack import pack_files
from tests.city import APPEALS, FINANCING, NOTIFY
from tests.served import served

pytestmark = pytest.mark.timeout(1200)

SECONDS = 60
FEW = 60
PACK = pack_files.load("bozhou-2024")
PACE: dict[str, Any] = {"step": 25, "patience_s": 120}
"""Steps of some days, so that the clock of notify stays near what occurs."""
CONTACT = """
insert into contacts (recipient, channel, address, urgent_only, changed_by, changed_at)
values (:recipient, 'sms', '13900000001', false, 'test', now())
"""
LEFT = """
select cast(m.occurred_at > m.created_at - interval '7 days' as int) as fresh,
  count(distinct d.id) as deliveries, count(a.id) as attempts,
  count(distinct d.id) filter (where d.state = 'sent') as sent
from messages m left join deliveries d on d.message_id = m.id left join attempts a on a.delivery_id = d.id
where m.recipient like 'unit:%' group by m.id
"""
"""The deliveries of each message to a unit; what occurred a week before it was heard stays in the inbox."""
WAITING = """
select count(*) from deliveries where state = 'sending' or (state = 'waiting' and urgent)
"""


def first(rows: int, file: Path, target: Path) -> Path:
    """The file's header and first rows, in a file of their own."""
    with (
        file.open(encoding="utf-8-sig", newline="") as lines,
        target.open("w", encoding="utf-8", newline="") as few,
    ):
        csv.writer(few).writerows(islice(csv.reader(lines), rows + 1))
    return target


async def rows(postgres: EmbeddedPostgres, service: str, query: str) -> list[Any]:
    engine = migration_engine(postgres.dsn(service, service))
    try:
        async with engine.connect() as conn:
            return list(await conn.execute(sa.text(query)))
    finally:
        await engine.dispose()


async def reach(postgres: EmbeddedPostgres, units: set[str]) -> None:
    """Give the handlers of these units a phone."""
    engine = migration_engine(postgres.dsn("notify", "notify"))
    async with engine.begin() as conn:
        for unit in sorted(units):
            await conn.execute(sa.text(CONTACT), {"recipient": f"unit:{unit}"})
    await engine.dispose()


async def sent(databases: EmbeddedPostgres) -> None:
    """Wait until all that is urgent left."""
    async with asyncio.timeout(SECONDS):
        while (await rows(databases, "notify", WAITING))[0][0]:
            await asyncio.sleep(0.2)


def wanted(type_: str, event: dict[str, Any]) -> list[tuple[str, str]]:
    """The recipients that one event must have, each with its case."""
    case, unit = event["registration_number"], event.get("unit")
    to: list[str]
    match type_:
        case "card.issued.v1":
            to = [f"unit:{unit}", f"head:{unit}", "office"]
        case "appeal.lifted.v1":
            leader = [f"leader:{event['leader']}"] if event["leader"] else []
            to = [*leader, "office", f"enterprise:{event['appeal_id']}"]
        case _:
            to = [f"unit:{unit}"] if unit else ["office"]
    return [(case, recipient) for recipient in to]


def judged(file: Path) -> Counter[str]:
    """Cards and lifts as the simulation counts them."""
    with file.open(encoding="utf-8") as lines:
        cases = list(csv.DictReader(lines))
    lifts = sum(bool(case["lifted_at"]) for case in cases)
    return Counter({"card.issued.v1": sum(int(case["cards"]) for case in cases), "appeal.lifted.v1": lifts})


@pytest.mark.parametrize("number", [FEW, pytest.param(200, marks=pytest.mark.slow)])
async def test_every_card_lift_and_reminder_has_its_messages_once(
    real_cases: Path, tmp_path: Path, number: int, postgres: EmbeddedPostgres, broker: EmbeddedBroker
) -> None:
    file = first(number, real_cases / "appeals_zh_2017_2018.csv", tmp_path / "appeals.csv")
    simulate(file, "appeals-zh", [PACK.id], tmp_path / "simulated")
    with (tmp_path / "simulated" / "deadlines.csv").open(encoding="utf-8") as lines:
        units = {line["leg"] for line in csv.DictReader(lines) if line["leg"]}
    channels = tmp_path / "channels.yaml"
    channels.write_text("dry_run: true", "utf-8")
    settings = {"pack": PACK.id, "zone": PACK.zone, "channels": channels}
    async with served(number > FEW, postgres, broker, (*APPEALS, FINANCING, NOTIFY), **settings) as (
        services,
        databases,
    ):
        await reach(databases, units)
        with Progress(disable=True) as progress:
            how = profiles.load("appeals-zh")
            await replayed(file, how, PACK, tmp_path / "replayed", services, progress, **PACE)
        await sent(databases)
        published = await rows(databases, "escalation", "select type, body::jsonb as body from outbox")
        messages = await rows(
            databases, "notify", "select registration_number, recipient, template from messages"
        )
        left = await rows(databases, "notify", LEFT)
        failed = await rows(databases, "notify", "select 1 from outbox where type = 'notice.failed.v1'")

    events = Counter(row.type for row in published)
    for type_, count in judged(tmp_path / "simulated" / "cases.csv").items():
        assert events[type_] == count > 0, type_
    for type_, templates in (
        ("card.issued.v1", "card_issued_"),
        ("appeal.lifted.v1", "lifted_"),
        ("appeal.due_soon.v1", "due_soon_"),
    ):
        expected = Counter(
            recipient for row in published if row.type == type_ for recipient in wanted(type_, row.body)
        )
        written = Counter((row[0], row[1]) for row in messages if row.template.startswith(templates))
        assert written == expected, type_
        assert sum(written.values()) > 0
    assert all(row.deliveries == row.fresh for row in left)
    assert all(row.attempts == row.sent for row in left)
    assert sum(row.sent for row in left) > number
    assert failed == []
