"""Whatever is sent: refused by naming the field in both languages, nothing stored, never an error of ours."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import product
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huying.local.embedded import free_port
from services.intake.app import SERVICE as INTAKE
from shared.service.service import ServiceContext
from shared.service.start import listening, under_one_port
from shared.web import ops
from shared.web.arriving import LIMIT
from tests.accepted import ACCEPTED
from tests.city import ALL, City, refused
from tests.described import document_of
from tests.spoiled import ACCESS, BY, NOBODY, Target, dumped, leaves, names, with_

pytestmark = pytest.mark.services(*ALL)

SINGLE = [route for route in ACCEPTED if not route.endswith("/clock") or "intake" in route]


@pytest.fixture(scope="module")
async def target(city: City) -> Target:
    appeal = await city.register()
    (leg,) = await city.dispatch(appeal)
    await city.drained()
    return Target(city, appeal, leg)


@pytest.fixture(autouse=True)
def forgotten(request: pytest.FixtureRequest, target: Target) -> None:
    """Where a test may store something, the digests of the test before it say nothing."""
    if "untouched" not in request.fixturenames:
        target.stored = None


@pytest.fixture
async def untouched(target: Target) -> AsyncIterator[None]:
    """Nothing is stored by what the test sends."""
    if target.stored is None:
        await target.city.drained()  # of what an earlier test said nothing is on its way
        target.stored = await target.city.stored()
    before = target.stored
    yield
    target.stored = await target.city.stored()
    assert target.stored == before


def test_every_route_with_a_body_is_tried(city: City) -> None:
    with_body = {
        f"{method} /{name}{route.path}"
        for name, context in city.services.items()
        for router in (*context.service.routers, ops.router)
        for route in router.routes
        if isinstance(route, APIRoute) and route.body_field is not None
        for method in route.methods
    }
    assert with_body == set(ACCEPTED)


UNSEEN = ("\u200b\u2060\u3164", "\u202e\u2066", "\ufe0f\u00ad \u3000")
"""Texts in which nothing can be seen."""
WRONG = ({"wrong": 1}, [[[]]], -1.5, "响\x07铃", "\x00", "\ud800", "x" * 30_000, *UNSEEN)
CHECKED_OTHERWISE = {"credit_code", "email", "office_hours", "off", "phone", "work"}
CHECKED_OTHERWISE |= {"longitude", "latitude", "phones"}
"""Fields whose texts have a form of their own, which the schema does not tell."""


def texts(schema: Any, schemas: dict[str, Any], name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every text within a schema that may be any text, with the name of its field."""
    if isinstance(schema, list):
        for part in schema:
            yield from texts(part, schemas, name)
    elif isinstance(schema, dict):
        if "$ref" in schema:
            yield from texts(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
        elif schema.get("type") == "string" and not schema.keys() & {"enum", "const", "pattern", "format"}:
            yield name, schema
        for field, part in schema.get("properties", {}).items():
            yield from texts(part, schemas, field)
        for key in ("anyOf", "oneOf", "items", "prefixItems", "additionalProperties"):
            yield from texts(schema.get(key), schemas, name)


def test_no_field_of_any_body_takes_an_empty_text(city: City) -> None:
    """A text in which nothing can be seen is read as an empty one."""
    tried = set()
    for service, context in city.services.items():
        document = document_of(context)
        for path, operations in document["paths"].items():
            for operation in operations.values():
                for kind in operation.get("requestBody", {}).get("content", {}).values():
                    for field, schema in texts(kind["schema"], document["components"]["schemas"]):
                        tried.add(field)
                        assert field in CHECKED_OTHERWISE or schema.get("minLength", 0) > 0, (
                            f"/{service}{path}: {field}"
                        )
    assert {"name", "text", "finding", "comment", "by", "title", *CHECKED_OTHERWISE} <= tried


def one_in(share: int, values: Sequence[Any], route: str) -> Sequence[Any]:
    """Every `share`th of some values, another one at the next route; at least one."""
    number = SINGLE.index(route)
    return values[number % min(share, len(values)) :: share]


WHOLE = pytest.mark.parametrize(
    "share",
    [
        pytest.param(9, id="some at each route"),
        pytest.param(1, id="all at each route", marks=pytest.mark.slow),
    ],
)


async def missing_or_no_object(target: Target, route: str, share: int) -> None:
    for content in one_in(share, (b"", b"[]", b'"text"', b"1", b"null"), route):
        refused(await target.send(route, content), 422, "body")


async def too_large(target: Target, route: str, share: int) -> None:
    body = dumped(target.body(route) | {"text": "x" * LIMIT})
    if not route.endswith("/import"):
        refused(await target.send(route, body), 413, "body")


async def no_json(target: Target, route: str, share: int) -> None:
    contents = (b"{", b"hello", b'{"a": 1,}', b'{"a" 1}', b"[" * 10_000, b"9" * 10_000)
    for content in one_in(share, contents, route):
        refused(await target.send(route, content), 400)


async def in_another_encoding(target: Target, route: str, share: int) -> None:
    text = json.dumps(target.body(route) | {"备注": "中文"}, ensure_ascii=False)
    for encoding in one_in(share, ("gbk", "utf-16", "utf-16-le", "utf-32-be"), route):
        refused(await target.send(route, text.encode(encoding)), 422, "body")
    refused(await target.send(route, json.dumps(target.body(route)).encode("utf-16-le")), 422, "body")
    types = ("application/json; charset=gbk", 'application/json;charset="GB18030"', "text/plain")
    for content_type in one_in(share, types, route):
        answer = await target.send(route, text.encode("gbk"), content_type=content_type)
        refused(answer, 415, "Content-Type")


async def with_an_unknown_field(target: Target, route: str, share: int) -> None:
    answer = await target.send(route, dumped(target.body(route) | {"priority": "high"}))
    refused(answer, 422, "priority")
    refused(await target.send(route, dumped(target.body(route) | {"\ud800": 1})), 422)


async def with_a_wrong_value_anywhere(target: Target, route: str, share: int) -> None:
    body = target.body(route)
    for place in leaves(body):
        for value in one_in(share, WRONG, route):
            answer = await target.send(route, dumped(with_(body, place, value)))
            assert names(refused(answer, 422), place), f"{place}: {answer.text}"


WRONG_BODIES = (
    missing_or_no_object,
    too_large,
    no_json,
    in_another_encoding,
    with_an_unknown_field,
    with_a_wrong_value_anywhere,
)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("route", SINGLE)
@WHOLE
async def test_a_wrong_body_is_refused_with_its_reason(target: Target, route: str, share: int) -> None:
    """Of all wrong ones each route gets some, the next route the next ones."""
    for wrong in WRONG_BODIES:
        await wrong(target, route, share)


IMPOSSIBLE = {
    "1989-12-31T23:59:59+00:00": "1990",
    "2090-01-01T00:00:00+00:00": "2090",
    "9999-12-31T23:59:59-12:00": "2090",
    "0001-01-01T00:00:00+14:00": "1990",
    "2026-11-20T09:00:00": "timezone",
    "2026-02-30T09:00:00+08:00": "day",
    "2026-11-20T25:00:00+08:00": "datetime",
    "昨天": "time of day",
    "1795143600": "time of day",
    "2026-11-08T09:00:00+08:00": "judged already",
}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("route", "list_"), [("POST /intake/import", "items"), ("POST /dispatch/import", "acts")]
)
async def test_an_import_at_an_impossible_time_is_refused(target: Target, route: str, list_: str) -> None:
    for time, reason in IMPOSSIBLE.items():
        answer = await target.send(route, dumped(with_(target.body(route), (list_, 0, "occurred_at"), time)))
        assert names(refused(answer, 422), (list_, 0, "occurred_at")), f"{time}: {answer.text}"
        assert reason in answer.text


