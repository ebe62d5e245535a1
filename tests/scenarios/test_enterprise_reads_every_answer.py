"""One appeal from the phone to closure, as its enterprise reads it: every answer, and what is next."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.attachments import GPS, OWNER, attach, photo
from tests.city import ALL, City
from tests.door import Door
from tests.gateway import SECRET, Gateway
from tests.integration.test_access import NOBODY
from tests.integration.test_withheld_names import FIRM, READS, TABLES, fill, given_without_secret, read

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
        City(postgres, broker, services=ALL, channels=channels, **door.urls) as city,
        door.open(city),
    ):
        yield city


class Enterprise:
    """Whoever holds the receipt code."""

    def __init__(self, city: City, appeal: dict[str, Any]) -> None:
        self.city, self.appeal = city, appeal
        self.path = f"/intake/status/{appeal['registration_number']}"
        self.code = appeal["receipt_code"]

    async def read(self) -> Any:
        return await self.city.ok(None, "GET", self.path, receipt_code=self.code)

    async def do(self, what: str, method: str = "POST", **body: Any) -> None:
        await self.city.ok(None, method, f"{self.path}/{what}", body, receipt_code=self.code)
        await self.city.drained()

    async def attaches(self, content: bytes, name: str) -> None:
        answer = await attach(self.city, None, self.appeal, content, name)
        assert answer.is_success, answer.text
        await self.city.drained()

    async def downloads(self, attachment: dict[str, Any]) -> bytes:
        path = f"{self.path}/attachments/{attachment['attachment_id']}"
        answer = await self.city.call(None, "GET", path, receipt_code=self.code)
        assert answer.is_success, answer.text
        return answer.content

    async def reads(self, *texts: str) -> None:
        """All that it was answered so far, in order; each beside its line of the timeline."""
        shown = await self.read()
        assert shown["answers_complete"]
        assert [answer["text"] for answer in shown["answers"]] == list(texts)
        assert [line["text"] for line in shown["timeline"] if line["text"]] == list(texts)

    async def next(self) -> list[str]:
        return [step["zh"] for step in (await self.read())["next"]]


async def downloaded(city: City, account: str, appeal: dict[str, Any], attachment: dict[str, Any]) -> bytes:
    path = f"/intake/appeals/{appeal['appeal_id']}/attachments/{attachment['attachment_id']}"
    answer = await city.call(account, "GET", path)
    assert answer.is_success, answer.text
    return answer.content


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

    await enterprise.attaches(photo(), "陷车现场.jpg")
    await enterprise.do("additions", text="昨晚又有一辆货车陷车")
    await enterprise.do("urgings")
    staff = await city.ok("roads", "GET", f"/intake/appeals/{appeal['appeal_id']}")
    assert [addition["text"] for addition in staff["additions"]] == ["昨晚又有一辆货车陷车"]
    (scene,) = staff["attachments"]
    assert scene["name"] == "陷车现场.jpg"
    picture = await downloaded(city, "roads", appeal, scene)
    assert not any(mark.encode() in picture for mark in (OWNER, GPS))

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
    repaired = (await attach(city, "roads", appeal, photo(), "修补后.jpg", "?for_enterprise=true")).json()
    await attach(city, "roads", appeal, photo(), "施工内部照片.jpg")
    await city.drained()
    files = {file["name"] for file in (await enterprise.read())["attachments"]}
    assert files == {"陷车现场.jpg", "修补后.jpg"}
    assert hashlib.sha256(await enterprise.downloads(repaired)).hexdigest() == repaired["sha256"]
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


async def test_the_unit_complained_of_never_learns_who_complains_and_the_enterprise_reads_every_answer(
    city: City, gateway: Gateway
) -> None:
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    appeal = await fill(city)
    enterprise, leg = Enterprise(city, appeal), appeal["leg_id"]
    await enterprise.attaches(photo(), "欧阳远山拍摄.jpg")
    (scene,) = (await city.ok("office", "GET", f"/intake/appeals/{appeal['appeal_id']}"))["attachments"]
    release = f"/intake/appeals/{appeal['appeal_id']}/attachments/{scene['attachment_id']}/releases"
    await city.ok("operator", "POST", release, {"to": "units"})
    await enterprise.do("additions", text="我是欧阳远山，昨天又来检查，电话13977778888")
    await enterprise.do("urgings")
    await city.act("office", appeal, "contacts", leg_id=leg, how="电话", text="已告知由本办代为联系")

    await city.move_to("2026-11-10 10:00")
    await city.act("roads", appeal, "replies", leg_id=leg, text="已核实检查记录")
    await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text="今后合并检查")
    await city.drained()
    await enterprise.do("ratings", rating="satisfied", solved=True, comment="欧阳远山：可以")
    await city.act("office", appeal, "findings", reasonable=True, by="营商环境办", reason="重复检查属实")
    await city.act("office", appeal, "closures", text="已销号")
    await city.drained()
    await enterprise.reads("已告知由本办代为联系", "已核实检查记录", "今后合并检查", "重复检查属实", "已销号")
    assert (await enterprise.read())["state"] == "closed"
    told = "".join(text for to, text in gateway.taken.values() if to == FIRM["phone"])
    assert "今后合并检查" in told

    named = {**NOBODY, **appeal, "attachment_id": scene["attachment_id"]}
    assert len(given_without_secret([await read(city, route, named) for route in READS])) > 20
    tables = given_without_secret([await city.call("roads", "GET", path) for path in TABLES])
    assert len(tables) == len(TABLES)
    picture = await downloaded(city, "roads", appeal, scene)
    assert not any(mark.encode() in picture for mark in (OWNER, GPS))
