"""What a registration may say, over HTTP, and how it is put right and found again."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.intake.search.queries import CANDIDATES
from shared.appeals.channels import ALL
from tests.city import City, refused

CODE, PHONE = "91350100M000100Y43", "13700001111"
OFFICERS = f"officers:\n  - {{name: 李工, phone: 0558-5123456, unit: roads, enterprises: [{CODE}]}}\n"
FIELDS: dict[str, Any] = {
    "category": "道路破损",
    "urgency": "urgent",
    "urgency_reason": "今晚发货",
    "place": {"division": "341602", "address": "经开区三路", "longitude": "115.7785", "latitude": "33.8446"},
    "wished_on": "2026-11-20",
    "answer_wanted": True,
    "contacts": [{"name": "李会计", "phones": ["0558-5123456", PHONE], "remark": "下午"}],
    "remarks": "来电人着急",
}
KEY = "a key of thirty-two characters or more"


def _written(folder: Path) -> Path:
    file = folder / "officers.yaml"
    file.write_text(OFFICERS, "utf-8")
    return file


def text_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


async def told(city: City, type_: str, appeal: dict[str, Any]) -> dict[str, Any]:
    """The one event of this type about the appeal."""
    (event,) = [
        body for body in await city.published("intake", type_) if body["appeal_id"] == appeal["appeal_id"]
    ]
    return event  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[City]:
    """A city with all channels, an officer and a key, on Monday 2026-11-09 at 09:00."""
    officers = _written(tmp_path_factory.mktemp("city"))
    async with City(postgres, broker, appeal_channels=ALL, officers=officers, search_key=KEY) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


async def test_fields_are_kept_shown_to_the_enterprise_and_told_as_codes(city: City) -> None:
    appeal = await city.register(**FIELDS)
    kept = await city.ok("office", "GET", f"/intake/appeals/{appeal['appeal_id']}")
    assert kept["category"] == "roads.damage"
    assert kept["place"] == FIELDS["place"]
    path = f"/intake/appeals/{appeal['appeal_id']}/contact-readings"
    whole = await city.ok("office", "POST", path, {"purpose": "contact"})
    assert whole["contacts"][0]["phones"] == ["0558-5123456", PHONE]
    assert kept["remarks"] == "来电人着急"
    status = await city.status(appeal)
    assert status["category_path"] == "道路交通/道路破损"
    assert (status["urgency"], status["wished_on"], status["answer_wanted"]) == ("urgent", "2026-11-20", True)
    assert not [word for word in ("李会计", PHONE, "着急", "下午") if word in text_of(status)]
    event = await told(city, "appeal.received.v1", appeal)
    assert {
        name: event[name] for name in ("category", "urgency", "division", "answer_wanted", "wished_on")
    } == {
        "category": "roads.damage",
        "urgency": "urgent",
        "division": "341602",
        "answer_wanted": True,
        "wished_on": "2026-11-20",
    }
    assert not [word for word in ("李会计", PHONE, "今晚", "经开区", "115.7785") if word in text_of(event)]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"category": "道路损坏"}, "category"),
        ({"channel": "电话机"}, "channel"),
        ({"urgency": "emergency"}, "urgency_reason"),
        ({"wished_on": "2026-11-08"}, "wished_on"),
        ({"kind": "report", "confidentiality": "named"}, "confidentiality"),
        ({"confidentiality": "anonymous"}, "confidentiality"),
        ({"place": {"division": "3416"}}, "place.division"),
        ({"place": {"longitude": 115}}, "place.longitude"),
        ({"contacts": [{"name": "李"}]}, "contacts.0.phones"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_field(
    city: City, fields: dict[str, Any], field: str
) -> None:
    body = {
        "channel": "热线",
        "kind": "help",
        "title": "路",
        "text": "路",
        "enterprise": {"name": "甲厂"},
        **fields,
    }
    problem = refused(await city.call("operator", "POST", "/intake/appeals", body), 422, field)
    if field == "category":
        assert "roads.damage" in problem["detail"]


async def test_the_tables_are_there_for_everybody(city: City) -> None:
    categories = (await city.ok(None, "GET", "/intake/categories"))["items"]
    assert {
        "code": "roads.damage",
        "level": 2,
        "parent": "roads",
        "zh": "道路破损",
        "en": "Damaged roads",
        "path": "道路交通/道路破损",
    } in categories
    channels = {row["code"]: row for row in (await city.ok(None, "GET", "/intake/channels"))["items"]}
    assert channels["petition"]["class"] == "transfer"
    assert channels["web"]["open_to_all"]


async def test_each_channel_is_counted_for_office_and_leader(city: City) -> None:
    path = "/intake/channels/statistics?since=2026-11-09&until=2026-11-09"

    async def petitions(account: str) -> dict[str, Any]:
        rows = (await city.ok(account, "GET", path))["items"]
        return next(row for row in rows if row["code"] == "petition")

    before = await petitions("office")
    for number, (solved, rating) in enumerate(
        [(True, "not_satisfied"), (None, "basically_satisfied"), (False, "very_dissatisfied")]
    ):
        appeal = await city.register(channel="信访", title=f"信访转来的诉求 {number}")
        (leg,) = await city.dispatch(appeal, {"unit": "roads"})
        await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text="已办")
        await city.drained()
        rate = f"/intake/status/{appeal['registration_number']}/ratings"
        said = {"rating": rating, "solved": solved}
        await city.ok(None, "POST", rate, said, receipt_code=appeal["receipt_code"])
    silent = await city.register(channel="petition", title="信访转来的另一件诉求")
    await city.dispatch(silent, {"unit": "roads"})
    await city.register(channel="petition", title="信访转来的第三件诉求")
    await city.drained()
    after = await petitions("leader")
    assert {name: after[name] - before[name] for name in after if isinstance(after[name], int)} == {
        "registered": 5,
        "open": 2,
        "completed": 3,
        "dispatched": 4,
        "responded": 3,
        "said_whether_solved": 2,
        "solved": 1,
        "rated": 3,
        "satisfied": 1,
    }
    refused(
        await city.call("office", "GET", path.replace("since=2026-11-09", "since=2026-11-10")), 422, "until"
    )


async def test_a_correction_is_on_record_and_told_as_codes(city: City) -> None:
    appeal = await city.register(title="填错的诉求")
    path = f"/intake/appeals/{appeal['appeal_id']}"
    version = (await city.ok("operator", "GET", path))["version"]
    body = {"reason": "类型填错", "kind": "suggestion", "category": "停电", "enterprise": {"phone": PHONE}}
    refused(await city.call("operator", "POST", f"{path}/corrections", body), 428)
    refused(
        await city.call(
            "operator", "POST", f"{path}/corrections", body | {"category": "断电了"}, if_match='"1"'
        ),
        422,
        "category",
    )
    answer = await city.ok("operator", "POST", f"{path}/corrections", body, if_match=f'"{version}"')
    assert (answer["kind"], answer["category"]) == ("suggestion", "utilities.power.outage")
    assert answer["corrections"][0]["reason"] == "类型填错"
    assert {change["field"] for change in answer["corrections"][0]["changes"]} == {
        "kind",
        "category",
        "enterprise",
    }
    await city.drained()
    event = await told(city, "appeal.corrected.v1", appeal)
    assert (event["kind"], event["category"]) == ("suggestion", "utilities.power.outage")
    assert not [word for word in (PHONE, "填错") if word in text_of(event)]
    assert (await city.ok("office", "GET", f"/dispatch/appeals/{appeal['appeal_id']}"))[
        "kind"
    ] == "suggestion"
    callers = await city.ok("operator", "GET", f"/intake/callers?phone={PHONE}")
    assert appeal["registration_number"] in [row["registration_number"] for row in callers["items"]]


async def test_the_credit_code_leads_to_the_enterprises_file(city: City) -> None:
    firm = {"name": "示例铸造有限公司", "credit_code": CODE}
    numbers = [
        (await city.register(title=title, enterprise=firm))["registration_number"]
        for title in ("一件", "另一件")
    ]
    file = await city.ok("leader", "GET", f"/intake/enterprises/{CODE.lower()}")
    assert [row["registration_number"] for row in file["appeals"]] == numbers
    assert file["names"] == ["示例铸造有限公司"]
    assert file["officers"] == [{"name": "李工", "phone": "0558-5123456", "unit": "roads"}]
    assert file["loans"] == f"/financing/enterprises/{CODE}"
    first = await city.ok("office", "GET", f"/intake/enterprises/{CODE}?limit=1")
    assert len(first["appeals"]) == 1
    rest = await city.ok("office", "GET", f"/intake/enterprises/{CODE}?limit=1&cursor={first['next']}")
    assert [row["registration_number"] for row in rest["appeals"]] == numbers[1:]
    refused(await city.call("office", "GET", "/intake/enterprises/91350100M000100Y44"), 422, "credit_code")


async def test_a_callers_history_is_found_however_the_number_is_written(city: City) -> None:
    enterprise = {"name": "来电企业", "phone": "13612345678"}
    appeal = await city.register(title="来电的诉求", enterprise=enterprise)
    for written in ("13612345678", "136%201234%205678", "%2B8613612345678"):
        answer = await city.ok("operator", "GET", f"/intake/callers?phone={written}")
        assert [row["registration_number"] for row in answer["items"]] == [appeal["registration_number"]]
    assert (await city.ok("operator", "GET", "/intake/callers?phone=13612345679"))["items"] == []
    refused(await city.call("operator", "GET", "/intake/callers?phone=123"), 422, "phone")


async def test_hashes_hold_no_phone_and_no_word(city: City) -> None:
    async with city.services["intake"].engine.connect() as conn:
        rows = (await conn.execute(sa.text("select cast(k.* as text) from search_keys k"))).scalars().all()
    assert rows
    assert not [row for row in rows if "136123" in row or "示例" in row or CODE in row]


async def test_what_is_alike_is_offered_while_typing(city: City) -> None:
    firm = {"name": "相似企业甲"}
    own = await city.register(title="园区路灯不亮影响夜班", text="园区东路的路灯全部不亮。", enterprise=firm)
    other = await city.register(
        title="园区路灯不亮影响夜班出行", text="园区东路的路灯全部不亮。", enterprise={"name": "相似企业乙"}
    )
    query = "/intake/alike?title=园区路灯不亮&text=园区东路的路灯不亮"
    found = (await city.ok("operator", "GET", f"{query}&enterprise=相似企业甲"))["items"]
    numbers = [row["registration_number"] for row in found]
    assert numbers[0] == own["registration_number"]
    assert other["registration_number"] in numbers
    assert [row["same_enterprise"] for row in found[:2]] == [True, False]
    assert (await city.ok("operator", "GET", "/intake/alike?title=龙"))["items"] == []
    assert (await city.ok("operator", "GET", "/intake/alike?title=完全无关的退税咨询"))["items"] == []


async def test_words_and_phones_and_enterprises_are_found_by_their_index(city: City) -> None:
    alike = CANDIDATES.replace(":words", "'{1}'").replace(":since", "'2026-01-01'").replace(":newest", "10")
    asked = {"words": alike} | {
        column: f"select 1 from search_keys where {column} @> array[cast(1 as bigint)]"
        for column in ("tails", "wholes")
    }
    async with city.services["intake"].engine.begin() as conn:
        await conn.execute(sa.text("set local enable_seqscan = off"))
        for column, query in asked.items():
            plan = "\n".join((await conn.execute(sa.text(f"explain {query}"))).scalars())
            assert f"search_keys_{column}" in plan, plan


async def test_the_same_within_minutes_is_asked_about(city: City) -> None:
    body = {
        "channel": "web",
        "kind": "help",
        "title": "重复提交",
        "text": "同一内容。",
        "enterprise": {"name": "重复企业"},
    }
    first = await city.ok(None, "POST", "/intake/appeals", body)
    problem = refused(await city.call(None, "POST", "/intake/appeals", body | {"text": "同一 内容"}), 409)
    assert first["registration_number"] in problem["detail"]
    await city.ok(None, "POST", "/intake/appeals", body | {"again": True})
    await city.ok(None, "POST", "/intake/appeals", body | {"text": "别的内容"})
    await city.move_to("2026-11-09 09:30")
    await city.ok(None, "POST", "/intake/appeals", body)


async def test_who_sends_what_somebody_else_sent_learns_nothing_of_it(city: City) -> None:
    enterprise = {"name": "保密企业", "phone": PHONE}
    body = {
        "channel": "web",
        "kind": "report",
        "title": "猜不到的",
        "text": "同一内容。",
        "enterprise": enterprise,
    }
    first = await city.ok(None, "POST", "/intake/appeals", body)
    await city.ok(
        None, "POST", "/intake/appeals", body | {"enterprise": enterprise | {"phone": "13700002222"}}
    )
    await city.ok("roads", "POST", "/intake/appeals", body)
    refused(await city.call("roads", "POST", "/intake/appeals", body), 409)
    own = refused(await city.call(None, "POST", "/intake/appeals", body), 409)
    assert first["registration_number"] in own["detail"]
    refused(await city.call("office", "POST", "/intake/appeals", body), 409)


async def test_two_who_send_the_same_at_once_register_one(city: City) -> None:

    body = {
        "channel": "web",
        "kind": "help",
        "title": "同时提交",
        "text": "一样。",
        "enterprise": {"name": "同时企业"},
    }
    answers = await asyncio.gather(*(city.call(None, "POST", "/intake/appeals", body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_a_unit_registers_what_reached_it_and_is_on_record_as_first_asked(city: City) -> None:
    body = {
        "channel": "visit",
        "kind": "help",
        "title": "走访所得",
        "text": "用工困难。",
        "enterprise": {"name": "走访企业"},
    }
    appeal = await city.ok("roads", "POST", "/intake/appeals", body)
    await city.drained()
    path = f"/intake/appeals/{appeal['appeal_id']}"
    assert (await city.ok("office", "GET", path))["first_asked"] == "roads"
    assert (await city.ok("roads", "GET", path))["registration_number"] == appeal["registration_number"]
    refused(await city.call("water", "GET", path), 403)
    event = await told(city, "appeal.received.v1", appeal)
    assert event["first_asked"] == "roads"


async def test_a_consultation_is_answered_on_the_spot_and_closed(city: City) -> None:
    appeal = await city.register(kind="consultation", title="怎样办续贷", answer="到融资服务窗口办理。")
    status = await city.status(appeal)
    assert (status["state"], status["spot_answer"]) == ("closed", "到融资服务窗口办理。")
    assert [entry["zh"] for entry in status["timeline"]] == ["已登记", "已当场答复并办结"]
    dispatched = await city.ok("office", "GET", f"/dispatch/appeals/{appeal['appeal_id']}")
    assert dispatched["state"] == "closed"
    case = await city.case(appeal)
    assert (case["state"], [deadline["verdict"] for deadline in case["deadlines"]]) == ("closed", ["void"])
    event = await told(city, "appeal.answered.v1", appeal)
    assert "融资" not in text_of(event)
    rate = f"/intake/status/{appeal['registration_number']}/ratings"
    await city.ok(None, "POST", rate, {"rating": "satisfied"}, receipt_code=appeal["receipt_code"])


async def test_nothing_but_a_consultation_is_answered_on_the_spot_and_by_clerks_alone(city: City) -> None:
    body = {"channel": "web", "kind": "help", "title": "路", "text": "坏", "enterprise": {"name": "丙厂"}}
    path = "/intake/appeals"
    refused(await city.call("operator", "POST", path, body | {"answer": "好"}), 422, "answer")
    consultation = body | {"kind": "consultation", "answer": "好"}
    for account in (None, "roads"):
        refused(await city.call(account, "POST", path, consultation), 403)
