"""Who reads an appeal beside the units of its legs, and what the enterprise sees of transfers and files."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.dispatch.app import SERVICE as DISPATCH
from services.intake.app import SERVICE as INTAKE
from services.notify.app import SERVICE as NOTIFY
from tests.attachments import attach, pdf
from tests.city import City, refused
from tests.integration.test_staff_acts import subjects

Appeal = dict[str, Any]
LIMIT = {"number": 1, "unit": "working_days"}
NAMED = "青浔精密铸造有限公司欧阳远山在厂内被困"


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    async with City(postgres, broker, services=(INTAKE, DISPATCH, NOTIFY)) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


def read(appeal: Appeal) -> str:
    return f"/intake/appeals/{appeal['appeal_id']}"


async def studied(city: City, **fields: Any) -> Appeal:
    """An appeal that the roads unit handles, and of which the water unit is asked for its opinion."""
    appeal = await city.register(**fields)
    await city.dispatch(appeal)
    await city.act("roads", appeal, "studies", units=["water"], limit=LIMIT, question="能否同时施工？")
    await city.drained()
    return appeal


async def lines(city: City, appeal: Appeal, *types: str) -> list[str]:
    """What the enterprise reads in its timeline of events of these types."""
    return [line["zh"] for line in (await city.status(appeal))["timeline"] if line["type"] in types]


async def told(city: City, appeal: Appeal) -> list[str]:
    """The subjects of the messages to the enterprise, the oldest first."""
    path = f"/notify/status/{appeal['registration_number']}"
    items = (await city.ok(None, "GET", path, receipt_code=appeal["receipt_code"]))["items"]
    return [item["subject"].partition("（")[0] for item in reversed(items)]


async def test_an_invited_unit_reads_the_appeal_and_its_files_until_the_study_is_closed(city: City) -> None:
    appeal = await studied(city)
    file = (await attach(city, None, appeal, pdf())).json()
    its_file = f"{read(appeal)}/attachments/{file['attachment_id']}"
    seen = await city.ok("water", "GET", read(appeal))
    assert seen["text"] == "货车无法进出，请尽快修复。"
    assert (seen["enterprise"]["name"], seen["enterprise"]["phone"]) == ("示例制造有限公司", None)
    assert [each["attachment_id"] for each in seen["attachments"]] == [file["attachment_id"]]
    assert (await city.call("water", "GET", its_file)).content == pdf()
    items = (await city.ok("water", "GET", "/intake/appeals?limit=500"))["items"]
    assert [item["appeal_id"] for item in items] == [appeal["appeal_id"]]
    refused(await attach(city, "water", appeal, pdf()), 403)  # it reads along and adds nothing
    refused(await city.call("east", "GET", read(appeal)), 403)

    await city.act("water", appeal, "study-answers", number=1, text="可以")
    await city.drained()
    assert (await city.call("water", "GET", read(appeal))).is_success
    await city.act("roads", appeal, "study-closures", number=1, conclusion="同时施工")
    await city.drained()
    refused(await city.call("water", "GET", read(appeal)), 403)
    refused(await city.call("water", "GET", its_file), 403)
    assert (await city.ok("water", "GET", "/intake/appeals?limit=500"))["items"] == []
    assert (await city.call("roads", "GET", its_file)).is_success


async def test_an_invited_unit_reads_no_more_of_an_appeal_that_was_withdrawn(city: City) -> None:
    appeal = await studied(city)
    path = f"/intake/status/{appeal['registration_number']}/withdrawals"
    await city.ok(None, "POST", path, {"reason": "已解决"}, receipt_code=appeal["receipt_code"])
    refused(await city.call("water", "GET", read(appeal)), 403)
    assert (await city.call("roads", "GET", read(appeal))).is_success


async def test_an_invited_unit_does_not_learn_who_asks_where_that_is_withheld(city: City) -> None:
    appeal = await studied(city, confidentiality="withheld", text="示例制造有限公司王工反映道路破损")
    await attach(city, None, appeal, pdf(), "示例制造.pdf")
    answer = await city.call("water", "GET", read(appeal))
    assert answer.is_success
    assert not [word for word in ("示例制造", "王工", "13800000000") if word in answer.text]
    assert answer.json()["attachments"] == []


async def test_a_transfer_and_its_receipt_are_told_to_the_enterprise(city: City) -> None:
    appeal = await city.register()
    await city.dispatch(appeal)
    await city.act("operator", appeal, "transfers", to="119", reason=NAMED)
    receipt = {"receiver": "119 指挥中心李警官"}
    await city.act("operator", appeal, "transfers", to="120", reason=NAMED, receipt=receipt)
    await city.act("operator", appeal, "transfer-receipts", number=1, receipt=receipt)
    await city.drained()
    assert await lines(city, appeal, "appeal.transferred.v1", "transfer.received.v1") == [
        "属于 119 职责的事项已转接 119，本诉求继续办理",
        "属于 120 职责的事项已转接 120，对方已接收，本诉求继续办理",
        "119 已接收转接的事项",
    ]
    assert {"您反映的事项已转接 119", "119 已接收转接的事项"} <= set(await told(city, appeal))
    assert not [word for word in ("李警官", "欧阳") if word in str(await city.status(appeal))]
    file = await city.ok("roads", "GET", f"/dispatch/appeals/{appeal['appeal_id']}")
    assert [transfer["reason"] for transfer in file["transfers"]] == [NAMED, NAMED]


async def test_why_a_matter_was_transferred_is_read_by_no_unit_where_the_name_is_withheld(city: City) -> None:
    appeal, named = await city.register(confidentiality="withheld"), "司徒清在厂内被困"
    (leg,) = await city.dispatch(appeal)
    await city.act("operator", appeal, "transfers", to="119", reason=named)
    path = f"/dispatch/appeals/{appeal['appeal_id']}"
    for account in ("office", "operator", "leader"):
        assert (await city.call(account, "GET", path)).text.count(named) == 2
    answers = [
        await city.call("roads", "GET", path),
        await city.call("roads", "GET", "/dispatch/appeals?limit=500"),
        await city.call("roads", "POST", f"{path}/replies", {"leg_id": leg, "text": "正在办理"}),
        await city.call("roads", "GET", f"{path}/assignment.pdf"),
    ]
    assert all(answer.is_success for answer in answers)
    assert not [answer.text for answer in answers if "司徒" in answer.text]
    assert answers[0].json()["transfers"][0]["to"] == "119"


async def test_a_leg_that_is_taken_back_is_a_line_and_is_told_where_nobody_follows(city: City) -> None:
    for successor, messages in ({"unit": "east"}, 0), ({}, 1):  # a successor is told by its own message
        appeal = await city.register()
        (leg,) = await city.dispatch(appeal)
        await city.act("office", appeal, "reassignments", leg_id=leg, reason="属地管理", **successor)
        await city.drained()
        timeline = (await city.status(appeal))["timeline"]
        relieved = [(line["unit_name"], line["zh"]) for line in timeline if line["type"] == "leg.relieved.v1"]
        assert relieved == [("市交通局", "该单位不再承办")]
        assert (await told(city, appeal)).count("您的诉求有一个单位不再承办") == messages


async def test_files_are_lines_and_messages_by_count_and_never_by_name(city: City) -> None:
    appeal = await city.register()
    await city.dispatch(appeal)
    await city.drained()
    for number in range(3):
        assert (await attach(city, None, appeal, pdf(), f"欧阳{number}.pdf")).is_success
    hidden = (await attach(city, "roads", appeal, pdf(), "欧阳内部.pdf")).json()
    await attach(city, "roads", appeal, pdf(), "欧阳答复.pdf", "?for_enterprise=true")
    await city.ok(
        "office",
        "POST",
        f"{read(appeal)}/attachments/{hidden['attachment_id']}/releases",
        {"to": "enterprise"},
    )
    await city.drained()
    assert await lines(city, appeal, "attachment.stored.v1", "attachment.released.v1") == [
        "企业上传了附件（第 1 个）",
        "企业上传了附件（第 2 个）",
        "企业上传了附件（第 3 个）",
        "工作人员提供了附件（第 1 个）",
        "公开了附件（第 2 个）",
    ]
    assert (await told(city, appeal)).count("您的诉求有新的附件") == 2
    added = f"企业上传了附件（{appeal['registration_number']}）"
    for account in ("roads", "office"):
        assert (await subjects(city, account, appeal)).count(added) == 1  # the three came at once

    await city.move_to("2026-11-09 09:30")
    assert (await attach(city, None, appeal, pdf(), "欧阳.pdf")).is_success
    await city.drained()
    for account in ("roads", "office"):
        assert (await subjects(city, account, appeal)).count(added) == 2
    items = (await city.ok("roads", "GET", "/notify/inbox?limit=500"))["items"]
    assert any("第 4 个" in item["body"] for item in items)
    assert not [
        record for record in await city.records("intake.events") if "欧阳".encode() in (record.value or b"")
    ]


async def test_units_are_told_of_a_file_when_they_may_read_it(city: City) -> None:
    appeal = await city.register(confidentiality="withheld")
    await city.dispatch(appeal)
    await city.drained()
    file = (await attach(city, None, appeal, pdf())).json()
    await city.drained()
    number = appeal["registration_number"]
    assert f"企业上传了附件（{number}）" not in await subjects(city, "roads", appeal)
    assert f"企业上传了附件（{number}）" in await subjects(city, "office", appeal)
    await city.ok(
        "office", "POST", f"{read(appeal)}/attachments/{file['attachment_id']}/releases", {"to": "units"}
    )
    await city.drained()
    assert f"企业附件可以查阅（{number}）" in await subjects(city, "roads", appeal)