@pytest.mark.usefixtures("untouched")
async def test_an_import_from_the_future_into_a_live_service_is_refused(target: Target) -> None:
    live = ServiceContext(INTAKE, target.city.settings("intake").model_copy(update={"clock": "wall"}))
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(live.app),
        base_url="http://intake",
        headers={"authorization": f"Bearer {target.city.keys['importer']}"},
    )
    body = with_(target.body("POST /intake/import"), ("items", 0, "occurred_at"), "2089-12-31T00:00:00Z")
    async with client:
        problem = refused(await client.post("/import", json=body), 409)
        assert "PUT /hold" in problem["detail"]
        assert (await client.put("/hold")).is_success
        try:
            answer = refused(await client.post("/import", json=body), 422, "items.0.occurred_at")
        finally:
            assert (await client.delete("/hold")).is_success
    await asyncio.gather(live.engine.dispose(), live.reader.dispose())
    assert "future" in answer["detail"]


@pytest.mark.usefixtures("untouched")
async def test_what_nobody_knows_is_refused_by_its_name(target: Target) -> None:
    city, appeal = target.city, target.appeal
    base = f"/dispatch/appeals/{appeal['appeal_id']}"
    version = (await city.ok("office", "GET", base))["version"]
    legs = {"legs": [{"unit": "moon"}]}
    answer = await city.call("office", "POST", f"{base}/assignments", legs, if_match=f'"{version}"')
    assert "moon" in refused(answer, 422, "legs.unit")["detail"]

    unit = {"name": "月球局", "kind": "department", "parent": "moon"}
    assert "moon" in refused(await city.call("office", "PUT", "/dispatch/units/new", unit), 422)["detail"]

    body = with_(target.body("POST /intake/import"), ("items", 0, "pack"), "mars-2024")
    answer = await city.call("importer", "POST", "/intake/import", body)
    assert "bozhou-2024" in refused(answer, 422, "items.0.pack")["detail"]

    nowhere = UUID(int=0)
    for path in (
        f"/intake/appeals/{nowhere}",
        f"/dispatch/appeals/{nowhere}",
        f"/escalation/appeals/{nowhere}",
    ):
        refused(await city.call("office", "GET", path), 404, "appeal_id")
    answer = await city.call("roads", "POST", f"{base}/replies", {"leg_id": str(nowhere), "text": "已回复"})
    refused(answer, 404, "leg_id")
    refused(await city.call("office", "GET", "/intake/nothing"), 404)
    refused(await city.call("office", "GET", "/intake/appeals/"), 404)
    refused(await city.call("office", "DELETE", "/intake/appeals"), 405)


