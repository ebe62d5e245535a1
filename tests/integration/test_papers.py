"""Papers over HTTP: who prints an assignment and who a supervision letter, and of which leg."""

import io
from uuid import uuid4

from pypdf import PdfReader

from tests.city import City, refused


def text(content: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages)


async def test_the_assignment_is_for_the_office_and_the_unit_of_the_leg(city: City) -> None:
    appeal = await city.register()
    where = f"/dispatch/appeals/{appeal['appeal_id']}/assignment.pdf"
    refused(await city.call("office", "GET", where), 409)
    roads, east = await city.dispatch(appeal, {"unit": "roads"}, {"unit": "east", "role": "assist"})
    await city.drained()
    for account, query, number in (
        ("office", "", "J1"),
        ("office", f"?leg_id={east}", "J2"),
        ("roads", "", "J1"),
        ("east", "", "J2"),
    ):
        answer = await city.call(account, "GET", where + query)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["cache-control"] == "no-store"
        assert f"{appeal['registration_number']}/{number}" in text(answer.content)
    assert "回复办理情况2026年" in text((await city.call("roads", "GET", where)).content)
    refused(await city.call("east", "GET", f"{where}?leg_id={roads}"), 403)
    refused(await city.call("water", "GET", where), 403)
    refused(await city.call("operator", "GET", where), 403)
    refused(await city.call("office", "GET", f"{where}?leg_id={uuid4()}"), 404)


async def test_an_assignment_has_the_remarks_of_its_own_dispatch(city: City) -> None:
    appeal = await city.register()
    where = f"/dispatch/appeals/{appeal['appeal_id']}/assignment.pdf"
    for unit, remarks in (("roads", "请两日内到场"), ("water", "请配合停水"), ("east", None)):
        legs = [{"unit": unit, "role": "lead" if unit == "roads" else "assist"}]
        await city.act(
            "office", appeal, "assignments", legs=legs, **({"remarks": remarks} if remarks else {})
        )
        printed = text((await city.call(unit, "GET", where)).content)
        assert [words for words in ("请两日内到场", "请配合停水") if words in printed] == (
            [remarks] if remarks else []
        )
        assert ("交办意见" in printed) == (remarks is not None)


async def test_the_letter_is_for_the_office_and_leaders_once_there_is_a_reason(city: City) -> None:
    appeal = await city.register()
    (roads,) = await city.dispatch(appeal, {"unit": "roads"})
    where = f"/dispatch/appeals/{appeal['appeal_id']}/supervision.pdf"
    refused(await city.call("office", "GET", where), 409, "leg_id")
    await city.act("office", appeal, "urgings", leg_id=roads, text="请今日联系企业")
    for account in ("office", "leader"):
        answer = await city.call(account, "GET", where)
        assert "经1次催办" in text(answer.content)
        assert "今日联系" not in text(answer.content)
    refused(await city.call("roads", "GET", where), 403)
    await city.move_to("2026-12-01 10:00")
    answer = await city.call("office", "GET", where)
    assert "已超期" in text(answer.content)
    assert "2026年12月1日" in text(answer.content)
