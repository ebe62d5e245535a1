"""An appeal's whole way through all services, read as a story."""

import pytest

from tests.city import APPEALS, NOTIFY, City

pytestmark = pytest.mark.services(*APPEALS, NOTIFY)


async def test_an_appeal_answered_in_time_is_closed_without_a_card(city: City) -> None:
    await city.move_to("2026-11-09 09:00")  # a Monday
    await city.directory()
    appeal = await city.register()
    assert appeal["registration_number"] == "BZ-20261109-00001"

    lead, assist = await city.dispatch(
        appeal, {"unit": "roads", "role": "lead"}, {"unit": "east", "role": "assist"}
    )
    await city.move_to("2026-11-09 15:00")
    for account, leg in (("roads", lead), ("east", assist)):
        await city.act(account, appeal, "contacts", leg_id=leg, how="电话")
        await city.act(account, appeal, "replies", leg_id=leg, text="已现场勘查")
    await city.move_to("2026-11-10 10:00")
    for account, leg in (("roads", lead), ("east", assist)):
        await city.act(account, appeal, "completions", leg_id=leg, outcome="solved", text="已修复")
    await city.move_to("2026-11-11 10:00")
    number = appeal["registration_number"]
    await city.ok(
        None,
        "POST",
        f"/intake/status/{number}/ratings",
        {"rating": "satisfied"},
        receipt_code=appeal["receipt_code"],
    )
    await city.drained()
    await city.act("office", appeal, "findings", reasonable=True, by="营商环境办", reason="路面破损属实")
    await city.act("office", appeal, "closures")
    await city.move_to("2026-12-31 10:00")

    case = await city.case(appeal)
    assert case["state"] == "closed"
    assert case["cards"] == []
    assert {(d["unit"], d["deadline"], d["verdict"]) for d in case["deadlines"]} == {
        (None, "dispatch", "met"),
        ("roads", "contact", "met"),
        ("roads", "reply", "met"),
        ("roads", "completion", "met"),
        ("east", "contact", "met"),
        ("east", "reply", "met"),
        ("east", "completion", "met"),
        (None, "follow_up", "met"),
        (None, "closure", "met"),
    }
    status = await city.status(appeal)
    assert status["state"] == "closed"


async def test_a_late_unit_gets_its_card_and_the_appeal_is_lifted(city: City) -> None:
    await city.move_to("2026-11-09 09:00")  # a Monday
    await city.directory()
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal)

    await city.move_to("2026-11-12 23:59")  # reply: day 3 after Monday is Thursday, until its end
    assert (await city.case(appeal))["cards"] == []
    await city.move_to("2026-11-13 00:01")
    case = await city.case(appeal)
    assert [(c["unit"], c["round"], c["deadline"]) for c in case["cards"]] == [("roads", 1, "reply")]
    assert case["rounds"] == 2

    await city.move_to("2026-11-16 23:59")  # round 2 starts on the 13th: due at the end of the 16th
    assert (await city.case(appeal))["lift"] is None
    await city.move_to("2026-11-18 17:29")  # the office may gather until the end of the next working day
    assert (await city.case(appeal))["lift"] is None
    await city.move_to("2026-11-18 17:31")
    case = await city.case(appeal)
    assert case["state"] == "lifted"
    assert case["lift"]["leader"] == "mayor"
    assert len(case["cards"]) == 1

    await city.act("roads", appeal, "completions", leg_id=leg, outcome="solved", text="已修复")
    await city.move_to("2026-11-19 09:00")
    case = await city.case(appeal)
    assert case["cards"][0]["status"] == "cleared"
