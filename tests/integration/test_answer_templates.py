"""Answer templates over HTTP: the city's are for all, a unit's for itself, and both are filled for a case."""

from typing import Any

from tests.city import City, refused

BASE = "/dispatch/answer-templates"


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"title": "已勘查", "text": text, **more}


async def codes(city: City, account: str, query: str = "limit=500") -> list[tuple[str, str | None]]:
    items = (await city.ok(account, "GET", f"{BASE}?{query}"))["items"]
    return [(item["code"], item["unit"]) for item in items if item["code"].startswith("t-")]


async def test_the_office_writes_for_all_and_a_unit_for_itself(city: City) -> None:
    await city.ok("office", "PUT", f"{BASE}/t-site", body("{enterprise}：已现场勘查。", act="reply"))
    await city.ok("roads", "PUT", f"{BASE}/t-site", body("{unit}{today}已勘查 {number}。"))
    await city.ok("roads", "PUT", f"{BASE}/t-own", body("路面", act="complete"))
    assert await codes(city, "roads") == [("t-own", "roads"), ("t-site", None), ("t-site", "roads")]
    assert await codes(city, "water") == [("t-site", None)]
    assert await codes(city, "water", "unit=roads&limit=500") == [("t-site", None)]
    assert await codes(city, "office", "unit=roads&limit=500") == await codes(city, "roads")
    assert await codes(city, "roads", "act=reply&limit=500") == [("t-site", None), ("t-site", "roads")]
    walked, cursor = [], ""
    while True:
        page = await city.ok("roads", "GET", f"{BASE}?limit=1{cursor}")
        walked += [(item["code"], item["unit"]) for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert [code for code in walked if code[0].startswith("t-")] == await codes(city, "roads")

    appeal = await city.register()
    await city.dispatch(appeal, {"unit": "roads"})
    where = f"/dispatch/appeals/{appeal['appeal_id']}/answer-templates"
    assert (await city.ok("office", "GET", f"{where}/t-site"))["text"] == "示例制造有限公司：已现场勘查。"
    text = (await city.ok("roads", "GET", f"{where}/t-site"))["text"]
    assert text.startswith("市交通局2026年11月")
    assert text.endswith(f"已勘查 {appeal['registration_number']}。")
    refused(await city.call("water", "GET", f"{where}/t-site"), 403)
    refused(await city.call("office", "GET", f"{where}/t-none"), 404, "code")


async def test_a_template_is_replaced_and_deleted_on_the_version_that_was_read(city: City) -> None:
    where = f"{BASE}/t-version"
    answer = await city.call("office", "PUT", where, body("一"))
    assert answer.headers["etag"] == '"1"'
    refused(await city.call("office", "PUT", where, body("二")), 428)
    second = await city.call("office", "PUT", where, body("二"), if_match='"1"')
    assert second.headers["etag"] == '"2"'
    refused(await city.call("office", "PUT", where, body("三"), if_match='"1"'), 412)
    refused(await city.call("office", "DELETE", where), 428)
    refused(await city.call("office", "DELETE", where, if_match='"1"'), 412)
    refused(await city.call("roads", "DELETE", where, if_match='"2"'), 404)
    deleted = await city.ok("office", "DELETE", where, if_match='"2"')
    assert (deleted["text"], deleted["unit"]) == ("二", None)
    refused(await city.call("office", "DELETE", where, if_match='"2"'), 404)


async def test_an_unknown_placeholder_is_refused_and_nothing_kept(city: City) -> None:
    refusal = refused(await city.call("office", "PUT", f"{BASE}/t-bad", body("{phone}")), 422, "text")
    assert "{enterprise}（企业名称）" in refusal["errors"][0]["zh"]
    assert ("t-bad", None) not in await codes(city, "office")
