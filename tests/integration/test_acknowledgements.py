"""A card or a lift that nobody acknowledges is escalated step by step, in the limit of its pack."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedPostgres
from services.notify.acknowledgements import escalation
from shared import events
from tests.city import APPEALS, NOTIFY, City, local, refused
from tests.gateway import Gateway
from tests.office import Office, card, opened

pytestmark = pytest.mark.services(*APPEALS, NOTIFY)


@pytest.fixture
async def office(postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(postgres, Gateway(), tmp_path, "dry_run: true") as opened_office:
        yield opened_office


def registered(number: int) -> events.AppealReceived:
    """Until it is heard, what people wrote is not told: its pack may keep it confidential."""
    return events.AppealReceived(
        occurred_at=local("2026-11-10 08:50"),
        appeal_id=UUID(int=number),
        registration_number=f"BZ-20261110-{number:05}",
        channel="web",
        kind="help",
        title="路灯不亮",
        pack="bozhou-2024@2",
    )


def assigned(number: int, leader: str | None = "mayor", unit: str = "roads") -> events.AppealAssigned:
    leg = {"leg_id": uuid4(), "unit": unit, "unit_name": "市交通局", "role": "lead", "leader": leader}
    return events.AppealAssigned.model_validate(
        {
            "occurred_at": local("2026-11-10 09:00"),
            "appeal_id": UUID(int=number),
            "registration_number": f"BZ-20261110-{number:05}",
            "legs": [leg],
        }
    )


def lifted(number: int, leader: str | None = "mayor") -> events.AppealLifted:
    return events.AppealLifted.model_validate(
        {
            "occurred_at": local("2026-11-10 10:00"),
            "appeal_id": UUID(int=number),
            "registration_number": f"BZ-20261110-{number:05}",
            "reason": "count",
            "leader": leader,
            "unit": "roads",
            "clause": "§3",
        }
    )


def about(issued: events.CardIssued, kind: type[events.CardEvent], at: str) -> events.Event:
    fields = {"card_id": issued.card_id, "unit": issued.unit, "occurred_at": local(at), "reason": "已受理"}
    known = {"appeal_id": issued.appeal_id, "registration_number": issued.registration_number}
    return kind.model_validate(known | fields)


async def escalated_to(office: Office) -> list[str]:
    """Who was told that nobody acknowledged, in order."""
    query = (
        "select recipient from messages where template = 'not_acknowledged' order by created_at, recipient"
    )
    return await office.rows(query)


async def test_a_card_is_escalated_a_step_each_working_day_to_head_and_leader_and_no_further(
    office: Office,
) -> None:
    await office.tell(assigned(1), card(1))
    await office.escalate("2026-11-11 17:29")
    assert await escalated_to(office) == []
    await office.escalate("2026-11-11 17:30")
    assert await escalated_to(office) == ["head:roads"]
    await office.escalate("2026-11-12 17:29")
    assert await escalated_to(office) == ["head:roads"]
    await office.escalate("2026-11-12 17:31")
    assert await escalated_to(office) == ["head:roads", "leader:mayor"]
    await office.escalate("2026-12-31 12:00")
    assert await escalated_to(office) == ["head:roads", "leader:mayor"]
    published = await office.rows(
        "select body::json from outbox where type = 'notice.not_acknowledged.v1' order by seq"
    )
    assert [(event["recipient"], event["to"], event["due_at"]) for event in published] == [
        ("unit:roads", "head:roads", "2026-11-11T09:30:00Z"),
        ("head:roads", "leader:mayor", "2026-11-12T09:30:00Z"),
    ]


async def test_without_a_leader_in_charge_the_office_is_told(office: Office) -> None:
    await office.tell(assigned(1, leader=None), card(1))
    await office.escalate("2026-11-20 12:00")
    assert sorted(await escalated_to(office)) == ["head:roads", "office"]


async def test_days_off_do_not_count(office: Office) -> None:
    friday = card(1).model_copy(update={"occurred_at": local("2026-11-13 16:00")})
    office.clock.advance(local("2026-11-13 16:00"))
    await office.tell(assigned(1), friday)
    await office.escalate("2026-11-16 17:00")
    assert await escalated_to(office) == []
    await office.escalate("2026-11-16 17:30")
    assert await escalated_to(office) == ["head:roads"]


async def test_a_lift_its_leader_does_not_acknowledge_goes_to_the_office(office: Office) -> None:
    await office.tell(assigned(1), lifted(1))
    await office.escalate("2026-12-01 12:00")
    assert await escalated_to(office) == ["office"]


@pytest.mark.parametrize(
    ("kind", "ends_as"),
    [
        (events.CardAcknowledged, "acknowledged"),
        (events.CardAppealed, "acknowledged"),
        (events.CardWithdrawn, "needless"),
        (events.CardCleared, "needless"),
    ],
)
async def test_what_is_said_of_a_card_ends_its_escalation_and_no_other(
    office: Office, kind: type[events.CardEvent], ends_as: str
) -> None:
    first, second = card(1), card(1, "water")
    await office.tell(registered(1), assigned(1), assigned(1, unit="water"), first, second)
    await office.tell(about(first, kind, "2026-11-11 09:00"))
    await office.escalate("2026-11-11 18:00")
    assert await escalated_to(office) == ["head:water"]
    assert sorted(await office.rows("select state from acknowledgements")) == sorted([ends_as, "open"])
    published = len(await office.rows("select 1 from outbox where type = 'notice.acknowledged.v1'"))
    assert published == (ends_as == "acknowledged")


async def test_a_leaders_instruction_acknowledges_the_lift_alone(office: Office) -> None:
    await office.tell(registered(1), assigned(1), lifted(1), card(1))
    fields = lifted(1).model_dump(include={"appeal_id", "registration_number"})
    ordered = {"leader": "mayor", "instruction": "抓紧办理", "occurred_at": local("2026-11-10 11:00")}
    await office.tell(events.AppealInstructed.model_validate(fields | ordered))
    assert Counter(await office.rows("select state from acknowledgements")) == {"acknowledged": 1, "open": 1}


async def test_a_closed_case_is_escalated_no_more(office: Office) -> None:
    await office.tell(assigned(1), lifted(1), card(1))
    fields = lifted(1).model_dump(include={"appeal_id", "registration_number"})
    await office.tell(events.AppealClosed.model_validate(fields | {"occurred_at": local("2026-11-10 12:00")}))
    await office.escalate("2026-12-01 12:00")
    assert await escalated_to(office) == []


async def test_it_waits_until_all_that_escalation_said_by_then_was_heard(office: Office) -> None:
    issued = card(1)
    await office.tell(assigned(1), issued)
    await office.escalate("2026-11-11 17:00")
    office.clock.advance(local("2026-11-12 09:00"))  # its topic was heard up to the day before
    assert await escalation.escalate_due(office.context) == 0
    await office.tell(about(issued, events.CardAcknowledged, "2026-11-11 17:10"))
    await office.escalate("2026-11-20 12:00")
    assert await escalated_to(office) == []


async def test_two_processes_and_one_that_dies_in_between_escalate_it_once(office: Office) -> None:
    cards = [card(number) for number in range(1, 41)]
    await office.tell(*(assigned(number) for number in range(1, 41)), *cards)
    office.clock.advance(local("2026-11-11 18:00"))
    await office.hear_up_to_now()
    dying = asyncio.create_task(escalation.escalate_due(office.context))
    await asyncio.sleep(0.01)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    await asyncio.gather(*(escalation.escalate_due(office.context) for _ in range(4)))
    assert Counter(await escalated_to(office)) == {"head:roads": 40}
    assert set(await office.rows("select level from acknowledgements")) == {1}


async def test_a_card_heard_twice_is_asked_for_once(office: Office) -> None:
    issued = card(1)
    for _ in range(2):
        await office.tell(assigned(1), issued)
    assert await office.rows("select recipient from acknowledgements") == ["unit:roads"]


async def test_what_is_brought_in_of_long_ago_asks_nobody(office: Office) -> None:
    await office.tell(assigned(1), card(1).model_copy(update={"occurred_at": local("2026-10-01 10:00")}))
    assert await office.rows("select 1 from acknowledgements") == []


@pytest.fixture(scope="module")
async def issued(city: City) -> dict[str, Any]:
    """An appeal whose unit let its reply pass on Thursday 2026-11-12 at 24:00: a card, for two units."""
    appeal = await city.register()
    await city.dispatch(appeal, {"unit": "roads"}, {"unit": "east", "role": "assist"})
    await city.move_to("2026-11-13 09:00")
    return appeal


async def asking(city: City, account: str, head: bool = False) -> dict[str, Any]:
    """The account's first message that asks to be acknowledged."""
    path = f"/notify/inbox?limit=500&head={str(head).lower()}"
    async with asyncio.timeout(20):
        while True:
            items = (await city.ok(account, "GET", path))["items"]
            if asking_messages := [message for message in items if message["acknowledgement"]]:
                first: dict[str, Any] = asking_messages[-1]
                return first
            await asyncio.sleep(0.05)


