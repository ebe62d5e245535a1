"""The lists of the desks: pages, counts and filters, the names of codes, and nobody's eyes see too much."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.desks.finding.client import IntakeClient
from services.desks.finding.pages import counted
from services.desks.finding.queries import MOST_COUNTED
from services.desks.resources import Resources
from shared import events
from shared.appeals.channels import ALL as ALL_CHANNELS
from tests.city import ALL, City, local, refused
from tests.lending import ask, banks, report

HOURS = [["09:00", "11:00"]]
"""Of the water unit, which works two hours a day."""
PHONE, OTHER_PHONE = "13911114711", "13922224711"
"""Two phones with one end."""


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """A city with the channels of all policies, in which the same is due of several legs at once."""
    settings = {"procedures": ("xx-city-2022-clues",), "appeal_channels": ALL_CHANNELS}
    async with City(postgres, broker, services=ALL, **settings) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        water = await city.call("office", "GET", "/dispatch/units")
        version = next(unit["version"] for unit in water.json()["items"] if unit["code"] == "water")
        body = {"name": "市水务局", "kind": "department", "leader": "mayor", "office_hours": HOURS}
        await city.ok("office", "PUT", "/dispatch/units/water", body, if_match=f'"{version}"')
        resources = city.services["desks"].resources
        assert isinstance(resources, Resources)
        transport = httpx.ASGITransport(app=city.services["intake"].app)
        resources.intake = IntakeClient("http://intake", city.keys["desks"], transport=transport)
        yield city


@pytest.fixture(scope="module")
async def appeals(city: City) -> dict[str, dict[str, Any]]:
    """Appeals by name: three alike, one paused, a report and a clue that a unit objects to, and others."""
    appeals = {
        name: await city.register(title=f"{name} 道路破损") for name in ("a", "b", "c", "paused", "lead")
    }
    firm = {"name": "示例制造有限公司", "phone": PHONE}
    appeals["petition"] = await city.register(
        title="petition 停水", channel="信访", category="道路交通", enterprise=firm
    )
    appeals["follower"] = await city.register(
        title="follower 停水", enterprise={"name": "红星纺织厂", "phone": OTHER_PHONE}
    )
    appeals["secret"] = await city.register(title="secret 环评", enterprise={"name": "红星纺织厂"})
    path = f"/intake/appeals/{appeals['secret']['appeal_id']}"
    version = (await city.ok("office", "GET", path))["version"]
    body = {"confidentiality": "withheld", "reason": "企业要求保密"}
    await city.ok("office", "POST", f"{path}/corrections", body, if_match=f'"{version}"')
    appeals["report"] = await city.register(title="report 乱收费", kind="report")
    clue = {"procedure": "xx-city-2022-clues", "kind": "clue"}
    appeals["clue"] = await city.register(title="clue 线索", **clue)
    legs = {}
    for name in ("a", "b", "c", "paused", "report", "secret", "clue"):
        (legs[name],) = await city.dispatch(appeals[name], {"unit": "roads"})
    (legs["petition"],) = await city.dispatch(appeals["petition"], {"unit": "water"})
    pause = {"approver": "张主任", "reason": "待补材料"}
    await city.act("office", appeals["paused"], "pauses", leg_id=legs["paused"], **pause)
    for name in ("a", "b", "report", "secret", "clue"):
        path = f"/dispatch/appeals/{appeals[name]['appeal_id']}/objections"
        body = {"leg_id": legs[name], "reason": "不属于本单位的私房话"}
        assert (await city.call("roads", "POST", path, body)).is_success
    study = {
        "units": ["east"],
        "question": "是否属于共管路段",
        "limit": {"number": 2, "unit": "working_days"},
    }
    await city.act("office", appeals["a"], "studies", **study)
    await city.drained()
    return {name: {**appeal, "leg_id": legs.get(name)} for name, appeal in appeals.items()}


async def whole(city: City, account: str, path: str, limit: int = 2) -> list[dict[str, Any]]:
    """All items of a list, some at a time, after its count was compared."""
    items: list[dict[str, Any]] = []
    mark, cursor = "&" if "?" in path else "?", ""
    while True:
        page = await city.ok(account, "GET", f"{path}{mark}limit={limit}&count=true{cursor}")
        items += page["items"]
        if page["next"] is None:
            assert page["count"] == {"value": len(items), "more": False}
            return items
        cursor = f"&cursor={page['next']}"


def names(items: list[dict[str, Any]]) -> list[str]:
    return sorted(item["title"].split()[0] for item in items)


@pytest.mark.parametrize("path", ["/desks/cases", "/desks/legs", "/desks/waiting"])
async def test_pages_add_up_where_several_rows_are_due_at_once(
    city: City, appeals: dict[str, Any], path: str
) -> None:
    at_once = (await city.ok("office", "GET", path))["items"]
    due = [item["due_at"] for item in at_once]
    assert len(due) > len(set(due)) + 1
    for limit in (1, 2, 3):
        assert await whole(city, "office", path, limit) == at_once


async def test_legs_are_filtered_and_counted_by_pause_overdue_and_due_moment(
    city: City, appeals: dict[str, Any]
) -> None:
    assert names(await whole(city, "roads", "/desks/legs?paused=true")) == ["paused"]
    moving = await whole(city, "roads", "/desks/legs?paused=false")
    assert names(moving) == ["a", "b", "c", "report", "secret"]
    assert (await whole(city, "roads", "/desks/legs"))[-1][
        "state"
    ] == "paused"  # what stands still comes last
    due_at = moving[0]["due_at"]
    assert await whole(city, "roads", f"/desks/legs?due_before={quote(due_at)}") == []
    later = (local(due_at[:16].replace("T", " ")) + timedelta(minutes=1)).isoformat()
    assert names(await whole(city, "roads", f"/desks/legs?due_before={quote(later)}")) == ["a", "b", "c"]
    assert await whole(city, "roads", "/desks/legs?overdue=true") == []
    assert names(await whole(city, "roads", "/desks/legs?overdue=false")) == sorted(
        [*names(moving), "paused"]
    )


async def test_the_time_that_is_left_is_that_of_the_unit_s_own_hours_and_none_in_a_pause(
    city: City, appeals: dict[str, Any]
) -> None:
    (leg,) = (await city.ok("water", "GET", "/desks/legs"))["items"]
    # contact within one day: until the end of Tuesday the 10th; from Monday 09:00 that are 2 + 2 hours
    assert (leg["deadline"], leg["deadline_name"]) == ("contact", "联系企业")
    assert leg["remaining_minutes"] == 4 * 60 - 1  # the clock has ticked since
    others = (await city.ok("roads", "GET", "/desks/legs"))["items"]
    left = {item["title"].split()[0]: item["remaining_minutes"] for item in others}
    # 08:30 to 12:00 and 14:30 to 17:30: from 09:00 on Monday 180 + 180, and 390 on Tuesday
    assert (left["a"], left["paused"]) == (360 + 390 - 1, None)


async def test_a_unit_names_another_unit_and_sees_none_of_its_legs(
    city: City, appeals: dict[str, Any]
) -> None:
    own = await whole(city, "roads", "/desks/legs")
    assert await whole(city, "roads", "/desks/legs?unit=water") == own
    assert {item["unit"] for item in own} == {"roads"}
    asked = await whole(city, "roads", "/desks/waiting")
    assert await whole(city, "roads", "/desks/waiting?unit=water") == asked
    assert await whole(city, "water", "/desks/waiting?unit=roads") == []


async def test_withheld_names_are_in_no_list_of_a_unit(city: City, appeals: dict[str, Any]) -> None:
    for path in ("/desks/cases", "/desks/legs", "/desks/waiting"):
        shown = {
            item["title"].split()[0]: (item["enterprise"], item["credit_code"])
            for item in await whole(city, "roads", path)
        }
        assert shown["report"] == shown["secret"] == (None, None)
        assert shown["a"][0] == "示例制造有限公司"
        (office,) = [item for item in await whole(city, "office", path) if item["title"].startswith("secret")]
        assert office["enterprise"] == "红星纺织厂"


@pytest.mark.parametrize("path", ["/desks/legs", "/desks/waiting"])
async def test_a_confidential_case_is_in_no_list_but_the_office_s(
    city: City, appeals: dict[str, Any], path: str
) -> None:
    assert "clue" in names(await whole(city, "office", path))
    assert "clue" not in names(await whole(city, "leader", path))
    assert "clue" not in names(await whole(city, "roads", path))


async def test_what_waits_is_filtered_by_kind_unit_and_overdue(city: City, appeals: dict[str, Any]) -> None:
    waits = await whole(city, "office", "/desks/waiting?kind=派单异议&unit=市交通局")
    assert names(waits) == ["a", "b", "clue", "report", "secret"]
    assert {(item["unit"], item["unit_name"], item["overdue"]) for item in waits} == {
        ("roads", "市交通局", False)
    }
    assert all(item["due_at"] for item in waits if item["title"][0] != "c")
    assert await whole(city, "office", "/desks/waiting?kind=延期") == []
    assert await whole(city, "office", "/desks/waiting?overdue=true") == []
    assert await whole(city, "office", "/desks/waiting?unit=water") == []
    refused(await city.call("office", "GET", "/desks/waiting?unit=市火星局"), 422, "unit")


async def test_a_unit_that_is_asked_to_a_study_reads_the_case_without_having_it(
    city: City, appeals: dict[str, Any]
) -> None:
    assert names(await whole(city, "east", "/desks/cases")) == ["a"]
    case = await city.ok("east", "GET", f"/desks/cases/{appeals['a']['registration_number']}")
    assert case["units"] == ["roads"]
    assert await whole(city, "east", "/desks/legs") == []


async def test_a_unit_reads_what_it_registered_before_anybody_has_it(
    city: City, appeals: dict[str, Any]
) -> None:
    body = {
        "channel": "hotline",
        "kind": "help",
        "title": "hall 窗口收到",
        "text": "请协调。",
        "enterprise": {"name": "甲厂"},
    }
    appeal = await city.ok("east", "POST", "/intake/appeals", body)
    await city.drained()
    assert names(await whole(city, "east", "/desks/cases")) == ["a", "hall"]
    assert (await city.ok("east", "GET", f"/desks/cases/{appeal['appeal_id']}"))["units"] == []


async def test_channels_and_categories_are_taken_and_shown_by_their_names(
    city: City, appeals: dict[str, Any]
) -> None:
    for query in ("channel=信访", "channel=petition", "category=道路交通", "category=roads"):
        (found,) = await whole(city, "office", f"/desks/cases?{query}")
        assert (found["title"], found["channel"], found["channel_name"]) == (
            "petition 停水",
            "petition",
            "信访",
        )
        assert (found["category"], found["category_name"]) == ("roads", "道路交通")
        assert (found["unit_names"], found["units"]) == (["市水务局"], ["water"])
    problem = refused(await city.call("office", "GET", "/desks/cases?channel=鸽子"), 422, "channel")
    assert "信访（petition）" in problem["errors"][0]["zh"]
    refused(await city.call("office", "GET", "/desks/cases?category=火星"), 422, "category")


async def test_a_table_has_the_names_that_clerks_know(city: City, appeals: dict[str, Any]) -> None:
    answer = await city.call("office", "GET", "/desks/cases?channel=信访&format=csv")
    titles, cells = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    row = dict(zip(titles, cells, strict=True))
    assert (row["渠道"], row["诉求分类"], row["承办单位"]) == ("信访", "道路交通", "市水务局")
    assert (row["状态"], row["最近时限"]) == ("办理中", "联系企业")
    answer = await city.call("roads", "GET", "/desks/legs?paused=true&format=csv")
    titles, cells = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert dict(zip(titles, cells, strict=True))["办理状态"] == "已暂停"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("phone_tail=4711", ["follower", "petition"]),
        ("phone_tail=14711", ["petition"]),
        (f"phone_tail={OTHER_PHONE}", ["follower"]),
        ("phone_tail=0711", []),
        ("q=4711", ["follower", "petition"]),
        ("q=24711", ["follower"]),
    ],
)
async def test_the_end_of_a_phone_finds_as_many_digits_as_were_typed(
    city: City, appeals: dict[str, Any], query: str, found: list[str]
) -> None:
    assert names(await whole(city, "office", f"/desks/cases?{query}")) == found


async def test_days_are_those_of_the_city(city: City, appeals: dict[str, Any]) -> None:
    await city.move_to("2026-11-10 00:30")  # still the 9th in UTC
    late = await city.register(title="night 夜间停水")
    found = await whole(city, "office", "/desks/cases?received_from=2026-11-10&received_to=2026-11-10")
    assert [item["appeal_id"] for item in found] == [late["appeal_id"]]


async def test_a_merged_case_names_its_lead_until_it_is_taken_apart(
    city: City, appeals: dict[str, Any]
) -> None:
    path = f"/intake/appeals/{appeals['follower']['appeal_id']}"

    async def lead() -> Any:
        await city.drained()
        return (await city.ok("office", "GET", f"/desks/cases/{appeals['follower']['appeal_id']}"))["lead"]

    assert await lead() is None
    for act, body, expected in (
        ("merges", {"lead": appeals["lead"]["registration_number"]}, appeals["lead"]["appeal_id"]),
        ("unmerges", {}, None),
    ):
        version = (await city.ok("office", "GET", path))["version"]
        body |= {"reason": "同一问题"}
        assert (await city.call("office", "POST", f"{path}/{act}", body, if_match=f'"{version}"')).is_success
        assert await lead() == expected


async def test_no_line_of_a_case_has_the_words_of_people(city: City, appeals: dict[str, Any]) -> None:
    async with city.services["desks"].engine.connect() as conn:
        lines = (await conn.execute(sa.text("select cast(data as text) from lines"))).scalars().all()
    assert not [line for line in lines if "私房话" in line or "待补材料" in line]


async def test_what_intake_left_out_is_said_to_be_missing(city: City, appeals: dict[str, Any]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        ids = [appeals["a"]["appeal_id"]]
        return httpx.Response(200, json={"ids": ids, "more": "phone_tail" not in request.url.params})

    resources = city.services["desks"].resources
    assert isinstance(resources, Resources)
    known = resources.intake
    resources.intake = IntakeClient("http://intake", "key", transport=httpx.MockTransport(answer))
    try:
        incomplete = {
            query: (await city.ok("office", "GET", f"/desks/cases?{query}"))["incomplete"]
            for query in ("text=货车", "q=货车", "phone_tail=4711", "kind=help")
        }
    finally:
        resources.intake = known
    assert incomplete == {"text=货车": True, "q=货车": True, "phone_tail=4711": False, "kind=help": False}


@pytest.mark.parametrize(
    ("value", "more"), [(MOST_COUNTED - 1, False), (MOST_COUNTED, False), (MOST_COUNTED + 1, True)]
)
def test_a_count_says_more_where_there_are_more_than_are_counted(value: int, more: bool) -> None:
    assert counted(value) == {"value": min(value, MOST_COUNTED), "more": more}


async def test_of_two_entries_of_a_unit_the_later_one_stays(city: City) -> None:
    context = city.services["desks"]
    older, newer = (
        events.UnitChanged.of("roads", local(at), name=name, kind="department")
        for at, name in (("2026-11-01 09:00", "市交通局筹备组"), ("2026-11-10 01:00", "市交通运输局"))
    )
    async with context.engine.begin(undone=True) as conn:
        for event in (newer, older):
            work = context.work(conn, context.clock.now())
            context.service.handlers[type(event)](work, event)
            await work.flush()
        rows = await conn.execute(sa.text("select name from units where code = 'roads'"))
        assert rows.scalar_one() == "市交通运输局"


@pytest.fixture(scope="module")
async def loans(city: City) -> dict[str, dict[str, Any]]:
    """Two requests at two banks, of which one bank declined one."""
    await banks(city, "bank-a")
    await banks(city, "bank-b")
    consent = {"given_at": "2026-11-09T08:00:00+08:00", "text_version": "2026-01"}
    loans = {name: await ask(city, consent=consent) for name in ("first", "second")}
    await report(city, "bank-b", f"{loans['first']['registration_number']}/2", "declined")
    await city.drained()
    return loans


async def test_open_loan_requests_are_listed_by_what_is_due_first(
    city: City, loans: dict[str, dict[str, Any]]
) -> None:
    items = await whole(city, "operator", "/desks/loans", 1)
    assert sorted(item["loan_id"] for item in items) == sorted(loan["loan_id"] for loan in loans.values())
    due = [item["due_at"] for item in items]
    assert due == sorted(due)
    assert all(item["remaining_minutes"] > 0 and item["deadline_name"] for item in items)
    assert await whole(city, "office", "/desks/loans?state=已推送") == items
    assert await whole(city, "office", "/desks/loans?overdue=true") == []


async def test_a_bank_has_its_own_open_legs_and_the_window_all(
    city: City, loans: dict[str, dict[str, Any]]
) -> None:
    everything = await whole(city, "office", "/desks/bank-legs", 1)
    assert sorted(item["bank"] for item in everything) == ["bank-a", "bank-a", "bank-b"]
    for bank in ("bank-a", "bank-b"):
        own = [item for item in everything if item["bank"] == bank]
        assert await whole(city, bank, "/desks/bank-legs") == own
        assert await whole(city, bank, "/desks/bank-legs?bank=bank-a") == own
        assert await whole(city, "operator", f"/desks/bank-legs?bank={bank}") == own
    assert {item["state"] for item in everything} == {"pushed"}
    assert await whole(city, "office", "/desks/bank-legs?state=已推送") == everything
    assert "示例制造有限公司" not in str(everything)
    await city.move_to("2026-11-20 09:00")
    late = await whole(city, "bank-a", "/desks/bank-legs?overdue=true")
    assert [item["remaining_minutes"] < 0 for item in late] == [True, True]
    withdrawn = f"/financing/requests/{loans['second']['loan_id']}/withdrawals"
    await city.ok("operator", "POST", withdrawn, {})
    await city.drained()
    assert [UUID(item["loan_id"]) for item in await whole(city, "bank-a", "/desks/bank-legs")] == [
        UUID(loans["first"]["loan_id"])
    ]
