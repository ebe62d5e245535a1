"""Merging over HTTP on a real database: two clerks, or two processes, at once, and what staff then see."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.intake.app import SERVICE as INTAKE
from shared.database.migrations import migration_engine
from tests.city import City, refused
from tests.replicas import second_process, waiting_for_a_lock

REASON = {"reason": "同一路段"}
PACK_SETTINGS = """
xuancheng-2024-approval:
  - version: 3
    decided: for this test
    limits:
      promised: {number: 5, unit: working_days}
      extension_cap: {number: 10, unit: working_days}
"""


@pytest.fixture(scope="module")
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[City]:
    """Intake alone, with one procedure, on Monday 2026-11-09 at 09:00."""
    file = tmp_path_factory.mktemp("settings") / "settings.yaml"
    file.write_text(PACK_SETTINGS, "utf-8")
    settings: dict[str, Any] = {"procedures": ("xuancheng-2024-approval",), "pack_settings": file}
    async with City(postgres, broker, services=(INTAKE,), **settings) as city:
        city.set_clocks("2026-11-09 09:00")
        yield city


@pytest.fixture(scope="module")
async def second(city: City) -> AsyncIterator[httpx.AsyncClient]:
    """The office's client of a second process of intake."""
    async with second_process(city, INTAKE, "office") as client:
        yield client


async def appeals(city: City, number: int) -> list[dict[str, Any]]:
    return list(await asyncio.gather(*(city.register() for _ in range(number))))


def path(appeal: dict[str, Any], rest: str = "") -> str:
    return f"/intake/appeals/{appeal['appeal_id']}{rest}"


async def read(city: City, appeal: dict[str, Any]) -> Any:
    return await city.ok("office", "GET", path(appeal))


async def merge(
    city: City, appeal: dict[str, Any], lead: dict[str, Any], version: int | None = None
) -> httpx.Response:
    version = version or (await read(city, appeal))["version"]
    body = {"lead": lead["registration_number"], **REASON}
    return await city.call("office", "POST", path(appeal, "/merges"), body, if_match=f'"{version}"')


async def unmerge(city: City, appeal: dict[str, Any]) -> httpx.Response:
    version = (await read(city, appeal))["version"]
    return await city.call("office", "POST", path(appeal, "/unmerges"), REASON, if_match=f'"{version}"')


async def test_a_merged_appeal_is_seen_on_both_sides_and_keeps_its_number(city: City) -> None:
    appeal, lead, third = await appeals(city, 3)
    assert (await merge(city, appeal, lead)).is_success
    assert (await merge(city, third, lead)).is_success
    document = await read(city, appeal)
    assert document["registration_number"] == appeal["registration_number"]
    assert document["merged"]["lead"] == lead["appeal_id"]
    assert (document["merged"]["lead_number"], document["merged"]["reason"]) == (
        lead["registration_number"],
        REASON["reason"],
    )
    followers = (await read(city, lead))["followers"]
    assert [follower["registration_number"] for follower in followers] == sorted(
        item["registration_number"] for item in (appeal, third)
    )
    listed = await city.ok("office", "GET", f"/intake/appeals?lead={lead['appeal_id']}")
    assert [item["appeal_id"] for item in listed["items"]] == [item["appeal_id"] for item in followers]
    assert (await read(city, third))["followers"] == []


async def test_a_lead_may_be_named_by_its_id_and_must_be_there(city: City) -> None:
    appeal, lead = await appeals(city, 2)
    for unknown in ("BZ-20261109-99999", str(uuid4())):
        answer = await city.call(
            "office", "POST", path(appeal, "/merges"), {"lead": unknown, **REASON}, if_match='"1"'
        )
        refused(answer, 404, "lead")
    body = {"lead": lead["appeal_id"].upper(), **REASON}
    refused(await city.call("office", "POST", path(appeal, "/merges"), body), 428, "If-Match")
    assert (await city.call("office", "POST", path(appeal, "/merges"), body, if_match='"1"')).is_success
    refused(
        await city.call("office", "POST", path({"appeal_id": uuid4()}, "/merges"), body), 404, "appeal_id"
    )


async def test_what_may_not_be_merged_is_refused_with_the_reason(city: City) -> None:
    appeal, lead, third = await appeals(city, 3)
    refused(await merge(city, appeal, appeal), 409, "lead")
    assert (await merge(city, appeal, lead)).is_success
    assert lead["registration_number"] in refused(await merge(city, third, appeal), 409, "lead")["detail"]
    refused(await merge(city, lead, third), 409)
    refused(await unmerge(city, third), 409)
    promised = await city.register(procedure="xuancheng-2024-approval")
    refused(await merge(city, promised, third), 409, "lead")
    assert (await unmerge(city, appeal)).is_success
    assert (await merge(city, lead, third)).is_success