async def test_a_unit_acknowledges_in_its_inbox_once_and_nobody_else_for_it(
    city: City, issued: dict[str, Any]
) -> None:
    message = await asking(city, "roads")
    assert message["acknowledgement"]["state"] == "open"
    path = f"/notify/inbox/{message['id']}/acknowledged"
    for account in ("east", "office", "leader"):
        refused(await city.call(account, "POST", path), 404, "message_id")
    first = await city.ok("roads", "POST", path)
    assert (first["state"], first["by"]) == ("acknowledged", "roads")
    city.set_clocks("2026-11-13 10:00")
    assert await city.ok("roads", "POST", path) == first
    items = (await city.ok("roads", "GET", "/notify/inbox?limit=500"))["items"]
    other = next(message for message in items if not message["acknowledgement"])
    refused(await city.call("roads", "POST", f"/notify/inbox/{other['id']}/acknowledged"), 409, "message_id")
    assert len(await city.published("notify", "notice.acknowledged.v1")) == 1


async def test_what_nobody_acknowledged_stands_in_the_evidence_and_the_timeline(
    city: City, issued: dict[str, Any]
) -> None:
    await asking(city, "east")
    await city.move_to("2026-11-17 18:00")
    message = await asking(city, "east", head=True)
    await city.ok("east", "POST", f"/notify/inbox/{message['id']}/acknowledged")
    path = f"/notify/appeals/{issued['appeal_id']}"
    acknowledgements = (await city.ok("office", "GET", f"{path}/deliveries"))["acknowledgements"]
    east = next(row for row in acknowledgements if row["recipient"] == "unit:east")
    assert (east["asked"], east["level"], east["state"], east["ended_by"]) == (
        "leader:mayor",
        2,
        "acknowledged",
        "east",
    )
    timeline = (await city.ok("office", "GET", f"{path}/timeline"))["items"]
    assert [entry["at"] for entry in timeline] == sorted(entry["at"] for entry in timeline)
    escalated = [
        entry["recipient"]
        for entry in timeline
        if entry["template"] == "not_acknowledged" and entry["what"] == "written"
    ]
    assert {"head:east", "leader:mayor"} <= set(escalated)
    assert [entry["by"] for entry in timeline if entry["what"] == "acknowledged"][-1] == "east"


async def test_the_database_says_who_was_asked_last(city: City, issued: dict[str, Any]) -> None:
    async with city.services["notify"].engine.connect() as conn:
        query = sa.text(
            "select count(*) from acknowledgements where state = 'acknowledged' and due_at is not null"
        )
        assert (await conn.execute(query)).scalar_one() == 0
