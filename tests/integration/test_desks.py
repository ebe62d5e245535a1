"""The desks' read model: what the services said, as lists and cases, for those who may see it."""

import random
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from huying.archive.rehear import read_events
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from huying.local.services import settings_for
from services import SERVICES
from services.desks.app import SERVICE as DESKS
from services.desks.tables import metadata
from shared.database.migrations import migrate, migration_engine
from shared.events import Event
from shared.service.clock import EPOCH
from shared.service.service import ServiceContext
from tests.city import ALL, City, refused
from tests.exported import urls_of
from tests.lending import ask, banks, report
from tests.scenarios.test_verify import on_case

BACKBONE = {
    "outbox",
    "links",
    "seals",
    "authors",
    "reads",
    "inbox",
    "heard",
    "relay",
    "idempotency",
    "parked",
    "data_keys",
    "renewals",
}
OWN = sorted(metadata.tables.keys() - BACKBONE)
DIGEST = "select md5(coalesce(string_agg(t::text, ' ' order by t::text), '')) from {} t"


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """A city with a story: late and lifted, objected to, closed, kept from units, and a loan."""
    async with City(postgres, broker, services=ALL, procedures=("xx-city-2022-clues",)) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


@pytest.fixture(scope="module")
async def appeals(city: City) -> dict[str, dict[str, Any]]:
    """The appeals of the story by name."""
    appeals = {
        name: await city.register(title=f"{name} 厂区门口道路破损") for name in ("late", "quick", "objected")
    }
    appeals["report"] = await city.register(title="report 举报违规收费", kind="report")
    appeals["clue"] = await city.register(title="clue 线索", kind="clue", procedure="xx-city-2022-clues")
    appeals["waiting"] = await city.register(title="waiting 待交办")
    legs = {
        name: (await city.dispatch(appeals[name], {"unit": "roads"}, {"unit": "east", "role": "assist"}))[0]
        for name in ("late", "quick", "objected", "report")
    }
    await city.move_to("2026-11-09 10:00")
    await city.act("roads", appeals["quick"], "contacts", leg_id=legs["quick"], how="电话")
    await city.act("roads", appeals["objected"], "objections", leg_id=legs["objected"], reason="不属于本单位")
    await city.move_to("2026-11-14 09:00")  # replies were due at the end of the 12th
    card = (await city.case(appeals["late"]))["cards"][0]["card_id"]
    await on_case(city, "office", appeals["late"], "cards/served", card_id=card)
    await banks(city, "bank-a")
    await banks(city, "bank-b")
    loan = await ask(city, consent={"given_at": "2026-11-13T08:00:00+08:00", "text_version": "2026-01"})
    await report(city, "bank-b", f"{loan['registration_number']}/2", "contacted")
    await city.drained()
    return {name: {**appeal, "leg_id": legs.get(name)} for name, appeal in appeals.items()}


async def numbers(city: City, account: str, query: str = "") -> list[str]:
    """The numbers that a list of cases has."""
    return [
        row["registration_number"] for row in (await city.ok(account, "GET", f"/desks/cases{query}"))["items"]
    ]


async def test_the_list_begins_with_what_is_due_first(city: City, appeals: dict[str, Any]) -> None:
    items = (await city.ok("operator", "GET", "/desks/cases"))["items"]
    due = [item["due_at"] or "9" for item in items]
    assert due == sorted(due)
    assert len(items) == 5  # the clue is for discipline inspection and the office
    first = items[0]
    assert first["overdue"]
    assert first["title"] == "waiting 待交办"
    assert (first["deadline"], first["due_unit"]) == ("dispatch", None)


