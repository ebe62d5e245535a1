"""Leaders (牵头领导): who acts on a lifted case, whoever the directory names, and who reads it."""

from typing import Any

import pytest

from tests.city import APPEALS, NOTIFY, City

pytestmark = pytest.mark.services(*APPEALS, NOTIFY)

HOME = "/escalation/appeals"


async def refused_water(city: City, leader: str | None) -> dict[str, Any]:
    """A case of the water unit, in the charge of `leader`, that the unit refused: it is lifted."""
    units = {unit["code"]: unit for unit in (await city.ok("office", "GET", "/dispatch/units"))["items"]}
    unit = {"name": "市水务局", "kind": "department", "leader": leader}
    await city.ok("office", "PUT", "/dispatch/units/water", unit, if_match=f'"{units["water"]["version"]}"')
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal, {"unit": "water"})
    await city.act("water", appeal, "refusals", leg_id=leg, reason="不属于职责范围")
    await city.drained()
    return appeal


async def acted(city: City, account: str, appeal: dict[str, Any], path: str, **body: Any) -> tuple[int, Any]:
    case = await city.case(appeal)
    where = f"{HOME}/{appeal['appeal_id']}/{path}"
    answer = await city.call(account, "POST", where, body, if_match=f'"{case["version"]}"')
    await city.drained()
    return answer.status_code, answer.json()


async def test_a_lift_to_nobody_is_the_mayors_and_the_case_closes(city: City) -> None:
    """While no leader is known a unit may name one who does not exist. Then the mayor was refused."""
    appeal = await refused_water(city, "vice_of_dreams")
    assert (await city.case(appeal))["lift"]["leader"] == "vice_of_dreams"
    assert (await acted(city, "vice", appeal, "instructions", instruction="我来办"))[0] == 403
    assert (await acted(city, "leader", appeal, "instructions", instruction="限期解决"))[0] == 200
    assert (await acted(city, "leader", appeal, "sign-off"))[0] == 200
    leg = (await city.ok("office", "GET", f"/dispatch/appeals/{appeal['appeal_id']}"))["legs"][0]["leg_id"]
    await city.act("water", appeal, "completions", leg_id=leg, outcome="solved", text="已解决")
    await city.drained()
    code, number = appeal["receipt_code"], appeal["registration_number"]
    rating = {"rating": "satisfied"}
    await city.ok(None, "POST", f"/intake/status/{number}/ratings", rating, receipt_code=code)
    await city.drained()
    await city.act("office", appeal, "findings", reasonable=True, by="营商环境办", reason="属实")
    assert (await city.act("office", appeal, "closures"))["state"] == "closed"


async def test_a_unit_names_no_leader_who_does_not_exist(city: City) -> None:
    vice = {"name": "李副市长", "title": "副市长", "post": "vice_transport", "holds_until": "2026-11-30"}
    await city.ok("office", "PUT", "/escalation/leaders/vice_mayor", vice)
    await city.drained()
    unit = {"name": "市林业局", "kind": "department", "leader": "vice_of_dreams"}
    answer = await city.call("office", "PUT", "/dispatch/units/woods", unit)
    assert answer.status_code == 422
    assert "vice_of_dreams" in answer.json()["errors"][0]["zh"]
    for known in ("vice_transport", "vice_mayor", "mayor"):  # a post, a leader by code, and the top
        before = await city.call(
            "office", "PUT", f"/dispatch/units/{known}_office", {**unit, "leader": known}
        )
        assert before.is_success, before.text
    (change,) = await city.published("escalation", "leader.changed.v1")
    assert (change["code"], change["post"], change["holds_until"]) == (
        "vice_mayor",
        "vice_transport",
        "2026-11-30",
    )
    assert "李副市长" not in str(change)


async def test_who_holds_the_post_acts_and_once_the_days_are_over_the_next_above(city: City) -> None:
    appeal = await refused_water(city, "vice_transport")
    assert (await city.case(appeal))["lift"]["acts"] == "vice_mayor"
    inbox = await city.ok("vice", "GET", "/notify/inbox")
    assert any(appeal["registration_number"] in message["subject"] for message in inbox["items"])
    for leader, count in (("vice_mayor", 1), ("mayor", 0)):
        rows = (await city.ok("office", "GET", f"/escalation/ledger?leader={leader}"))["items"]
        assert sum(row["registration_number"] == appeal["registration_number"] for row in rows) == count
    await city.move_to("2026-12-01 09:00")
    assert (await city.case(appeal))["lift"]["acts"] == "mayor"
    rows = (await city.ok("office", "GET", "/escalation/ledger?leader=mayor"))["items"]
    assert appeal["registration_number"] in {row["registration_number"] for row in rows}
    assert (await acted(city, "vice", appeal, "instructions", instruction="我来办"))[0] == 403
    assert (await acted(city, "leader", appeal, "instructions", instruction="限期解决"))[0] == 200


