"""The card as a document over HTTP: for its unit, the office and leaders, as a page and as a PDF."""

import base64
import io
from typing import Any
from uuid import uuid4

import pytest
from pypdf import PdfReader

from tests.city import City, refused


@pytest.fixture(scope="module")
async def carded(city: City) -> dict[str, Any]:
    """An appeal that two units let pass: a card each, and where the roads unit's is."""
    appeal = await city.register()
    await city.dispatch(appeal, {"unit": "roads"}, {"unit": "east", "role": "assist"})
    await city.drained()
    await city.move_to("2026-11-13 10:00")
    path = f"/escalation/appeals/{appeal['appeal_id']}"
    case = await city.ok("office", "GET", path)
    first = {card["unit"]: (place, card) for place, card in enumerate(case["cards"], 1)}
    place, card = first["roads"]
    number = f"{appeal['registration_number']}/P{place}"
    (due,) = [d for d in case["deadlines"] if d["unit"] == "roads" and d["deadline"] == card["deadline"]][:1]
    return appeal | {
        "path": f"{path}/cards/{card['card_id']}",
        "card_id": card["card_id"],
        "number": number,
        "explanation": due["explanation"],
    }


def text(content: bytes) -> str:
    reader = PdfReader(io.BytesIO(content))
    assert len(reader.pages) == 1
    return "".join(reader.pages[0].extract_text().split())


@pytest.mark.parametrize("account", ["roads", "office", "leader"])
async def test_its_unit_the_office_and_leaders_read_a_card_in_both_forms(
    city: City, carded: dict[str, Any], account: str
) -> None:
    page = await city.call(account, "GET", f"{carded['path']}.html")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "no-store" in page.headers["cache-control"]
    assert f"编号：{carded['number']}" in page.text
    answer = await city.call(account, "GET", f"{carded['path']}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith(f'inline; filename="{carded["number"][:17]}')
    card_text = text(answer.content)
    assert f"编号：{carded['number']}" in card_text
    for part in ("市交通局", "厂区门口道路破损", "《亳州市", *carded["explanation"]["zh"].splitlines()):
        assert "".join(part.split()) in card_text


async def test_a_card_is_read_in_english_too(city: City, carded: dict[str, Any]) -> None:
    page = await city.call("roads", "GET", f"{carded['path']}.html?language=en")
    answer = await city.call("roads", "GET", f"{carded['path']}.pdf?language=en")
    for line in carded["explanation"]["en"].splitlines():
        assert line in page.text
        assert "".join(line.split()) in text(answer.content)
    refused(await city.call("roads", "GET", f"{carded['path']}.html?language=fr"), 422, "query.language")


async def test_a_browser_reads_page_and_pdf_with_the_key_as_password(
    city: City, carded: dict[str, Any]
) -> None:
    shown = base64.b64encode(f"roads:{city.keys['roads']}".encode()).decode()
    for form in ("html", "pdf"):
        answer = await city.call(None, "GET", f"{carded['path']}.{form}", authorization=f"Basic {shown}")
        assert answer.status_code == 200


@pytest.mark.parametrize("form", ["html", "pdf"])
async def test_nobody_else_reads_it(city: City, carded: dict[str, Any], form: str) -> None:
    path = f"{carded['path']}.{form}"
    assert (await city.call("east", "GET", path)).status_code == 403
    assert (await city.call("water", "GET", path)).status_code == 403
    assert (await city.call("operator", "GET", path)).status_code == 403
    assert (await city.call("bank-a", "GET", path)).status_code == 403
    assert (await city.call(None, "GET", path)).status_code == 401


@pytest.mark.parametrize("form", ["html", "pdf"])
async def test_a_card_that_is_not_there_is_not_found(city: City, carded: dict[str, Any], form: str) -> None:
    appeal = f"/escalation/appeals/{carded['appeal_id']}/cards"
    assert (await city.call("office", "GET", f"{appeal}/{uuid4()}.{form}")).status_code == 404
    other = f"/escalation/appeals/{uuid4()}/cards/{carded['card_id']}"
    assert (await city.call("office", "GET", f"{other}.{form}")).status_code == 404


@pytest.mark.parametrize("name", ["x.pdf", "{}.docx", "{}.pdf.html", "{}"])
async def test_an_odd_name_is_refused(city: City, carded: dict[str, Any], name: str) -> None:
    path = carded["path"].rpartition("/")[0]
    answer = await city.call("office", "GET", f"{path}/{name.format(carded['card_id'])}")
    assert 400 <= answer.status_code < 500


async def test_a_card_taken_back_says_so(city: City, carded: dict[str, Any]) -> None:
    path = f"/escalation/appeals/{carded['appeal_id']}"
    version = (await city.ok("office", "GET", path))["version"]
    body = {"card_id": carded["card_id"], "reason": "系统故障"}
    await city.ok("office", "POST", f"{path}/cards/withdrawn", body, if_match=f'"{version}"')
    page = await city.call("roads", "GET", f"{carded['path']}.html")
    assert "已撤回，不计入" in page.text