async def test_a_case_is_what_its_services_said(city: City, appeals: dict[str, Any]) -> None:
    late = appeals["late"]
    shown = await city.ok("office", "GET", f"/desks/cases/{late['registration_number']}")
    judged = await city.case(late)
    assert sorted(card["state"] for card in shown["cards"]) == ["issued", "served"]
    assert [deadline["explanation"] for deadline in shown["deadlines"]] == [
        deadline["explanation"] for deadline in judged["deadlines"]
    ]
    assert {leg["unit"]: leg["round"] for leg in shown["legs"]} == {"roads": 2, "east": 2}
    assert shown["round"] == 2
    types = [line["type"] for line in shown["lines"]]
    assert types[0] == "appeal.received.v1"
    assert "card.issued.v1" in types
    assert "notice.sent.v1" in types
    assert "示例制造有限公司" not in str(shown["lines"])


async def test_the_state_and_the_due_moment_are_those_of_intake_and_escalation(
    city: City, appeals: dict[str, Any]
) -> None:
    for name, appeal in appeals.items():
        if name == "clue":
            continue
        row = await city.ok("office", "GET", f"/desks/cases/{appeal['appeal_id']}")
        assert (
            row["state"]
            == (await city.ok("office", "GET", f"/intake/appeals/{appeal['appeal_id']}"))["state"]
        )
        unmet = [
            d
            for d in (await city.case(appeal))["deadlines"]
            if d["met_at"] is None and d["verdict"] in ("open", "overdue")
        ]
        newest = {d["leg_id"]: max(o["round"] for o in unmet if o["leg_id"] == d["leg_id"]) for d in unmet}
        due = [d["due_at"] for d in unmet if d["due_at"] and d["round"] == newest[d["leg_id"]]]
        assert _moment(row["due_at"]) == min(map(_moment, due))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_a_unit_has_its_legs_by_remaining_working_time(city: City, appeals: dict[str, Any]) -> None:
    answer = await city.ok("roads", "GET", "/desks/legs?count=true")
    legs = answer["items"]
    assert {leg["unit"] for leg in legs} == {"roads"}
    assert answer["count"] == {"value": len(legs), "more": False}
    minutes = [leg["remaining_minutes"] for leg in legs]
    assert minutes == sorted(minutes)
    late = next(leg for leg in legs if leg["title"].startswith("late"))
    assert late["round"] == 2


async def test_legs_are_filtered_and_units_named_in_chinese(city: City, appeals: dict[str, Any]) -> None:
    everything = (await city.ok("office", "GET", "/desks/legs?unit=roads"))["items"]
    assert (await city.ok("office", "GET", "/desks/legs?unit=市交通局"))["items"] == everything
    late = (await city.ok("office", "GET", "/desks/legs?unit=roads&overdue=true"))["items"]
    assert late == [leg for leg in everything if leg["overdue"]]
    refused(await city.call("office", "GET", "/desks/legs?unit=市火星局"), 422, "unit")
    assert (await city.ok("water", "GET", "/desks/legs"))["items"] == []
    own = (await city.ok("roads", "GET", "/desks/legs?unit=east"))["items"]
    assert [leg["leg_id"] for leg in own] == [leg["leg_id"] for leg in everything]


async def test_pages_of_legs_add_up(city: City, appeals: dict[str, Any]) -> None:
    whole = (await city.ok("office", "GET", "/desks/legs"))["items"]
    paged, cursor = [], ""
    while True:
        page = await city.ok("office", "GET", f"/desks/legs?limit=2{cursor}")
        paged += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert paged == whole
    assert len(whole) > 4


async def test_what_waits_for_a_word_is_listed(city: City, appeals: dict[str, Any]) -> None:
    (item,) = (await city.ok("office", "GET", "/desks/waiting?kind=派单异议"))["items"]
    assert item["registration_number"] == appeals["objected"]["registration_number"]
    assert (item["unit"], item["subject"]) == ("roads", appeals["objected"]["leg_id"])
    assert (await city.ok("roads", "GET", "/desks/waiting"))["items"] == [item]
    assert (await city.ok("water", "GET", "/desks/waiting"))["items"] == []


