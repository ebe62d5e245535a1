"""Files of an appeal: taken by their content, read by whom the appeal is for, gone when they are removed."""

import asyncio
import hashlib
import io
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.attachments import GPS, OWNER, PROPERTIES, REFUSED, WHOLE, attach, kept, pdf, photo, workbook
from tests.city import City, refused
from tests.deploy.programs import program


@pytest.fixture
async def appeal(city: City) -> dict[str, Any]:
    """An appeal that the unit `roads` handles."""
    appeal = await city.register()
    await city.dispatch(appeal)
    await city.drained()
    return appeal


def path(appeal: dict[str, Any], attachment: dict[str, Any], act: str = "") -> str:
    return f"/intake/appeals/{appeal['appeal_id']}/attachments/{attachment['attachment_id']}{act}"


def public_path(appeal: dict[str, Any], attachment: dict[str, Any], act: str = "") -> str:
    return f"/intake/status/{appeal['registration_number']}/attachments/{attachment['attachment_id']}{act}"


async def listed(city: City, account: str | None, appeal: dict[str, Any]) -> list[dict[str, Any]]:
    """The files that an account reads of the appeal, or its enterprise."""
    if account is None:
        return list((await city.status(appeal))["attachments"])
    return list((await city.ok(account, "GET", f"/intake/appeals/{appeal['appeal_id']}"))["attachments"])


@pytest.mark.parametrize("kind", WHOLE)
async def test_a_file_is_taken_for_what_its_content_is(city: City, kind: str) -> None:
    content, kind_, media_type, ending = WHOLE[kind]
    appeal = await city.register()
    answer = await attach(city, None, appeal, content, "现场情况.exe", content_type="text/html")
    assert answer.status_code == 201, answer.text
    attachment = answer.json()
    assert (attachment["kind"], attachment["by"]) == (kind_, "enterprise")
    assert attachment["media_type"].endswith(media_type)
    assert attachment["name"] == f"现场情况.exe{ending}"
    assert await listed(city, None, appeal) == [attachment]
    download = await city.call(
        None, "GET", public_path(appeal, attachment), receipt_code=appeal["receipt_code"]
    )
    assert hashlib.sha256(download.content).hexdigest() == attachment["sha256"]
    assert len(download.content) == attachment["size"] == int(download.headers["content-length"])
    if kind_ != "photo":
        assert download.content == content


@pytest.mark.parametrize("case", REFUSED)
async def test_a_broken_or_disguised_file_is_refused_with_the_reason_and_nothing_stays(
    city: City, case: str
) -> None:
    content, status, zh, en = REFUSED[case]
    content = content() if callable(content) else content
    appeal, before = await city.register(), kept(city)
    problem = refused(await attach(city, None, appeal, content, "现场.jpg"), status, "body")
    assert zh in problem["detail"].split(" / ")[0]
    assert en in problem["detail"]
    assert await listed(city, None, appeal) == []
    assert kept(city) == before


async def test_a_file_that_is_too_large_is_refused_before_and_while_it_arrives(city: City) -> None:
    appeal, before = await city.register(), kept(city)
    large = bytes(20 * 2**20 + 1)
    answer = refused(await attach(city, None, appeal, large), 413, "body")
    assert "20 MB" in answer["detail"]

    async def without_length() -> Any:
        for _ in range(21):
            yield bytes(2**20)

    async with city.client("intake") as client:
        address = f"/status/{appeal['registration_number']}/attachments"
        headers = {"receipt-code": appeal["receipt_code"]}
        refused(await client.post(address, content=without_length(), headers=headers), 413, "body")
    assert kept(city) == before


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_stored_upright_and_without_metadata(city: City, form: str) -> None:
    appeal, content = await city.register(), photo(form, turned=True)
    sent = Image.open(io.BytesIO(content))
    assert sent.size == (640, 480)
    assert OWNER.encode() in content
    attachment = (await attach(city, None, appeal, content)).json()
    download = await city.call(
        None, "GET", public_path(appeal, attachment), receipt_code=appeal["receipt_code"]
    )
    picture = Image.open(io.BytesIO(download.content))
    assert (picture.format, picture.size) == (form, (480, 640))
    assert not picture.getexif()
    assert picture.info.keys() <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "loop",
        "background",
    } | {
        "timestamp",
        "duration",
    }
    for mark in (OWNER, GPS, "Maker"):
        assert mark.encode() not in download.content


