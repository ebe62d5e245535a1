"""The red and black list, the levels a case goes through, and the leaders' directory."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import City, refused

RULES = Path(__file__).parent.parent / "unit" / "escalation" / "rules.yaml"
LIST = "/escalation/publications"


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Completion in three working days, else publication is proposed and the case goes up the levels."""
    async with City(postgres, broker, pack=str(RULES)) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


async def on_case(city: City, account: str, appeal: dict[str, Any], path: str, **body: Any) -> Any:
    version = (await city.case(appeal))["version"]
    path = f"/escalation/appeals/{appeal['appeal_id']}/{path}"
    return await city.call(account, "POST", path, body, if_match=f'"{version}"')


async def shown(city: City, account: str | None) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await city.ok(account, "GET", LIST))["items"]
    return items


async def test_a_publication_is_shown_to_all_after_review_and_until_its_day(city: City) -> None:
    appeal = await city.register()
    await city.dispatch(appeal)  # Monday: due on Thursday the 12th at 17:30
    await city.move_to("2026-11-12 17:31")
    (publication,) = (await city.case(appeal))["publications"]
    id_ = publication["publication_id"]
    assert await shown(city, None) == []
    (seen,) = await shown(city, "roads")
    assert (seen["unit_name"], seen["registration_number"]) == ("市交通局", appeal["registration_number"])
    assert await shown(city, "water") == []

    decide = {"publication_id": id_, "published": True, "expires_on": "2026-12-01", "reason": "属实"}
    refused(await on_case(city, "office", appeal, "publication-decisions", **decide), 409, "heard")
    answer = {"publication_id": id_, "text": "配件缺货"}
    refused(await on_case(city, "water", appeal, "publication-answers", **answer), 403)
    assert (await on_case(city, "roads", appeal, "publication-answers", **answer)).is_success
    path = f"/escalation/appeals/{appeal['appeal_id']}/publication-decisions"
    refused(await city.call("office", "POST", path, decide), 428, "If-Match")
    refused(await city.call("office", "POST", path, decide, if_match='"1"'), 412, "If-Match")
    assert (await on_case(city, "office", appeal, "publication-decisions", **decide)).is_success

    for account in (None, "importer"):
        (seen,) = await shown(city, account)
        assert (seen["unit_name"], seen["answer"], seen["expires_on"]) == (
            "市交通局",
            "配件缺货",
            "2026-12-01",
        )
        assert not {"registration_number", "appeal_id", "leg_id"} & seen.keys()
    await city.move_to("2026-12-01 23:59")
    assert len(await shown(city, None)) == 1
    await city.move_to("2026-12-02 00:00")
    assert await shown(city, None) == []
    assert len(await shown(city, "office")) == 1
    decisions = await city.published("escalation", "publication.decided.v1")
    assert [(decision["unit"], decision["published"]) for decision in decisions] == [("roads", True)]


async def test_each_level_has_its_leader_and_the_ledger_its_notices(city: City) -> None:
    await city.move_to("2026-12-07 09:00")  # a Monday
    appeal = await city.register()
    await city.dispatch(appeal, {"unit": "east"})
    await city.move_to("2026-12-10 17:31")
    case = await city.case(appeal)
    assert (case["lift"]["level"], case["lift"]["leader"]) == ("county", "mayor")
    limit = {"number": 1, "unit": "natural_days"}
    body = {"instruction": "限期办结", "limit": limit}
    assert (await on_case(city, "leader", appeal, "instructions", **body)).is_success
    await city.move_to("2026-12-12 00:01")  # instructed on the 10th: until the end of the 11th
    case = await city.case(appeal)
    assert [(lift["level"], lift["instruction"]) for lift in case["lifts"]] == [
        ("county", "限期办结"),
        ("city", None),
    ]
    await city.move_to("2026-12-20 00:00")
    rows = (await city.ok("office", "GET", "/escalation/ledger?unit=east"))["items"]
    (row,) = [entry for entry in rows if entry["registration_number"] == appeal["registration_number"]]
    notices = [(notice["unit"], notice["deadline"], notice["clause"]) for notice in row["notices"]]
    assert notices == [("east", "completion", "4"), (None, "lifted", "6")]
    assert [handover["to"] for handover in row["handed_over"]] == ["discipline"]


async def test_a_leader_is_overwritten_by_nobody_unseen(city: City) -> None:
    path, leader = "/escalation/leaders/vice_mayor", {"name": "李副市长", "title": "副市长"}
    first = await city.call("office", "PUT", path, leader)
    assert (first.is_success, first.headers["etag"]) == (True, '"1"')
    refused(await city.call("office", "PUT", path, leader), 428, "If-Match")
    second = await city.call("office", "PUT", path, {**leader, "title": "常务副市长"}, if_match='"1"')
    assert second.headers["etag"] == '"2"'
    refused(await city.call("office", "PUT", path, leader, if_match='"1"'), 412, "If-Match")
    (holder,) = (await city.ok("office", "GET", "/escalation/leaders"))["items"]
    assert (holder["title"], holder["version"]) == ("常务副市长", 2)


async def test_histories_hold_nothing_that_opens_an_enterprises_page(city: City) -> None:
    await city.register()
    await city.drained()
    page = await city.call("importer", "GET", "/escalation/histories?limit=500")
    assert page.json()["items"][0]["events"][0]["type"] == "appeal.received.v1"
    assert "receipt" not in page.text