async def test_a_unit_finds_its_own_cases_and_not_who_reports(city: City, appeals: dict[str, Any]) -> None:
    own = await numbers(city, "roads")
    assert set(own) == {
        appeals[name]["registration_number"] for name in ("late", "quick", "objected", "report")
    }
    assert await numbers(city, "water") == []
    report_number = appeals["report"]["registration_number"]
    assert report_number in await numbers(city, "office", "?q=违规收费")
    assert report_number not in await numbers(city, "roads", "?enterprise=示例制造")
    assert report_number not in await numbers(city, "roads", "?q=示例制造")
    (shown,) = (await city.ok("roads", "GET", "/desks/cases?q=违规收费"))["items"]
    assert (shown["registration_number"], shown["enterprise"]) == (report_number, None)
    case = await city.ok("roads", "GET", f"/desks/cases/{report_number}")
    assert case["enterprise"] is None
    assert "示例制造" not in str(case)
    listed = (await city.ok("roads", "GET", "/desks/legs"))["items"]
    assert {leg["enterprise"] for leg in listed if leg["kind"] == "report"} == {None}
    refused(await city.call("water", "GET", f"/desks/cases/{report_number}"), 403)


async def test_a_confidential_case_is_nowhere_but_for_those_whom_its_pack_names(
    city: City, appeals: dict[str, Any]
) -> None:
    clue = appeals["clue"]["registration_number"]
    assert clue not in await numbers(city, "operator")
    assert clue in await numbers(city, "office")
    assert await numbers(city, "inspection") == [clue]
    refused(await city.call("operator", "GET", f"/desks/cases/{clue}"), 404)
    assert (await city.ok("operator", "GET", "/desks/cases?q=线索"))["items"] == []


async def test_every_service_takes_the_number_where_it_takes_the_id(
    city: City, appeals: dict[str, Any]
) -> None:
    id_, number = appeals["late"]["appeal_id"], appeals["late"]["registration_number"]
    for path in (
        "/intake/appeals/{}",
        "/dispatch/appeals/{}",
        "/escalation/appeals/{}",
        "/notify/appeals/{}/messages",
        "/notify/appeals/{}/timeline",
        "/desks/cases/{}",
    ):
        assert await city.ok("office", "GET", path.format(number)) == await city.ok(
            "office", "GET", path.format(id_)
        )
        refused(await city.call("office", "GET", path.format("BZ-20261109-99999")), 404)
        refused(await city.call("office", "GET", path.format("BZ-2026")), 422, "path.appeal_id")
    followers = await city.ok("office", "GET", f"/intake/appeals?lead={id_}")
    assert await city.ok("office", "GET", f"/intake/appeals?lead={number}") == followers
    assert (await city.ok("office", "GET", "/intake/appeals?lead=BZ-20261109-99999"))["items"] == []
    refused(await city.call("office", "GET", "/intake/appeals?lead=BZ-2026"), 422, "query.lead")
    for service in ("intake", "dispatch"):
        authors = await city.ok("auditor", "GET", f"/{service}/authors/{id_}")
        assert await city.ok("auditor", "GET", f"/{service}/authors/{number}") == authors
        refused(await city.call("auditor", "GET", f"/{service}/authors/BZ-20261109-99999"), 404)
    body = {"marks": ["inherited"], "reason": "改制前遗留"}
    path = f"/dispatch/appeals/{appeals['quick']['registration_number']}/marks"
    assert (await city.ok("office", "POST", path, body))["appeal_id"] == appeals["quick"]["appeal_id"]
    await city.drained()
    assert appeals["quick"]["registration_number"] in await numbers(city, "office", "?mark=历史遗留")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?banana=1", "query.banana"),
        ("?state=lost", "query.state"),
        ("?q=路", "q"),
        ("?q=！", "q"),
        ("?phone_tail=12", "query.phone_tail"),
        ("?received_from=2026-11-10&received_to=2026-11-09", "received_to"),
        ("?received_from=yesterday", "query.received_from"),
        ("?received_to=9999-12-31", "query.received_to"),
        ("?received_from=0001-01-01", "query.received_from"),
        ("?due_before=2026-11-10", "query.due_before"),
        ("?sort=name", "query.sort"),
        ("?cursor=xyz", "cursor"),
        ("?cursor=WyJkdWUiLCJsYXRlciIsIngiXQ==", "cursor"),  # ["due","later","x"]
        (
            "?cursor=WyJyZWNlaXZlZCIsICJpbmZpbml0eSIsICIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDAiXQ==",
            "cursor",
        ),
        ("?unit=市火星局", "unit"),
        ("?locality=火星区", "locality"),
    ],
)
async def test_what_cannot_be_searched_is_refused_by_name(city: City, query: str, field: str) -> None:
    refused(await city.call("office", "GET", f"/desks/cases{query}"), 422, field)


