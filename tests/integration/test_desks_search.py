"""Every filter of the search, alone and with every other, against a list that Python filters itself."""

import random
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.desks.finding.client import IntakeClient
from services.desks.resources import Resources
from services.dispatch.leg import leg_id
from services.intake.domain.registration import imported_id
from shared.finding.words import folded
from tests.city import APPEALS, DESKS, ZONE, City, local, refused

CASES = 240
FIRMS = ["示例制造有限公司", "红星纺织厂", "青浔新能源科技有限公司", "Huaxin Foods Ltd.", "谯城中药饮片厂"]
PROBLEMS = ["道路破损", "夜间停水", "用电增容", "项目审批慢", "拖欠工程款", "违规收费"]
TEXTS = (["请尽快解决", "影响生产", "多次反映"], ["货车无法进出。", "设备停机。", "工人无法上班。"])
CODES = ["91340600MA0000001D", None]
Row = dict[str, Any]


def past_cases() -> Iterator[Row]:
    """Registrations of some months, of many kinds."""
    chance, filed = random.Random(7), random.Random(10)
    start = local("2026-10-09 08:00")
    for number in range(CASES):
        firm, problem = chance.choice(FIRMS), chance.choice(PROBLEMS)
        yield {
            "act": "register",
            "source_id": str(number),
            "occurred_at": (start + timedelta(minutes=250 * number)).isoformat(),
            "channel": chance.choice(["hotline", "web", "visit", "saturday_session"]),
            "kind": chance.choice(["help", "complaint", "report", "consultation"]),
            "title": f"{problem}问题 {number}",
            "text": "，".join(chance.choice(parts) for parts in TEXTS),
            "locality": chance.choice(["east", "west", None]),
            "enterprise": {
                "name": firm,
                "phone": f"138{chance.randint(0, 99_999_999):08}",
                "credit_code": chance.choice(CODES),
            },
            "pack": chance.choice(["bozhou-2024", "xuancheng-2024"]),
            "category": filed.choice(["道路破损", "roads", "停电", None]),
            **filed.choice([{}, {"urgency": "normal"}, {"urgency": "紧急", "urgency_reason": "已停产"}]),
        }


def acts_on(case: Row, chance: random.Random) -> Iterator[Row]:
    """What units and the office did: nothing, a dispatch, answers, a pause, a referral, closure."""
    appeal_id, received = imported_id("test", case["source_id"]), datetime.fromisoformat(case["occurred_at"])

    def act(hours: int, kind: str, **fields: Any) -> Row:
        at = (received + timedelta(hours=hours)).isoformat()
        return {"appeal_id": str(appeal_id), "occurred_at": at, "act": {"act": kind, **fields}}

    fate = chance.random()
    if fate < 0.15:
        return
    if fate < 0.2:
        yield act(2, "refer", to="arbitration", reason="属于仲裁")
        return
    legs = chance.choice(
        [[{"unit": "roads"}], [{"unit": "water"}], [{"unit": "roads"}, {"unit": "east", "role": "assist"}]]
    )
    marks = chance.sample(["inherited", "cross_department", "litigation"], chance.choice([0, 0, 1, 2]))
    yield act(2, "assign", legs=legs, marks=marks)
    for index in range(len(legs)):
        leg = str(leg_id(appeal_id, index))
        if fate > 0.4:
            yield act(20, "contact", leg_id=leg, how="电话")
        if fate > 0.5:
            yield act(40, "reply", leg_id=leg, text="已勘查")
        if fate > 0.65:
            yield act(48, "complete", leg_id=leg, outcome="solved", text="已办结")


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """A city with some hundred past cases, whose desks search texts at its intake."""
    async with City(postgres, broker, services=(*APPEALS, DESKS)) as city:
        await city.move_to("2026-10-08 09:00")
        await city.directory()
        await city.ok(
            "office", "PUT", "/dispatch/units/west", {"name": "西城区", "kind": "locality", "leader": "mayor"}
        )
        chance, cases = random.Random(8), list(past_cases())
        acts = [act for case in cases for act in acts_on(case, chance)]
        await city.ok("importer", "POST", "/intake/import", {"source": "test", "items": cases})
        await city.drained()
        await city.ok("importer", "POST", "/dispatch/import", {"acts": acts})
        await city.drained()
        await city.ok("importer", "POST", "/intake/import", {"source": "test", "items": ratings(acts)})
        await city.drained()
        await city.move_to("2026-11-20 10:30")
        resources = city.services["desks"].resources
        assert isinstance(resources, Resources)
        transport = httpx.ASGITransport(app=city.services["intake"].app)
        resources.intake = IntakeClient("http://intake", city.keys["desks"], transport=transport)
        yield city