NASTY = ["%00", "%FF", "%ED%A0%80", "'", "-1", "99999999999999999999", "x" * 2000, "%20", "🙂", "%0A", "None"]
CURSORS: list[Any] = [
    {},
    [],
    [None],
    [[]],
    ["\0"],
    [10**15],
    [10**30],
    [-1],
    [1.5],
    [True],
    ["x"],
    [2**64 - 1],
    ["2026-11-09", "2026-11-09", str(UUID(int=1))],
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", str(UUID(int=1))],
    ["2026-11-09T00:00:00Z", "2026-11-09T00:00:00Z", 1],
    [1, 2, 3, 4],
]


def readable(city: City) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Every GET route: an account that may call it, its path, its path parameters, its query parameters."""
    for name, context in city.services.items():
        for path, methods in document_of(context)["paths"].items():
            if "get" in methods:
                parameters = methods["get"].get("parameters", [])
                roles = ACCESS[f"GET /{name}{path}"]
                account = next((BY[role] for role in BY if role in roles), "ops")
                by_place = {
                    p: [parameter["name"] for parameter in parameters if parameter["in"] == p]
                    for p in ("path", "query")
                }
                yield account, f"/{name}{path}", by_place["path"], by_place["query"]


@pytest.mark.usefixtures("untouched")
async def test_no_path_and_no_query_makes_a_read_fail(target: Target) -> None:
    city, failed = target.city, []
    code = {"receipt_code": target.appeal["receipt_code"]}
    for account, path, in_path, in_query in readable(city):
        usual = {"code": "roads", "recipient": "unit:roads"} | NOBODY | target.appeal
        tried = [path.format(**usual | {name: nasty}) for nasty in NASTY for name in in_path]
        whole = path.format(**usual)
        tried += [f"{whole}?{name}={nasty}" for name in in_query for nasty in NASTY]
        if "cursor" in in_query:
            encoded = [base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode() for cursor in CURSORS]
            tried += [f"{whole}?cursor={quote(cursor)}" for cursor in ["W", "e30", "🙂", *encoded]]
        for url in tried:
            answer = await city.call(account, "GET", url, **code)
            if answer.status_code >= 500:
                failed.append(f"{account} {url[:90]}")
    assert not failed, "\n".join(failed)


async def test_no_path_makes_a_write_fail(target: Target) -> None:
    failed = []
    for route in ACCESS:
        method, path = route.split()
        if method in ("POST", "PUT") and "{" in path:
            names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
            usual = {"code": "roads", "year": 2027, "recipient": "unit:roads"} | NOBODY | target.appeal
            usual |= dict.fromkeys({*names} - usual.keys(), uuid4())
            for nasty, name in product(NASTY, names):
                body = target.body(route) if route in ACCEPTED else None
                account = next((BY[role] for role in BY if role in ACCESS[route]), "ops")
                answer = await target.city.call(
                    account, method, path.format(**usual | {name: nasty}), body, receipt_code="0"
                )
                if answer.status_code >= 500:
                    failed.append(f"{method} {path} {nasty[:30]}: {answer.status_code}")
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("header", ["authorization", "if_match", "idempotency_key", "receipt_code"])
@pytest.mark.parametrize(
    "value", ["", " ", "é", "\x00", "x" * 5000, '"', 'W/""', "²", "-1", '"99999999999999999999"']
)
@pytest.mark.usefixtures("untouched")
async def test_no_header_makes_a_write_fail(target: Target, header: str, value: str) -> None:
    number = target.appeal["registration_number"]
    headers = {"Receipt-Code": target.appeal["receipt_code"], header: value.encode("latin-1")}
    async with target.city.client("intake") as client:
        answer = await client.post(f"/status/{number}/ratings", json={"rating": "x"}, headers=headers)
    assert 400 <= answer.status_code < 500, answer.text


TIMES = ["999999999999", "9" * 9, "0" * 12, "253402300800", "²" * 9, "-99999999", "1e10", "9" * 400, "", "é"]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("time", TIMES)
async def test_no_time_makes_a_receipt_of_the_gateway_fail(target: Target, time: str) -> None:
    headers = {"x-timestamp": time.encode("latin-1"), "x-nonce": "é".encode("latin-1"), "x-signature": "1"}
    async with target.city.client("notify") as client:
        answer = await client.post("/receipts/sms", json={"provider_id": "1"}, headers=headers)
    refused(answer, answer.status_code)
    assert answer.status_code in (401, 422)


HEADERS = (
    "accept",
    "authorization",
    "traceparent",
    "content-length",
    "content-type",
    "if-none-match",
    "range",
)
HEADER_VALUES = [
    b"",
    b"\xff",
    b"\x00",
    "٣".encode(),
    b"-1",
    b"9" * 5000,
    b"Basic e30",
    b"Basic =",
    b"application/openmetrics-text; version=x",
    b"application/openmetrics-text; version=1..0; escaping=",
    b";=,;",
    b"00-" + b"1" * 32 + b"-" + b"1" * 16 + b"-zz",
    b"bytes=9-1,",
]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "share",
    [
        pytest.param(19, id="each header with each value at some route"),
        pytest.param(1, id="each header with each value at every route", marks=pytest.mark.slow),
    ],
)
async def test_no_header_makes_a_request_fail(target: Target, share: int) -> None:
    """Of all headers with all values every route gets one in `share`, the next route the next ones."""
    city, failed = target.city, []
    pairs = list(product(HEADERS, HEADER_VALUES))
    for number, (account, path, _, _) in enumerate(readable(city)):
        whole = path.format(code="roads", recipient="unit:roads", **NOBODY, **target.appeal)
        _, service, rest = whole.split("/", 2)
        async with city.client(service, account) as client:
            for header, value in pairs[number % share :: share]:
                for method in ("GET", "POST"):
                    answer = await client.request(method, f"/{rest}", headers={header: value})
                    if answer.status_code >= 500:
                        failed.append(f"{method} {path} {header}: {value[:40]!r}")
    assert not failed, "\n".join(failed)


LINES = [
    "OPTIONS *",
    "GET *",
    "TRACE *",
    "OPTIONS /intake",
    "OPTIONS //",
    "GET //intake/health",
    "GET http://x",
    "GET http://x/intake/health",
    "CONNECT x:1",
    "GET ?",
    "GET /%2f%00",
    "GET /intake/%ff%fe",
    "HEAD /intake/health",
    "PROPFIND /intake/health",
    "GET /intake/../intake/health",
    f"GET /{'x' * 20_000}",
]


async def test_no_request_line_makes_the_server_fail(target: Target) -> None:
    port = free_port()
    apps = under_one_port({name: context.app for name, context in target.city.services.items()})
    async with listening(apps, "127.0.0.1", port):
        for line in [*LINES, *(f"{line}?\u0663=\u0663" for line in LINES)]:
            for more in ("", "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: eA==\r\n"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(f"{line} HTTP/1.1\r\nhost: x\r\n{more}\r\n".encode())
                answer = await asyncio.wait_for(reader.readline(), 10)
                writer.close()
                assert answer.split()[1] < b"500", f"{line[:40]}: {answer!r}"


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
FUZZED = [
    "POST /intake/appeals",
    "POST /intake/import",
    "POST /dispatch/appeals/{appeal_id}/contacts",
    "POST /dispatch/appeals/{appeal_id}/extension-requests",
    "PUT /dispatch/units/{code}",
    "POST /escalation/appeals/{appeal_id}/instructions",
]


@pytest.mark.parametrize("route", FUZZED)
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
async def test_no_body_makes_a_write_fail(target: Target, route: str, data: st.DataObject) -> None:
    body = target.body(route)
    place = data.draw(st.sampled_from([(), *leaves(body)]))
    value = data.draw(ANY_JSON)
    answer = await target.send(route, dumped(with_(body, place, value) if place else value))
    assert answer.status_code < 500, answer.text
    if answer.is_error:
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    "time", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2026-12-01T09:00:00", 1795143600]
)
async def test_a_limit_of_one_case_does_not_end_at_an_impossible_time(
    target: Target, time: str | int
) -> None:
    place = ("legs", 0, "limits", "completion")
    route = "POST /dispatch/appeals/{appeal_id}/assignments"
    answer = await target.send(route, dumped(with_(target.body(route), place, {"due_at": time})))
    assert names(refused(answer, 422), (*place, "due_at"))