async def test_the_office_names_another_leader_and_the_task_force_reads_the_case(city: City) -> None:
    appeal = await refused_water(city, "vice_transport")
    path = "/escalation/leaders/vice_mayor"
    body = {"name": "李副市长", "title": "副市长", "post": "vice_industry"}
    await city.ok("office", "PUT", path, body, if_match='"1"')
    for nobody in ("vice_of_dreams", "vice_transport"):  # nobody holds the latter any more
        assert (await acted(city, "office", appeal, "leaders", leader=nobody, reason="调整分工"))[0] == 422
    status, case = await acted(city, "office", appeal, "leaders", leader="vice_industry", reason="调整分工")
    assert (status, case["lift"]["acts"], case["lift"]["named_reason"]) == (200, "vice_mayor", "调整分工")
    (named,) = await city.published("escalation", "appeal.leader_named.v1")
    assert (named["leader"], named["acts"]) == ("vice_industry", "vice_mayor")
    assert named["done_by"]["role"] == "office"
    reads = [f"{HOME}/{appeal['appeal_id']}", f"/dispatch/appeals/{appeal['appeal_id']}"]
    for read in reads:
        assert (await city.call("east", "GET", read)).status_code == 403
    status, problem = await acted(
        city, "vice", appeal, "instructions", instruction="会办", task_force=["east", "ghosts"]
    )
    assert (status, problem["errors"][0]["field"]) == (422, "task_force")
    assert "ghosts" in problem["errors"][0]["en"]
    status, _ = await acted(
        city, "vice", appeal, "instructions", instruction="会办", task_force=["east", "mayor"]
    )
    assert status == 200
    for read in reads:
        assert (await city.call("east", "GET", read)).is_success
    listed = (await city.ok("east", "GET", "/dispatch/appeals"))["items"]
    assert [row["registration_number"] for row in listed] == [appeal["registration_number"]]


async def test_what_the_office_leaves_alone_goes_up_and_stands_on_the_ledger(city: City) -> None:
    """An appeal that nobody dispatched had no deadline, no reminder and stood on no list."""
    office = {"name": "市营商环境办", "kind": "office", "head": "时主任", "leader": "vice_industry"}
    await city.ok("office", "PUT", "/dispatch/units/yshj", office)
    await city.move_to("2026-12-02 09:00")  # half a working day is 195 minutes: until 14:45
    appeal = await city.register()
    number = appeal["registration_number"]
    assert "received_office" in await templates_to(city, appeal, "office")
    await city.move_to("2026-12-02 14:46")
    assert {"overdue_dispatch", "raised_office"} <= await templates_to(city, appeal, "office")
    assert await templates_to(city, appeal, "head:yshj") == {"raised"}
    assert await templates_to(city, appeal, "leader:vice_mayor") == set()
    await city.move_to("2026-12-03 17:31")  # and still unmet after one working day
    assert await templates_to(city, appeal, "leader:vice_mayor") == {"raised"}
    rows = (await city.ok("office", "GET", "/escalation/ledger?unit=yshj"))["items"]
    (row,) = [row for row in rows if row["registration_number"] == number]
    (missed,) = row["missed_by_office"]
    assert (missed["deadline"], missed["since"]) == ("dispatch", "2026-12-02T14:45:00+08:00")
    assert [(went["to"], went["leader"]) for went in missed["raised"]] == [
        ("head", None),
        ("in_charge", "vice_mayor"),
    ]


async def templates_to(city: City, appeal: dict[str, Any], recipient: str) -> set[str]:
    path = f"/notify/appeals/{appeal['appeal_id']}/messages?limit=500"
    items = (await city.ok("office", "GET", path))["items"]
    return {message["template"] for message in items if message["recipient"] == recipient}


async def test_what_a_unit_promised_is_counted_kept_or_broken_beside_its_cards(city: City) -> None:
    """说到做到: a day that passed without a completion is broken, however the unit goes on."""
    await city.move_to("2026-12-03 17:32")
    before = await record(city, "office")
    appeals = [await city.register() for _ in range(3)]
    legs = [(await city.dispatch(appeal, {"unit": "roads"}))[0] for appeal in appeals]
    for appeal, leg, day in zip(appeals, legs, ("2026-12-04", "2026-12-04", "2026-12-10"), strict=True):
        planned = {"leg_id": leg, "outcome": "planned", "planned_on": day, "text": "已排期"}
        await city.act("roads", appeal, "completions", **planned)
    await city.act("roads", appeals[0], "completions", leg_id=legs[0], outcome="solved", text="已修复")
    await city.move_to("2026-12-05 00:02")
    await city.act("roads", appeals[1], "completions", leg_id=legs[1], outcome="solved", text="已修复")
    await city.drained()
    cards = sum([(await city.case(appeal))["cards_counted"] for appeal in appeals])
    after = await record(city, "office")
    assert {name: after[name] - before.get(name, 0) for name in ("cards", "promised", "kept", "broken")} == {
        "cards": cards,
        "promised": 3,
        "kept": 1,
        "broken": 1,
    }
    assert await record(city, "roads") == after
    (own,) = (await city.ok("roads", "GET", "/escalation/units"))["items"]
    assert own == after


async def record(city: City, account: str) -> dict[str, int]:
    rows = (await city.ok(account, "GET", "/escalation/units"))["items"]
    return next((row for row in rows if row["unit"] == "roads"), {})
