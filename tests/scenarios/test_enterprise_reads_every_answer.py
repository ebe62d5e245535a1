"""One appeal from the phone to closure, as its enterprise reads it: every answer, and what is next."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import APPEALS, NOTIFY, City
from tests.door import Door
from tests.gateway import SECRET, Gateway

PHONE = "13800000301"
SETUP = "sms: {{url: '{url}', key_id: huying, secret: '{secret}', sign: 呼应}}"


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway().serving() as served:
        yield served


@pytest.fixture
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, gateway: Gateway, tmp_path: Path
) -> AsyncIterator[City]:
    """All services, which ask each other over HTTP, and an SMS gateway."""
    channels = tmp_path / "channels.yaml"
    channels.write_text(SETUP.format(url=gateway.url, secret=SECRET), "utf-8")
    door = Door("intake", "dispatch", "notify")
    async with (
        City(postgres, broker, services=(*APPEALS, NOTIFY), channels=channels, **door.urls) as city,
        door.open(city),
    ):
        yield city


class Enterprise:
    """Whoever holds the receipt code."""

    def __init__(self, city: City, appeal: dict[str, Any]) -> None:
        self.city = city
        self.path = f"/intake/status/{appeal['registration_number']}"
        self.code = appeal["receipt_code"]

    async def read(self) -> Any:
        return await self.city.ok(None, "GET", self.path, receipt_code=self.code)

    async def do(self, what: str, method: str = "POST", **body: Any) -> None:
        await self.city.ok(None, method, f"{self.path}/{what}", body, receipt_code=self.code)
        await self.city.drained()

    async def reads(self, *texts: str) -> None:
        """All that it was answered so far, in order; each beside its line of the timeline."""
        shown = await self.read()
        assert shown["answers_complete"]
        assert [answer["text"] for answer in shown["answers"]] == list(texts)
        assert [line["text"] for line in shown["timeline"] if line["text"]] == list(texts)

    async def next(self) -> list[str]:
        return [step["zh"] for step in (await self.read())["next"]]


async def test_the_enterprise_reads_every_answer_from_the_phone_to_closure(
    city: City, gateway: Gateway
) -> None:
    await city.move_to("2026-11-09 09:00")  # a Monday
    await city.directory()
    appeal = await city.register(
        enterprise={"name": "示例制造有限公司", "contact_name": "王工", "phone": PHONE}
    )
    enterprise = Enterprise(city, appeal)
    # half a working day from 09:00: 195 office minutes, 12:00 and then 14:30 to 14:45
    assert await enterprise.next() == ["营商环境办应于 2026年11月9日 14:45 前交办承办单位。"]

    (leg,) = await city.dispatch(appeal)
    await city.drained()
    assert await enterprise.next() == [
        "市交通局应于 2026年11月10日 24:00 前与您联系。",
        "市交通局应于 2026年11月12日 24:00 前回复办理情况。",
        "市交通局应于 2026年11月19日 24:00 前办结。",
    ]

    # photos come with the enterprise's first addition
    await enterprise.do("additions", text="昨晚又有一辆货车陷车")
    await enterprise.do("urgings")
    staff = await city.ok("roads", "GET", f"/intake/appeals/{appeal['appeal_id']}")
    assert [addition["text"] for addition in staff["additions"]] == ["昨晚又有一辆货车陷车"]

    await city.move_to("2026-11-09 15:00")
    await city.act("roads", appeal, "contacts", leg_id=leg, how="电话", text="约定周二上午到现场")
    await city.act(
        "roads", appeal, "contacts", leg_id=leg, how="电话", text="对方情绪激动", visibility="internal"
    )
    await city.drained()
    await enterprise.reads("约定周二上午到现场")

    await city.move_to("2026-11-10 10:00")
    await city.act("roads", appeal, "replies", leg_id=leg, text="已到现场勘查，本周内修补")
    await city.move_to("2026-11-11 10:00")
    await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text="破损路面已修补")
    await city.drained()
    await enterprise.reads("约定周二上午到现场", "已到现场勘查，本周内修补", "破损路面已修补")
    assert "请您评价" in (await enterprise.next())[-1]

    await city.move_to("2026-11-12 10:00")
    unit = {"unit": "roads", "rating": "very_dissatisfied", "solved": False, "reasons": ["not_solved"]}
    await enterprise.do("ratings", rating="very_dissatisfied", solved=False, units=[unit])
    await enterprise.do("reopening-requests", reason="只补了一半")
    version = (await city.ok("office", "GET", f"/intake/appeals/{appeal['appeal_id']}"))["version"]
    await city.ok(
        "office",
        "POST",
        f"/intake/appeals/{appeal['appeal_id']}/reopening-decisions",
        {"granted": True, "reason": "现场核实，确有一半未补"},
        if_match=f'"{version}"',
    )
    await city.drained()
    shown = await enterprise.read()
    assert (shown["state"], shown["reopening_requests"][0]["answer"]) == (
        "dispatched",
        "现场核实，确有一半未补",
    )

    await city.move_to("2026-11-13 10:00")
    await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text="其余路面也已修补")
    await city.drained()
    await enterprise.do("ratings", rating="very_satisfied", solved=True, reasons=["solved_well"])
    await city.act("office", appeal, "findings", reasonable=True, by="营商环境办", reason="路面破损属实")
    await city.act("office", appeal, "closures", text="已回访，企业表示满意，予以销号")
    await city.move_to("2026-11-16 10:00")

    await enterprise.reads(
        "约定周二上午到现场",
        "已到现场勘查，本周内修补",
        "破损路面已修补",
        "其余路面也已修补",
        "路面破损属实",
        "已回访，企业表示满意，予以销号",
    )
    shown = await enterprise.read()
    assert (shown["state"], shown["rating"], shown["solved"], shown["next"]) == (
        "closed",
        "very_satisfied",
        True,
        [],
    )
    messages = "".join(text for to, text in gateway.taken.values() if to == PHONE)
    for text in ("已到现场勘查，本周内修补", "破损路面已修补", "其余路面也已修补"):
        assert text in messages
    assert "对方情绪激动" not in messages + str(shown)
