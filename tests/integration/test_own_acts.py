"""What an enterprise does about its appeal over HTTP, whom it is told to, and what it reads of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import APPEALS, NOTIFY, City, refused
from tests.door import Door
from tests.gateway import Gateway
from tests.integration.test_deliveries import until


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker, channels: Path) -> AsyncIterator[City]:
    door = Door("intake")
    settings: dict[str, Any] = {"channels": channels, **door.urls}
    async with City(postgres, broker, services=(*APPEALS, NOTIFY), **settings) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        async with door.open(city):
            yield city


async def handled(city: City, phone: str) -> tuple[dict[str, Any], str]:
    appeal = await city.register(enterprise={"name": "示例制造有限公司", "phone": phone})
    (leg,) = await city.dispatch(appeal)
    await city.drained()
    return appeal, leg


async def does(city: City, appeal: dict[str, Any], what: str, method: str = "POST", **body: Any) -> Any:
    path = f"/intake/status/{appeal['registration_number']}/{what}"
    return await city.call(None, method, path, body, receipt_code=appeal["receipt_code"])


async def told(city: City, account: str, appeal: dict[str, Any]) -> list[str]:
    """The templates of what stands in an inbox about the appeal, the newest first."""
    await city.drained()
    page = await city.ok(account, "GET", "/notify/inbox?limit=500")
    own = [item for item in page["items"] if item["registration_number"] == appeal["registration_number"]]
    return [item["template"] for item in own]


async def test_units_and_office_hear_of_additions_and_read_them(city: City) -> None:
    appeal, _ = await handled(city, "13800000401")
    assert (await does(city, appeal, "additions", text="昨晚又有货车陷车")).is_success
    path = f"/intake/appeals/{appeal['appeal_id']}"
    await city.ok("operator", "POST", f"{path}/additions", {"text": "来电称已有三辆车受损"})
    assert (await told(city, "roads", appeal))[:2] == ["added_to", "added_to"]
    assert (await told(city, "office", appeal))[0] == "added_to_office"
    read = await city.ok("roads", "GET", path)
    assert [addition["by"] for addition in read["additions"]] == [None, "operator"]
    shown = await city.status(appeal)
    assert [(addition["text"], addition["by"]) for addition in shown["additions"]] == [
        ("昨晚又有货车陷车", "enterprise"),
        ("来电称已有三辆车受损", "staff"),
    ]
    refused(await city.call("roads", "POST", f"{path}/additions", {"text": "补充"}), 403)


async def test_haste_is_asked_for_once_a_working_day_and_told_to_unit_and_office(city: City) -> None:
    appeal, _ = await handled(city, "13800000402")
    assert (await does(city, appeal, "urgings")).is_success
    refused(await does(city, appeal, "urgings"), 409)
    assert (await told(city, "roads", appeal))[0] == "urged"
    assert (await told(city, "office", appeal))[0] == "urged_office"
    assert len((await city.status(appeal))["urgings"]) == 1


async def test_messages_go_to_the_corrected_contact(city: City, gateway: Gateway) -> None:
    appeal, leg = await handled(city, "13800000403")

    async def arrived(phone: str) -> list[str]:
        return [text for to, text in gateway.taken.values() if to == phone]

    await until(lambda: arrived("13800000403"))
    before = len(await arrived("13800000403"))
    assert (await does(city, appeal, "contact", "PUT", phone="13900000403")).is_success
    await city.drained()
    await city.act("roads", appeal, "contacts", leg_id=leg, how="电话")
    await city.drained()
    await until(lambda: arrived("13900000403"))
    assert len(await arrived("13800000403")) <= before + 1  # one that was on its way
    assert "已登记就您的诉求" not in "".join(await arrived("13800000403"))
    refused(await does(city, appeal, "contact", "PUT", contact_name="王工"), 422, "phone")


async def test_the_office_decides_on_a_request_to_handle_the_appeal_again(city: City) -> None:
    appeal, leg = await handled(city, "13800000404")
    refused(await does(city, appeal, "reopening-requests", reason="太慢"), 409)
    await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text="已修复")
    await city.drained()
    assert (await does(city, appeal, "reopening-requests", reason="只补了一半")).is_success
    assert (await told(city, "office", appeal))[0] == "reopening_asked"
    listed = await city.ok("office", "GET", "/intake/appeals?reopening_asked=true")
    assert [item["appeal_id"] for item in listed["items"]] == [appeal["appeal_id"]]
    assert "只补了一半" not in str(listed)
    path = f"/intake/appeals/{appeal['appeal_id']}"
    version = (await city.ok("office", "GET", path))["version"]
    decision = {"granted": False, "reason": "复查已全部修补"}
    await city.ok("office", "POST", f"{path}/reopening-decisions", decision, if_match=f'"{version}"')
    await city.drained()
    shown = await city.status(appeal)
    assert (shown["state"], shown["reopening_requests"][0]["answer"]) == ("completed", "复查已全部修补")
    page = await city.ok(
        None,
        "GET",
        f"/notify/status/{appeal['registration_number']}",
        receipt_code=appeal["receipt_code"],
    )
    assert "不予重新办理" in page["items"][0]["body"]
    assert (await city.ok("office", "GET", "/intake/appeals?reopening_asked=true"))["items"] == []


async def test_a_unit_is_rated_by_itself_and_no_other_one(city: City) -> None:
    appeal, leg = await handled(city, "13800000405")
    await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text="已修复")
    await city.drained()
    stranger = {"unit": "water", "rating": "satisfied"}
    refused(await does(city, appeal, "ratings", rating="satisfied", units=[stranger]), 422, "units")
    own = {"unit": "roads", "rating": "very_dissatisfied", "solved": False, "reasons": ["not_solved", "slow"]}
    assert (await does(city, appeal, "ratings", rating="not_satisfied", solved=False, units=[own])).is_success
    (event,) = [
        body
        for body in await city.published("intake", "appeal.rated.v1")
        if body["registration_number"] == appeal["registration_number"]
    ]
    assert (event["solved"], event["units"][0]["rating"]) == (False, "very_dissatisfied")
    assert (await told(city, "office", appeal))[0] == "rated_office"
