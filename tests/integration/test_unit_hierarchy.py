"""A unit reads the cases of the units below it, and acts on its own legs alone."""

from typing import Any

import pytest

from tests.city import ALL, City, refused

pytestmark = pytest.mark.services(*ALL)
BELOW = {"name": "市交通局养护中心", "kind": "department", "parent": "roads"}


@pytest.fixture(scope="module")
async def appeal(city: City) -> dict[str, Any]:
    """An appeal that a unit below a unit below roads has."""
    await city.ok("office", "PUT", "/dispatch/units/upkeep", BELOW)
    crew = {"name": "养护一队", "kind": "department", "parent": "upkeep"}
    await city.ok("office", "PUT", "/dispatch/units/crew", crew)
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal, {"unit": "crew"})
    await city.drained()
    return {**appeal, "leg_id": leg}


@pytest.mark.parametrize("account", ["roads", "roads-handler", "roads-head"])
async def test_a_unit_reads_what_those_below_it_have(
    city: City, appeal: dict[str, Any], account: str
) -> None:
    for list_ in (
        "/desks/cases",
        "/desks/cases?unit=crew",
        "/dispatch/appeals",
        "/dispatch/appeals?unit=crew",
    ):
        items = (await city.ok(account, "GET", list_))["items"]
        assert appeal["appeal_id"] in {item["appeal_id"] for item in items}, list_
    legs = (await city.ok(account, "GET", "/desks/legs?unit=crew"))["items"]
    assert appeal["leg_id"] in {leg["leg_id"] for leg in legs}
    for path in ("desks/cases", "dispatch/appeals"):
        await city.ok(account, "GET", f"/{path}/{appeal['appeal_id']}")


async def test_a_unit_beside_it_or_elsewhere_reads_nothing(city: City, appeal: dict[str, Any]) -> None:
    for list_ in (
        "/desks/cases",
        "/desks/cases?unit=crew",
        "/dispatch/appeals?unit=crew",
        "/desks/legs?unit=crew",
    ):
        assert (await city.ok("water", "GET", list_))["items"] == []
    for path in ("desks/cases", "dispatch/appeals"):
        refused(await city.call("water", "GET", f"/{path}/{appeal['appeal_id']}"), 403)


async def test_the_unit_above_does_nothing_to_the_leg(city: City, appeal: dict[str, Any]) -> None:
    path = f"/dispatch/appeals/{appeal['appeal_id']}/replies"
    refused(await city.call("roads-head", "POST", path, {"leg_id": appeal["leg_id"], "text": "已回复"}), 403)