def ratings(acts: list[Row]) -> list[Row]:
    """Ratings of some of the completed cases."""
    chance = random.Random(9)
    completed = {act["appeal_id"]: act["occurred_at"] for act in acts if act["act"]["act"] == "complete"}
    ids = {str(imported_id("test", str(number))): str(number) for number in range(CASES)}
    return [
        {
            "act": "rate",
            "source_id": ids[appeal_id],
            "occurred_at": (datetime.fromisoformat(at) + timedelta(hours=3)).isoformat(),
            "rating": chance.choice(["satisfied", "basically_satisfied", "not_satisfied"]),
        }
        for appeal_id, at in completed.items()
        if chance.random() < 0.5
    ]


@pytest.fixture(scope="module")
async def rows(city: City) -> list[Row]:
    """Every case as desks has it, with its text and phone from intake."""
    async with city.services["desks"].engine.connect() as conn:
        listed = [dict(row) for row in await conn.execute(sa.text("select * from cases"))]
    async with city.services["intake"].engine.connect() as conn:
        files = {
            row.appeal_id: conn.cell("appeals.file", row.appeal_id).decrypted(row.file)
            for row in await conn.execute(sa.text("select appeal_id, file from appeals"))
        }
    for row in listed:
        row["text"] = files[row["appeal_id"]]["text"]
        row["firm"] = files[row["appeal_id"]]["enterprise"]["name"]
        row["full_title"] = files[row["appeal_id"]]["title"]
        row["phone"] = files[row["appeal_id"]]["enterprise"]["phone"]
        row["intake_state"] = files[row["appeal_id"]]["state"]
    assert len(listed) == CASES
    return listed


def has(text: str | None, *words: str) -> bool:
    return all(folded(word) in folded(text or "") for word in words)


def anywhere(row: Row, *words: str) -> bool:
    """Whether the words stand in what desks searches, or all of them in what intake does."""
    own = "|".join(
        folded(row[name] or "") for name in ("registration_number", "credit_code", "enterprise", "title")
    )
    texts = "|".join(folded(row[name] or "") for name in ("full_title", "text", "firm"))
    return all(folded(word) in own for word in words) or all(folded(word) in texts for word in words)


def is_overdue(row: Row) -> bool:
    return row["overdue_at"] is not None or (
        row["due_at"] is not None and row["due_at"] < local("2026-11-20 10:30")
    )


DAY = datetime(2026, 10, 20, tzinfo=ZONE)
FILTERS: list[tuple[dict[str, str], Callable[[Row], bool]]] = [
    ({"q": "道路破损"}, lambda row: anywhere(row, "道路破损")),
    ({"q": "红星 停水"}, lambda row: anywhere(row, "红星", "停水")),
    ({"q": "生产"}, lambda row: anywhere(row, "生产")),
    ({"q": "BZ 20261020-00001"}, lambda row: row["registration_number"] == "BZ-20261020-00001"),
    ({"number": "2026102"}, lambda row: has(row["registration_number"], "2026102")),
    ({"enterprise": "HUAXIN food"}, lambda row: has(row["enterprise"], "huaxinfood")),
    ({"credit_code": "91340600ma"}, lambda row: has(row["credit_code"], "91340600MA")),
    ({"text": "设备停机"}, lambda row: has(row["text"], "设备停机")),
    ({"phone_tail": "PHONE"}, lambda row: row["phone"].endswith("PHONE")),
    ({"unit": "市交通局"}, lambda row: "roads" in row["units"]),
    ({"unit": "east"}, lambda row: "east" in row["units"]),
    ({"locality": "西城区"}, lambda row: row["locality"] == "west"),
    ({"state": "办理中"}, lambda row: row["state"] == "dispatched"),
    ({"state": "completed"}, lambda row: row["state"] == "completed"),
    ({"kind": "举报"}, lambda row: row["kind"] == "report"),
    ({"channel": "hotline"}, lambda row: row["channel"] == "hotline"),
    ({"category": "roads"}, lambda row: row["category"] in ("roads", "roads.damage")),
    ({"category": "道路破损"}, lambda row: row["category"] == "roads.damage"),
    ({"urgency": "紧急"}, lambda row: row["urgency"] == "urgent"),
    ({"mark": "历史遗留"}, lambda row: "inherited" in row["marks"]),
    ({"rating": "不满意"}, lambda row: row["rating"] == "not_satisfied"),
    ({"pack": "xuancheng-2024"}, lambda row: row["pack"].startswith("xuancheng-2024@")),
    ({"received_from": "2026-10-20"}, lambda row: row["received_at"] >= DAY),
    ({"received_to": "2026-10-20"}, lambda row: row["received_at"] < DAY + timedelta(days=1)),
    (
        {"due_before": "2026-11-01T00:00:00+08:00"},
        lambda row: row["due_at"] is not None and row["due_at"] < local("2026-11-01 00:00"),
    ),
    ({"overdue": "true"}, is_overdue),
    ({"overdue": "false"}, lambda row: not is_overdue(row)),
]


def with_phone(filters: dict[str, str], tail: str) -> dict[str, str]:
    return {name: tail if value == "PHONE" else value for name, value in filters.items()}


