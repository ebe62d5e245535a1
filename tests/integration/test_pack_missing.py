"""A case whose rule pack is gone: what is known is still shown, and whoever acts is told what to put back."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from tests.city import City, refused

_GONE = "update appeals set file = jsonb_set(file, '{pack}', '\"bozhou-2024@7\"')"


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """A city on Monday 2026-11-09 at 09:00, with three units."""
    async with City(postgres, broker) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


async def test_a_case_whose_pack_is_gone_is_shown_and_acts_say_what_to_put_back(city: City) -> None:
    appeal = await city.register()
    await city.dispatch(appeal)
    await city.drained()
    before = await city.status(appeal)
    for service in ("intake", "dispatch"):
        async with city.services[service].engine.begin() as conn:
            await conn.execute(text(_GONE))

    shown = await city.status(appeal)
    assert shown["pack"] == "bozhou-2024@7"
    assert (shown["timeline"], shown["legs"]) == (before["timeline"], before["legs"])
    staff = await city.ok("office", "GET", f"/intake/appeals/{appeal['appeal_id']}")
    assert [line["zh"] for line in staff["timeline"]] == ["已登记", "已交办"]

    code = {"Receipt-Code": appeal["receipt_code"]}
    path = f"/intake/status/{appeal['registration_number']}/withdrawals"
    finding = {"reasonable": True, "by": "营商环境办", "reason": "属实"}
    findings = f"/dispatch/appeals/{appeal['appeal_id']}/findings"
    for answer in (
        await city.call(None, "POST", path, {"reason": "已解决"}, **code),
        await city.call("office", "POST", findings, finding, **{"If-Match": '"2"'}),
    ):
        problem = refused(answer, 503)
        assert problem["code"] == "pack_missing"
        assert "规则包 bozhou-2024@7 不在本系统：请运维放回该版本" in problem["detail"]
        assert "put back that version of it, or of its settings" in problem["detail"]