async def test_an_unknown_parameter_is_answered_with_the_nearest_one(city: City) -> None:
    problem = refused(await city.call("office", "GET", "/desks/cases?phonetail=1234"), 422)
    (error,) = problem["errors"]
    assert "是否指 phone_tail" in error["zh"]
    assert "did you mean phone_tail?" in error["en"]


async def test_texts_cannot_be_searched_while_nobody_is_named_who_does(
    city: City, appeals: dict[str, Any]
) -> None:
    refused(await city.call("office", "GET", "/desks/cases?text=货车"), 422, "text")
    answer = await city.ok("office", "GET", "/desks/cases?q=道路破损")
    assert answer["incomplete"]
    assert len(answer["items"]) == 3


async def every_event(urls: dict[str, str]) -> list[Event]:
    """Every event of every service."""
    return [
        event
        for service in SERVICES
        async for events in read_events(service, urls[service])
        for event in events
    ]


async def stored(context: ServiceContext) -> dict[str, str]:
    """A digest of every table of the read model."""
    async with context.engine.connect() as conn:
        return {table: (await conn.execute(sa.text(DIGEST.format(table)))).scalar_one() for table in OWN}


@pytest.fixture
async def other(city: City, postgres: EmbeddedPostgres) -> AsyncIterator[ServiceContext]:
    """Another desks service, on an empty database."""
    await postgres.ensure(("desks_again",))
    settings = settings_for(
        DESKS, {"database": postgres.dsn("desks_again", "desks_again"), "clock": "driven"}
    )
    engine = migration_engine(settings.database)
    async with engine.begin() as conn:
        await conn.execute(sa.text("drop schema public cascade"))
        await conn.execute(sa.text("create schema public"))
    await migrate(engine, DESKS.migrations)
    await engine.dispose()
    context = ServiceContext(DESKS, settings)
    yield context
    await context.engine.dispose()


@pytest.mark.parametrize("seed", range(4))
async def test_events_redelivered_in_any_order_give_equal_rows(
    city: City, appeals: dict[str, Any], other: ServiceContext, postgres: EmbeddedPostgres, seed: int
) -> None:
    await city.drained()
    chance = random.Random(seed)
    events = [event for event in await every_event(urls_of(postgres)) if type(event) in DESKS.handlers]
    assert len({type(event) for event in events}) > 15
    events += chance.sample(events, len(events) // 2)
    chance.shuffle(events)
    while events:
        batch = [events.pop() for _ in range(min(len(events), chance.randint(1, 20)))]
        async with other.engine.begin() as conn:
            work = other.work(conn, EPOCH)
            await work.load({key for event in batch for key in work.keys_of(event)})
            for event in batch:
                DESKS.handlers[type(event)](work, event)
            await work.flush()
    assert await stored(other) == await stored(city.services["desks"])


async def test_the_read_model_has_loans_and_bank_legs(city: City, appeals: dict[str, Any]) -> None:
    async with city.services["desks"].engine.connect() as conn:
        loans = (await conn.execute(sa.text("select * from loans"))).all()
        legs = (await conn.execute(sa.text("select * from bank_legs"))).all()
    assert [loan.state for loan in loans]
    assert ("bank-b", "contacted") in {(leg.bank, leg.state) for leg in legs}
    assert all(leg.due_at is not None for leg in legs)