async def test_the_enterprise_is_told_that_it_is_handled_with_others_until_the_lead_ends(city: City) -> None:
    appeal, lead = await appeals(city, 2)
    assert not (await city.status(appeal))["handled_together"]
    assert (await merge(city, appeal, lead)).is_success
    shown = await city.status(appeal)
    assert shown["handled_together"]
    assert "与同类诉求一并办理" in [entry["zh"] for entry in shown["timeline"]]
    assert lead["registration_number"] not in str(shown)
    assert appeal["registration_number"] not in str(await city.status(lead))

    withdrawals = f"/intake/status/{lead['registration_number']}/withdrawals"
    await city.ok(None, "POST", withdrawals, {"reason": "已解决"}, receipt_code=lead["receipt_code"])
    assert not (await city.status(appeal))["handled_together"]
    document = await read(city, appeal)
    assert (document["lead_ended"], document["state"]) == (True, "registered")
    listed = await city.ok("office", "GET", "/intake/appeals?lead_ended=true")
    assert [item["appeal_id"] for item in listed["items"]] == [appeal["appeal_id"]]

    (third,) = await appeals(city, 1)
    assert (await merge(city, appeal, third)).is_success
    assert (await city.ok("office", "GET", "/intake/appeals?lead_ended=true"))["items"] == []
    assert (await read(city, lead))["leads"] == 0
    merges = await city.published("intake", "appeal.merged.v1")
    assert [merge["lead"] for merge in merges if merge["appeal_id"] == appeal["appeal_id"]] == [
        lead["appeal_id"],
        third["appeal_id"],
    ]


async def test_of_two_clerks_with_one_version_one_merges(city: City) -> None:
    for _ in range(5):
        appeal, lead, third = await appeals(city, 3)
        answers = await asyncio.gather(merge(city, appeal, lead, 1), merge(city, appeal, third, 1))
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        counts = [(await read(city, named))["leads"] for named in (lead, third)]
        assert sorted(counts) == [0, 1]


async def test_of_two_that_merge_each_other_at_once_one_wins(city: City, second: httpx.AsyncClient) -> None:
    for _ in range(10):
        appeal, lead = await appeals(city, 2)
        body = {"lead": appeal["registration_number"], **REASON}
        merge_there = second.post(
            f"/appeals/{lead['appeal_id']}/merges", json=body, headers={"if-match": '"1"'}
        )
        answers = await asyncio.gather(merge(city, appeal, lead, 1), merge_there)
        assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_nobody_becomes_a_lead_while_it_is_merged_elsewhere(
    city: City, second: httpx.AsyncClient
) -> None:
    for _ in range(10):
        appeal, lead, third = await appeals(city, 3)
        body = {"lead": third["registration_number"], **REASON}
        merge_there = second.post(
            f"/appeals/{lead['appeal_id']}/merges", json=body, headers={"if-match": '"1"'}
        )
        answers = await asyncio.gather(merge(city, appeal, lead, 1), merge_there)
        assert Counter(answer.is_success for answer in answers) == {True: 1, False: 1}
        document = await read(city, lead)
        assert not (document["merged"] and document["leads"])


async def test_leads_and_followers_agree_after_many_merged_at_once_in_two_processes(
    city: City, second: httpx.AsyncClient
) -> None:
    eight = await appeals(city, 8)
    rng = random.Random(20261109)

    async def merge_there(appeal: dict[str, Any], lead: dict[str, Any]) -> httpx.Response:
        version = (await second.get(f"/appeals/{appeal['appeal_id']}")).headers["etag"]
        body = {"lead": lead["registration_number"], **REASON}
        return await second.post(
            f"/appeals/{appeal['appeal_id']}/merges", json=body, headers={"if-match": version}
        )

    statuses = Counter[int]()
    for _ in range(8):
        pairs = [rng.sample(eight, 2) for _ in range(12)]
        here = [merge(city, appeal, lead) for appeal, lead in pairs[:6]]
        elsewhere = [merge_there(appeal, lead) for appeal, lead in pairs[6:]]
        statuses.update(answer.status_code for answer in await asyncio.gather(*here, *elsewhere))
        await asyncio.gather(*(unmerge(city, appeal) for appeal in rng.sample(eight, 3)))
    assert statuses.keys() <= {200, 409, 412}, statuses
    assert statuses[200] > 8
    documents = [await read(city, appeal) for appeal in eight]
    counted = Counter(document["merged"]["lead"] for document in documents if document["merged"])
    assert counted
    for document in documents:
        assert document["leads"] == len(document["followers"]) == counted[document["appeal_id"]]
        assert not (document["merged"] and document["leads"])


async def test_cases_are_locked_in_the_order_of_their_ids(city: City) -> None:
    engine = migration_engine(city.postgres.dsn("intake", "intake"))
    lock = "select 1 from appeals where appeal_id = cast(:id as uuid) for update"
    for _ in range(6):
        lower, higher = sorted(await appeals(city, 2), key=lambda appeal: str(appeal["appeal_id"]))
        async with engine.begin() as conn:
            await conn.execute(sa.text(lock), {"id": lower["appeal_id"]})
            merging = asyncio.create_task(merge(city, higher, lower, 1))
            await waiting_for_a_lock(city.services["intake"])
            await conn.execute(sa.text(f"{lock} nowait"), {"id": higher["appeal_id"]})
        assert (await merging).is_success
    await engine.dispose()