async def search(city: City, account: str, query: dict[str, str]) -> list[str]:
    """The ids that a search finds, over all of its pages, and as many as it counts."""
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await city.ok(
            account, "GET", f"/desks/cases?{urlencode({**query, **cursor, 'limit': '90', 'count': 'true'})}"
        )
        ids += [item["appeal_id"] for item in page["items"]]
        assert not page["incomplete"]
        if page["next"] is None:
            assert page["count"] == {"value": len(ids), "more": False}
            return ids
        cursor = {"cursor": page["next"]}


def by_due(row: Row) -> tuple[float, str]:
    return row["due_at"].timestamp() if row["due_at"] else float("inf"), str(row["appeal_id"])


def brute(rows: list[Row], *filters: Callable[[Row], bool]) -> list[str]:
    """The same list, made in Python."""
    return [str(row["appeal_id"]) for row in sorted(rows, key=by_due) if all(holds(row) for holds in filters)]


async def test_every_filter_alone_finds_what_a_brute_force_finds(city: City, rows: list[Row]) -> None:
    tail = rows[17]["phone"][-4:]
    empty = []
    for query, holds in FILTERS:
        holds = (lambda row: row["phone"].endswith(tail)) if "phone_tail" in query else holds
        expected = brute(rows, holds)
        assert await search(city, "office", with_phone(query, tail)) == expected, query
        empty += [query] if not expected else []
    assert not empty


@pytest.mark.slow
async def test_every_pair_of_filters_finds_what_a_brute_force_finds(city: City, rows: list[Row]) -> None:
    tail, pairs = rows[17]["phone"][-4:], 0
    for (first, holds), (second, also) in combinations(FILTERS, 2):
        if first.keys() & second.keys():
            continue
        predicates = [
            (lambda row: row["phone"].endswith(tail)) if "phone_tail" in query else predicate
            for query, predicate in ((first, holds), (second, also))
        ]
        query = with_phone({**first, **second}, tail)
        assert await search(city, "office", query) == brute(rows, *predicates), query
        pairs += 1
    assert pairs > 280


async def test_a_unit_finds_what_a_brute_force_finds_among_its_own(city: City, rows: list[Row]) -> None:
    own = [row for row in rows if "water" in row["readers"]]
    assert 10 < len(own) < len(rows)
    for query, holds in FILTERS:
        name = next(iter(query))
        if name in ("enterprise", "credit_code", "text", "q") and "BZ" not in query[name]:
            shown = [row for row in own if row["is_named"]]
            hidden = [
                row
                for row in own
                if not row["is_named"] and name == "q" and has(row["title"], *query["q"].split())
            ]
            expected = brute([row for row in shown if holds(row)] + hidden)
        elif name == "phone_tail":
            continue
        else:
            expected = brute(own, holds)
        assert await search(city, "water", query) == expected, query


async def test_a_unit_finds_by_a_phone_the_cases_of_its_live_legs_alone(city: City, rows: list[Row]) -> None:
    tail = next(row["phone"][-4:] for row in rows if row["units"] and row["is_named"])
    for unit in ("roads", "water", "east"):
        own = [row for row in rows if unit in row["units"] and row["is_named"]]
        phoned = brute(own, lambda row: row["phone"].endswith(tail))
        assert await search(city, unit, {"phone_tail": tail}) == phoned
        assert set(phoned) <= set(await search(city, unit, {"q": tail}))
    assert [row for row in rows if row["units"] and row["phone"].endswith(tail)]


@pytest.mark.parametrize(("sort", "column"), [("received", "received_at"), ("updated", "updated_at")])
async def test_a_list_is_sorted_the_newest_first(city: City, rows: list[Row], sort: str, column: str) -> None:
    expected = sorted(rows, key=lambda row: (row[column], str(row["appeal_id"])), reverse=True)
    assert await search(city, "office", {"sort": sort}) == [str(row["appeal_id"]) for row in expected]


async def test_the_states_are_those_of_intake(rows: list[Row]) -> None:
    assert [row["state"] for row in rows] == [row["intake_state"] for row in rows]
    assert len({row["state"] for row in rows}) > 3


async def test_where_intake_is_away_the_rest_is_found_and_said_to_be_incomplete(
    city: City, rows: list[Row]
) -> None:
    resources = city.services["desks"].resources
    assert isinstance(resources, Resources)
    known, resources.intake = resources.intake, IntakeClient("http://127.0.0.1:1", "no key")
    try:
        refused(await city.call("office", "GET", "/desks/cases?text=设备停机"), 503)
        answer = await city.ok("office", "GET", "/desks/cases?q=道路破损&limit=500")
    finally:
        resources.intake = known
    assert answer["incomplete"]
    ids = [item["appeal_id"] for item in answer["items"]]
    assert ids == brute(rows, lambda row: has(row["title"], "道路破损"))
