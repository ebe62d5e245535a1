"""The inboxes over HTTP: what units, leaders, the office and the enterprise are told, and who may read it."""

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.city import APPEALS, NOTIFY, City, refused

pytestmark = pytest.mark.services(*APPEALS, NOTIFY)


@pytest.fixture(scope="module")
async def late(city: City) -> dict[str, Any]:
    """An appeal that two units let pass: cards, a second round, a lift."""
    appeal = await city.register()
    await city.dispatch(appeal, {"unit": "roads"}, {"unit": "east", "role": "assist"})
    await city.drained()
    await city.move_to("2026-11-30 10:00")
    return appeal


async def inbox(city: City, account: str, query: str = "limit=500") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await city.ok(account, "GET", f"/notify/inbox?{query}"))["items"]
    return items


@pytest.mark.usefixtures("late")
async def test_everybody_concerned_is_told_and_nobody_else(city: City) -> None:
    subjects = {
        account: " ".join(message["subject"] for message in await inbox(city, account))
        for account in ("office", "roads", "east", "leader", "water")
    }
    assert "黄牌" in subjects["roads"]
    assert "黄牌" in subjects["east"]
    assert "提级" in subjects["leader"]
    assert subjects["office"]
    assert subjects["water"] == ""


@pytest.mark.usefixtures("late")
async def test_an_inbox_is_walked_page_by_page_newest_first(city: City) -> None:
    whole = await inbox(city, "office")
    walked, page = [], await city.ok("office", "GET", "/notify/inbox?limit=2")
    walked += page["items"]
    while page["next"]:
        page = await city.ok("office", "GET", f"/notify/inbox?limit=2&cursor={page['next']}")
        walked += page["items"]
    assert walked == whole
    assert len({message["id"] for message in whole}) == len(whole) > 4
    moments = [(message["created_at"], message["occurred_at"]) for message in whole]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.usefixtures("late")
async def test_a_message_is_read_once_and_its_first_time_stays(city: City) -> None:
    message = (await inbox(city, "roads"))[0]
    path = f"/notify/inbox/{message['id']}/read"
    unread = len(await inbox(city, "roads", "limit=500&unread=true"))
    first = await city.ok("roads", "POST", path)
    await city.move_to("2026-12-01 10:00")
    assert await city.ok("roads", "POST", path) == first
    after = await inbox(city, "roads", "limit=500&unread=true")
    assert len(after) == unread - 1
    assert message["id"] not in [message["id"] for message in after]
    refused(await city.call("east", "POST", path), 404, "message_id")


@pytest.mark.usefixtures("late")
async def test_a_unit_reads_what_its_head_is_told_apart_from_its_handlers(city: City) -> None:
    handlers = await inbox(city, "east")
    head = await inbox(city, "east", "limit=500&head=true")
    assert any("东城区：" in message["body"] for message in handlers)
    assert all("东城区主要负责人：" in message["body"] for message in head)
    assert {message["id"] for message in handlers}.isdisjoint(message["id"] for message in head)
    await city.ok("east", "POST", f"/notify/inbox/{head[0]['id']}/read")
    refused(await city.call("roads", "POST", f"/notify/inbox/{head[0]['id']}/read"), 404, "message_id")


async def test_the_enterprise_reads_its_messages_with_its_receipt_code(
    city: City, late: dict[str, Any]
) -> None:
    path = f"/notify/status/{late['registration_number']}"
    typed = late["receipt_code"].lower().replace("-", " ")
    messages = (await city.ok(None, "GET", path, receipt_code=typed))["items"]
    assert any("提级" in message["subject"] for message in messages)
    assert not any("黄牌" in message["subject"] + message["body"] for message in messages)
    wrong = await city.call(None, "GET", path, receipt_code="0000-0000-0000-0000")
    nothing = "/notify/status/BZ-20261109-99999"
    unknown = await city.call(None, "GET", nothing, receipt_code=late["receipt_code"])
    assert refused(wrong, 404)["detail"] == refused(unknown, 404)["detail"]
    refused(await city.call(None, "GET", path), 422, "header.receipt-code")


async def test_the_office_reads_all_messages_of_a_case(city: City, late: dict[str, Any]) -> None:
    path = f"/notify/appeals/{late['appeal_id']}/messages"
    messages = (await city.ok("office", "GET", f"{path}?limit=500"))["items"]
    recipients = {message["recipient"].split(":")[0] for message in messages}
    assert recipients == {"enterprise", "unit", "head", "leader", "office"}
    refused(await city.call("office", "GET", f"/notify/appeals/{uuid4()}/messages"), 404, "appeal_id")


@pytest.mark.usefixtures("late")
async def test_every_message_was_said_once_in_its_trace(city: City) -> None:
    query = """
        select count(*), count(distinct o.event_id), bool_and(o.traceparent = m.traceparent)
        from messages m left join outbox o on o.body::json->>'message_id' = cast(m.id as text)
    """
    async with city.services["notify"].engine.connect() as conn:
        messages, notices, same_trace = (await conn.execute(sa.text(query))).one()
    assert messages == notices > 0
    assert same_trace


@pytest.mark.parametrize(
    "position",
    [["x"], [1, 2, 3], {}, ["2026-11-09", "2026-11-09", "1"], ["a", "b", "c", "d"]],
    ids=ascii,
)
async def test_a_cursor_of_nobody_is_refused(city: City, position: Any) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(position).encode()).decode()
    refused(await city.call("office", "GET", f"/notify/inbox?cursor={cursor}"), 422, "cursor")