async def test_a_download_is_opened_by_no_browser_as_a_page_of_this_site(
    city: City, appeal: dict[str, Any]
) -> None:
    name = '../..\\证据 "1"\r\nSet-Cookie: a=b.pdf'
    attachment = (await attach(city, "operator", appeal, pdf(), name)).json()
    assert attachment["name"] == "证据 _1_Set-Cookie_ a=b.pdf"
    answer = await city.call("office", "GET", path(appeal, attachment))
    headers = answer.headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert "no-store" in headers["cache-control"]
    for directive in ("sandbox", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in headers["content-security-policy"]
    assert headers["content-disposition"].startswith('attachment; filename="')
    assert (
        "filename*=UTF-8''%E8%AF%81%E6%8D%AE%20_1_Set-Cookie_%20a%3Db.pdf" in headers["content-disposition"]
    )
    assert "set-cookie" not in headers


async def test_each_file_is_an_event_with_its_hash_and_without_its_name(
    city: City, appeal: dict[str, Any]
) -> None:
    attachment = (await attach(city, "roads", appeal, pdf(), "王工身份证.pdf")).json()
    await city.ok("roads", "POST", path(appeal, attachment, "/releases"), {"to": "enterprise"})
    await city.ok("roads", "POST", path(appeal, attachment, "/removals"), {})
    for type_ in ("stored", "released", "removed"):
        events = await city.published("intake", f"attachment.{type_}.v1")
        event = next(event for event in events if event["attachment_id"] == attachment["attachment_id"])
        assert event["sha256"] == hashlib.sha256(pdf()).hexdigest()
        assert (event["size"], event["media_type"], event["by"]) == (len(pdf()), "application/pdf", "unit")
        assert event["done_by"] == {"role": "unit", "code": "roads"}
        assert "王工" not in str(event)


async def test_the_enterprise_reads_its_own_files_and_what_staff_gives_it(
    city: City, appeal: dict[str, Any]
) -> None:
    own = (await attach(city, None, appeal, photo())).json()
    internal = (await attach(city, "roads", appeal, pdf(), "内部.pdf")).json()
    for_it = (await attach(city, "roads", appeal, pdf(), "答复.pdf", "?for_enterprise=true")).json()

    async def read() -> list[str]:
        return [attachment["attachment_id"] for attachment in await listed(city, None, appeal)]

    assert await read() == [own["attachment_id"], for_it["attachment_id"]]
    code = {"receipt_code": appeal["receipt_code"]}
    refused(await city.call(None, "GET", public_path(appeal, internal), **code), 404, "attachment_id")
    assert (await city.call(None, "GET", public_path(appeal, for_it), **code)).content == pdf()
    refused(await city.call(None, "GET", public_path(appeal, for_it), receipt_code="0000"), 404)
    await city.ok("roads", "POST", path(appeal, internal, "/releases"), {"to": "enterprise"})
    assert await read() == [own["attachment_id"], internal["attachment_id"], for_it["attachment_id"]]
    refused(await city.call("roads", "POST", path(appeal, internal, "/releases"), {"to": "enterprise"}), 409)


async def test_a_unit_reads_and_adds_files_of_its_own_appeals_alone(
    city: City, appeal: dict[str, Any]
) -> None:
    attachment = (await attach(city, None, appeal, photo(), "门口.jpg")).json()
    assert [file["name"] for file in await listed(city, "roads", appeal)] == ["门口.jpg"]
    assert (await city.call("roads", "GET", path(appeal, attachment))).is_success
    before = kept(city)
    refused(await city.call("water", "GET", path(appeal, attachment)), 403)
    refused(await attach(city, "water", appeal, pdf()), 403)
    for act, body in (("/removals", {}), ("/releases", {"to": "units"})):
        refused(await city.call("water", "POST", path(appeal, attachment, act), body), 403)
    assert kept(city) == before


@pytest.mark.parametrize(
    "registration",
    [
        {"channel": "anonymous_letter", "enterprise": None},
        {"kind": "report"},
        {"confidentiality": "withheld"},
    ],
    ids=str,
)
async def test_where_the_name_is_kept_from_units_they_read_what_staff_releases_without_names(
    city: City, registration: dict[str, Any]
) -> None:
    appeal = await city.register(**registration)
    await city.dispatch(appeal)
    await city.drained()
    own = (await attach(city, None, appeal, pdf(), "某厂王工.pdf")).json()
    clerks = (await attach(city, "operator", appeal, pdf(), "某厂来信.pdf")).json()
    units = (await attach(city, "roads", appeal, pdf(), "答复.pdf")).json()
    assert [file["name"] for file in await listed(city, "roads", appeal)] == ["答复.pdf"]
    for hidden in (own, clerks):
        refused(await city.call("roads", "GET", path(appeal, hidden)), 404, "attachment_id")
        refused(
            await city.call("roads", "POST", path(appeal, hidden, "/releases"), {"to": "units"}),
            404,
            "attachment_id",
        )
    assert len(await listed(city, "office", appeal)) == 3
    await city.ok("operator", "POST", path(appeal, own, "/releases"), {"to": "units"})
    seen = await listed(city, "roads", appeal)
    assert [file["name"] for file in seen] == [None, "答复.pdf"]
    answer = await city.call("roads", "GET", path(appeal, own))
    assert answer.content == pdf()
    assert f"attachment-{own['attachment_id'][:8]}.pdf" in answer.headers["content-disposition"]
    assert "%E7%8E%8B" not in answer.headers["content-disposition"]
    assert "某厂" not in (await city.call("roads", "GET", f"/intake/appeals/{appeal['appeal_id']}")).text
    assert units["by"] == "unit"
    table = (await attach(city, None, appeal, workbook("路面破损"), "明细.xlsx")).json()
    await city.ok("operator", "POST", path(appeal, table, "/releases"), {"to": "units"})
    read_by_unit = (await city.call("roads", "GET", path(appeal, table))).content
    with zipfile.ZipFile(io.BytesIO(read_by_unit)) as archive:
        content = b"".join(archive.read(part) for part in archive.namelist()).decode(errors="replace")
    assert "路面破损" in content
    assert not [secret for secret in PROPERTIES.values() if secret in content]


async def test_a_confidential_appeal_hides_its_files(city: City) -> None:
    clue = await city.register(procedure="xx-city-2022-clues", title="线索")
    attachment = (await attach(city, None, clue, pdf())).json()
    for account, status in (("operator", 404), ("leader", 404), ("office", 200), ("inspection", 200)):
        assert (await city.call(account, "GET", path(clue, attachment))).status_code == status, account


async def test_no_more_files_fit_than_the_settings_allow_and_a_removed_one_makes_room(city: City) -> None:
    appeal = await city.register()
    files = [(await attach(city, None, appeal, pdf(), f"{n}.pdf")).json() for n in range(5)]
    problem = refused(await attach(city, None, appeal, pdf()), 409)
    assert "最多 5 个" in problem["detail"]
    assert (await attach(city, "operator", appeal, pdf())).is_success  # staff's are counted apart
    code = {"receipt_code": appeal["receipt_code"]}
    left = await city.ok(None, "POST", public_path(appeal, files[0], "/removals"), {}, **code)
    assert len(left["items"]) == 4
    assert (await attach(city, None, appeal, pdf())).is_success


async def test_who_added_a_file_removes_it_while_the_appeal_stands_as_then_and_later_the_office(
    city: City, appeal: dict[str, Any]
) -> None:
    other = await city.register()
    early = (await attach(city, None, other, pdf())).json()
    await city.dispatch(other)
    await city.drained()
    code = {"receipt_code": other["receipt_code"]}
    refused(await city.call(None, "POST", public_path(other, early, "/removals"), {}, **code), 409)
    refused(await city.call("operator", "POST", path(other, early, "/removals"), {}), 403)
    refused(await city.call("roads", "POST", path(other, early, "/removals"), {"reason": "误传"}), 403)
    refused(await city.call("office", "POST", path(other, early, "/removals"), {}), 422, "reason")
    name = f"{early['attachment_id']}.{early['sha256']}"
    assert name in {path.name for path in kept(city)}
    await city.ok("office", "POST", path(other, early, "/removals"), {"reason": "含他人身份信息"})
    assert name not in {path.name for path in kept(city)}
    assert await listed(city, None, other) == []
    refused(await city.call("office", "GET", path(other, early)), 404, "attachment_id")


async def test_the_same_request_adds_one_file_and_another_under_its_key_none(city: City) -> None:
    appeal, before = await city.register(), len(kept(city))
    first = await attach(city, None, appeal, pdf(), idempotency_key="one")
    again = await attach(city, None, appeal, pdf(), idempotency_key="one")
    assert first.json() == again.json()
    assert len(kept(city)) == before + 1
    for n in range(4):
        await attach(city, None, appeal, pdf(), f"{n}.pdf")
    full = await attach(city, None, appeal, pdf(), idempotency_key="one")
    assert full.json() == first.json()  # also where no further one would fit
    staff = await attach(city, "operator", appeal, pdf(), idempotency_key="two")
    assert staff.is_success
    refused(await attach(city, "operator", appeal, photo(), idempotency_key="two"), 409, "Idempotency-Key")
    assert len(kept(city)) == before + 6


async def test_nothing_is_added_to_an_appeal_that_is_over_but_by_the_office(city: City) -> None:
    appeal = await city.register()
    code = {"receipt_code": appeal["receipt_code"]}
    withdrawal = f"/intake/status/{appeal['registration_number']}/withdrawals"
    await city.ok(None, "POST", withdrawal, {"reason": "已解决"}, **code)
    refused(await attach(city, None, appeal, pdf()), 409)
    refused(await attach(city, "operator", appeal, pdf()), 409)
    assert (await attach(city, "office", appeal, pdf())).is_success


async def test_a_list_and_an_act_show_no_files(city: City, appeal: dict[str, Any]) -> None:
    await attach(city, "operator", appeal, pdf(), "王工.pdf")
    for account in ("office", "roads"):
        assert "王工.pdf" not in (await city.call(account, "GET", "/intake/appeals?limit=500")).text


async def test_a_removal_that_is_sent_again_gets_its_answer_again(city: City) -> None:
    appeal = await city.register()
    attachment = (await attach(city, "operator", appeal, pdf())).json()
    removal = path(appeal, attachment, "/removals")
    first = await city.call("operator", "POST", removal, {}, idempotency_key="away")
    again = await city.call("operator", "POST", removal, {}, idempotency_key="away")
    assert (first.status_code, first.content) == (again.status_code, again.content) == (200, b'{"items":[]}')
    refused(await city.call("operator", "POST", removal, {}), 404, "attachment_id")


async def test_stored_files_are_their_owners_alone(city: City) -> None:
    appeal = await city.register()
    for content in (pdf(), photo()):
        attachment = (await attach(city, None, appeal, content)).json()
        (file,) = (file for file in kept(city) if attachment["attachment_id"] in file.name)
        assert file.stat().st_mode & 0o077 == 0
        assert hashlib.sha256(file.read_bytes()).hexdigest() == file.suffix[1:]


@pytest.mark.slow
async def test_a_picture_of_an_iphone_is_stored_as_jpeg(city: City, tmp_path: Path) -> None:
    jpeg, heic = tmp_path / "a.jpg", tmp_path / "a.heic"
    jpeg.write_bytes(photo())
    command = [program("heif-enc", "Debian: libheif-examples"), str(jpeg), "-o", str(heic)]
    await asyncio.to_thread(subprocess.run, command, check=True)
    content = heic.read_bytes()
    assert OWNER.encode() in content
    appeal = await city.register()
    attachment = (await attach(city, None, appeal, content, "IMG_0001.HEIC")).json()
    assert (attachment["name"], attachment["media_type"]) == ("IMG_0001.jpg", "image/jpeg")
    download = await city.call(
        None, "GET", public_path(appeal, attachment), receipt_code=appeal["receipt_code"]
    )
    picture = Image.open(io.BytesIO(download.content))
    assert (picture.format, picture.size) == ("JPEG", (640, 480))
    assert OWNER.encode() not in download.content
