"""What was issued is what the histories give; and where it is not, verification says which."""

from typing import Any

import sqlalchemy as sa

from huying.simulate.verify import Verification, calendars_of, verified
from shared.rules.pack import pack_files
from tests.city import City


async def verify(city: City) -> Verification:
    """As `huying verify` does it, page by page."""
    calendars = calendars_of(await city.ok("office", "GET", "/escalation/calendars"))
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await city.ok("office", "GET", f"/escalation/histories?limit=2{cursor}")
        items += page["items"]
        if page["next"] is None:
            return verified(items, pack_files.load, calendars)
        cursor = f"&cursor={page['next']}"


async def tamper(city: City, appeal: dict[str, Any], change: str) -> None:
    """Change a case's row behind the service's back."""
    async with city.services["escalation"].engine.begin() as conn:
        query = f"update cases set file = {change} where appeal_id = cast(:id as uuid)"
        await conn.execute(sa.text(query), {"id": appeal["appeal_id"]})


async def on_case(city: City, account: str, appeal: dict[str, Any], path: str, **body: Any) -> Any:
    version = (await city.case(appeal))["version"]
    path = f"/escalation/appeals/{appeal['appeal_id']}/{path}"
    return await city.ok(account, "POST", path, body, if_match=f'"{version}"')


async def story(city: City) -> dict[str, dict[str, Any]]:
    """Timely, late twice and lifted, carded by mistake, refused, and one nobody dispatched."""
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    names = ("timely", "late", "mistaken", "refused", "forgotten")
    appeals = {name: await city.register(title=name) for name in names}
    legs = {name: (await city.dispatch(appeals[name]))[0] for name in names[:4]}
    await city.move_to("2026-11-10 10:00")
    await city.act("roads", appeals["timely"], "replies", leg_id=legs["timely"], text="已勘查")
    await city.act("roads", appeals["refused"], "refusals", leg_id=legs["refused"], reason="无政策依据")
    await city.move_to("2026-11-11 10:00")
    body = {"leg_id": legs["timely"], "outcome": "solved", "text": "已修复"}
    await city.act("roads", appeals["timely"], "completions", **body)

    await city.move_to("2026-11-13 09:00")  # replies were due at the end of the 12th
    card = (await city.case(appeals["mistaken"]))["cards"][0]["card_id"]
    await on_case(city, "office", appeals["mistaken"], "cards/withdrawn", card_id=card, reason="误发")
    await city.move_to("2026-11-20 09:00")  # the second round's were due at the end of the 16th
    limit = {"number": 5, "unit": "working_days"}
    await on_case(city, "leader", appeals["late"], "instructions", instruction="限期办结", limit=limit)
    body = {"leg_id": legs["late"], "outcome": "solved", "text": "已修复"}
    await city.act("roads", appeals["late"], "completions", **body)
    await city.drained()
    return appeals


async def test_all_that_was_issued_is_what_the_histories_give(city: City) -> None:
    await story(city)
    verdict = await verify(city)
    assert verdict.differences == []
    assert verdict.cases == 5
    assert verdict.cards == len(await city.published("escalation", "card.issued.v1")) > 0
    assert verdict.lifts == len(await city.published("escalation", "appeal.lifted.v1")) > 0
    assert verdict.waiting == 0


async def test_a_card_on_another_unit_than_it_was_issued_to_is_named(city: City) -> None:
    appeals = await story(city)
    await tamper(city, appeals["late"], "jsonb_set(file, '{cards,0,unit}', '\"water\"')")
    (difference,) = (await verify(city)).differences
    card = (await city.case(appeals["late"]))["cards"][0]["card_id"]
    assert difference.case == appeals["late"]["registration_number"]
    assert difference.subject == f"card {card}, unit"
    assert (difference.expected, difference.issued) == ("roads", "water")
    assert "changed after it was issued" in difference.reason


async def test_a_card_taken_away_and_a_lift_made_up_are_named(city: City) -> None:
    appeals = await story(city)
    await tamper(city, appeals["mistaken"], "jsonb_set(file, '{cards}', '[]')")
    others = f"select file->'lifts' from cases where appeal_id = '{appeals['late']['appeal_id']}'"
    await tamper(city, appeals["timely"], f"jsonb_set(file, '{{lifts}}', ({others}))")
    differences = {d.case: d for d in (await verify(city)).differences}
    taken = differences.pop(appeals["mistaken"]["registration_number"])
    assert (taken.subject, taken.issued) == ("card", "nothing")
    assert "taken away" in taken.reason
    made_up = differences.pop(appeals["timely"]["registration_number"])
    assert (made_up.subject, made_up.expected) == ("lift", "nothing")
    assert "no act leads to it" in made_up.reason
    assert differences == {}


async def test_an_act_that_came_when_its_moment_was_judged_is_the_reason_given(city: City) -> None:
    appeals = await story(city)
    async with city.services["escalation"].engine.begin() as conn:
        query = """
            insert into history (event_id, appeal_id, type, event, late)
            select gen_random_uuid(), appeal_id, 'appeal.responded.v1', json_build_object(
              'id', gen_random_uuid(), 'occurred_at', '2026-11-11T09:00:00+08:00', 'appeal_id', appeal_id,
              'registration_number', registration_number, 'unit', 'roads',
              'leg_id', file->'cards'->0->>'leg_id'), true
            from cases where appeal_id = cast(:id as uuid)
        """
        await conn.execute(sa.text(query), {"id": appeals["late"]["appeal_id"]})
    differences = (await verify(city)).differences
    assert {d.case for d in differences} == {appeals["late"]["registration_number"]}
    assert {"card", "lift"} <= {d.subject for d in differences}
    assert all("came when its moment had been judged: appeal.responded.v1" in d.reason for d in differences)


async def test_a_case_whose_pack_is_not_here_is_left_and_judged_when_it_is(city: City) -> None:
    """It does not stop the judge for the others, is listed with its reason, and can be redriven."""
    await city.move_to("2026-11-09 09:00")
    await city.directory()
    odd, plain = [await city.register(title=title) for title in ("odd", "plain")]
    for appeal in (odd, plain):
        await city.dispatch(appeal)
    await city.drained()
    await tamper(city, odd, "jsonb_set(file, '{pack}', '\"gone-2020@1\"')")
    await city.move_to("2026-11-13 09:00")
    assert len((await city.case(plain))["cards"]) == 1
    assert (await city.case(odd))["cards"] == []

    (parked,) = (await city.ok("ops", "GET", "/escalation/parked"))["items"]
    assert parked["key"] == odd["appeal_id"]
    assert "gone-2020" in parked["reason"]
    assert odd["registration_number"] in parked["reason"]
    (difference,) = (await verify(city)).differences
    assert (difference.case, difference.subject) == (odd["registration_number"], "case")

    await city.ok("ops", "POST", f"/escalation/parked/{parked['id']}/redrive")
    await city.drained()
    (again,) = (await city.ok("ops", "GET", "/escalation/parked"))["items"]
    assert again["id"] != parked["id"]  # it still fails, and stays listed
    await tamper(city, odd, "jsonb_set(file, '{pack}', '\"bozhou-2024@3\"')")
    await city.ok("ops", "POST", f"/escalation/parked/{again['id']}/redrive")
    await city.move_to("2026-11-13 10:00")
    (card,) = (await city.case(odd))["cards"]
    assert card["issued_at"] == (await city.case(plain))["cards"][0]["issued_at"]
    assert (await city.ok("ops", "GET", "/escalation/parked"))["items"] == []
    assert (await verify(city)).differences == []
