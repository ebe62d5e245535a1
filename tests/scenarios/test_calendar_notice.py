"""A year's holiday notice comes out while appeals are open: dates move, and nobody becomes late by news."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import City, refused
from tests.notices import NOTICE_2027
from tests.scenarios.test_verify import verify


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Completion within three working days of dispatch."""
    async with City(postgres, broker, pack="bowu-2022") as city:
        yield city


async def completion(city: City, appeal: dict[str, Any]) -> dict[str, Any]:
    deadlines = (await city.case(appeal))["deadlines"]
    (deadline,) = [d for d in deadlines if d["deadline"] == "completion"]
    return dict(deadline)


async def dispatched(city: City, at: str) -> dict[str, Any]:
    await city.move_to(at)
    appeal = await city.register()
    await city.dispatch(appeal)
    await city.drained()
    return appeal


async def load(city: City, notice: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = await city.ok("ops", "PUT", f"/escalation/calendar/{notice['year']}", notice)
    await city.drained()
    return answer


async def test_an_open_provisional_deadline_moves_and_both_dates_are_said(city: City) -> None:
    await city.move_to("2026-12-29 09:00")
    await city.directory()
    # Tuesday; the year without notice: the 30th, the 31st, Monday 2027-01-04 until 17:30
    appeal = await dispatched(city, "2026-12-29 10:00")
    before = await completion(city, appeal)
    assert before["due_at"] == "2027-01-04T17:30:00+08:00"
    assert before["provisional"]
    assert "2027" in before["explanation"]["zh"]

    await city.move_to("2026-12-29 16:00")
    answer = await load(city, NOTICE_2027)
    assert answer["cases"] == 1
    assert answer["version"].endswith("+2027:国办发明电〔2026〕7号")
    # the 31st is off: the 30th, Monday 2027-01-04, Tuesday the 5th
    after = await completion(city, appeal)
    assert (after["due_at"], after["provisional"]) == ("2027-01-05T17:30:00+08:00", False)
    assert answer["version"] in after["explanation"]["zh"]
    assert "元旦" in after["explanation"]["zh"]
    (moved,) = await city.published("escalation", "deadline.moved.v1")
    assert (moved["was_due_at"], moved["due_at"]) == ("2027-01-04T09:30:00Z", "2027-01-05T09:30:00Z")
    assert moved["calendar"] == answer["version"]
    (move,) = (await city.case(appeal))["moves"]
    assert (move["was_due_at"], move["due_at"]) == ("2027-01-04T17:30:00+08:00", "2027-01-05T17:30:00+08:00")

    await city.move_to("2027-01-04 18:00")
    assert (await completion(city, appeal))["verdict"] == "open"
    await city.move_to("2027-01-05 18:00")
    assert (await completion(city, appeal))["verdict"] == "overdue"
    assert (await verify(city)).differences == []


async def test_what_was_judged_before_the_notice_stays_as_it_was(city: City) -> None:
    await city.move_to("2026-12-28 08:00")
    await city.directory()
    early = await dispatched(city, "2026-12-28 10:00")  # Monday: due on Thursday the 31st
    late = await dispatched(city, "2026-12-31 10:00")
    await city.move_to("2027-01-04 09:00")  # late: the 1st is off; the 4th, 5th, 6th
    assert (await completion(city, early))["verdict"] == "overdue"
    overdue = await completion(city, early)
    await load(city, NOTICE_2027)
    assert await completion(city, early) == overdue
    assert (await completion(city, late))["due_at"] == "2027-01-06T17:30:00+08:00"
    assert await city.published("escalation", "deadline.moved.v1") == []
    assert not (await completion(city, late))["provisional"]
    assert (await verify(city)).differences == []


async def test_a_notice_with_a_mistake_is_refused_by_its_field_and_changes_nothing(city: City) -> None:
    await city.move_to("2026-12-29 09:00")
    before = await city.ok("ops", "GET", "/escalation/calendars")
    for change, field in (
        ({"off": {**NOTICE_2027["off"], "2027-13-01": "元旦"}}, "off.2027-13-01"),
        ({"work": ["2027-02-22"]}, "work.0"),
        ({"off": {"2027-01-01": "元旦"}}, "off"),
        ({"colour": "red"}, "colour"),
        ({"year": "soon"}, "year"),
        ({"year": 2028}, "off.2026-12-31"),
    ):
        answer = await city.call("ops", "PUT", "/escalation/calendar/2027", {**NOTICE_2027, **change})
        refused(answer, 422, field)
    refused(await city.call("ops", "PUT", "/escalation/calendar/2028", NOTICE_2027), 422, "year")
    refused(await city.call("ops", "PUT", "/escalation/calendar/1999", NOTICE_2027), 422)
    refused(await city.call("roads", "PUT", "/escalation/calendar/2027", NOTICE_2027), 403)
    assert await city.ok("ops", "GET", "/escalation/calendars") == before


async def test_a_notice_loaded_twice_is_known_once_and_outlasts_a_restart(
    city: City,
) -> None:
    first = await load(city, NOTICE_2027)
    assert (await load(city, NOTICE_2027))["version"] == first["version"]
    corrected = {**NOTICE_2027, "off": {**NOTICE_2027["off"], "2027-10-04": "国庆节"}}
    second = await load(city, corrected)
    items = (await city.ok("ops", "GET", "/escalation/calendars"))["items"]
    assert [item["version"] for item in items[1:]] == [first["version"], second["version"]]

    escalation = city.services["escalation"]
    await escalation.start()  # the packaged calendar still knows no 2027
    assert (await city.ok("ops", "GET", "/escalation/calendars"))["items"] == items