async def test_one_registers_under_a_procedure_of_the_city_with_its_own_numbers(city: City) -> None:
    usual, approval = (await city.ok(None, "GET", "/intake/procedures"))["items"]
    assert (usual["id"], usual["usual"]) == ("bozhou-2024", True)
    assert (approval["id"], approval["usual"]) == ("xuancheng-2024-approval", False)
    assert approval["pack"] == "xuancheng-2024-approval@3.3"
    assert approval["title"]["zh"]
    assert approval["title"]["en"]
    assert approval["source"]["title"]

    document = await read(city, await city.register(procedure=approval["id"]))
    assert document["pack"] == approval["pack"]
    assert document["registration_number"].startswith("XCAPP-20261109-")
    for body in ({}, {"procedure": None}, {"procedure": "bozhou-2024"}):
        assert (await read(city, await city.register(**body)))["pack"] == usual["pack"]


async def test_an_unknown_procedure_is_refused_and_those_there_are_named(city: City) -> None:
    body = {"channel": "web", "kind": "help", "title": "t", "text": "t", "enterprise": {"name": "甲"}}
    for name in ("xx-city-2022-award", "nothing"):
        answer = await city.call(None, "POST", "/intake/appeals", {**body, "procedure": name})
        assert "xuancheng-2024-approval" in refused(answer, 422, "procedure")["detail"]
    refused(
        await city.call(None, "POST", "/intake/appeals", {**body, "procedure": "../x.yaml"}), 422, "procedure"
    )


def past(source_id: str, act: str, minute: int, **more: Any) -> dict[str, Any]:
    return {
        "act": act,
        "source_id": source_id,
        "occurred_at": f"2026-11-10T09:{minute:02}:00+08:00",
        **more,
    }


def registered(source_id: str, **more: Any) -> dict[str, Any]:
    body = {"channel": "web", "kind": "help", "title": "t", "text": "t", "enterprise": {"name": "甲"}}
    return past(source_id, "register", 0, **body, **more)


async def load_samples(city: City, *items: dict[str, Any]) -> httpx.Response:
    return await city.call("importer", "POST", "/intake/import", {"source": "old", "items": list(items)})


async def test_past_mergings_and_calls_are_brought_in(city: City) -> None:
    answer = await load_samples(
        city,
        registered("a"),
        registered("b"),
        registered("c"),
        past("a", "merge", 1, lead="b", **REASON),
        past("a", "merge", 2, lead="c", **REASON),
        past("b", "merge", 3, lead="c", **REASON),
        past("b", "follow_up", 4, reached=True, rating="satisfied"),
    )
    assert answer.is_success, answer.text
    appeal, lead, third = answer.json()["items"][:3]
    assert [follower["registration_number"] for follower in (await read(city, third))["followers"]] == sorted(
        item["registration_number"] for item in (appeal, lead)
    )
    assert (await read(city, lead))["rating"]["rating"] == "satisfied"
    later = await load_samples(city, past("a", "unmerge", 5, **REASON))
    assert later.is_success, later.text
    assert [(await read(city, item))["leads"] for item in (lead, third)] == [0, 1]
    again = await load_samples(city, past("a", "merge", 6, lead="c", **REASON))
    assert again.is_success, again.text


async def test_a_past_merging_with_nobody_names_its_item(city: City) -> None:
    answer = await load_samples(city, registered("x"), past("x", "merge", 1, lead="nobody", **REASON))
    refused(answer, 404, "items.1.lead")
    refused(await load_samples(city, registered("x"), past("x", "unmerge", 1, **REASON)), 409, "items.1")


@pytest.mark.parametrize(
    ("ref", "known"),
    [
        ("xuancheng-2024-approval@1.3", "xuancheng-2024-approval@1.3"),
        ("xuancheng-2024-approval", "xuancheng-2024-approval@3.3"),
        ("bowu-2022@1", "bowu-2022@1"),
        ("xuancheng-2024-approval@1.2", None),
        ("xuancheng-2024-approval@2.3", "xuancheng-2024-approval@2.3"),
        ("xuancheng-2024", "xuancheng-2024@3"),
        ("xuancheng-2024@2", None),
        ("bozhou-2024@9.9", None),
    ],
)
async def test_a_past_appeal_names_its_pack_with_the_version_of_its_settings(
    city: City, ref: str, known: str | None
) -> None:
    answer = await load_samples(city, registered(f"under {ref}", pack=ref))
    if known is None:
        refused(answer, 422, "items.0.pack")
    else:
        assert (await read(city, answer.json()["items"][0]))["pack"] == known
