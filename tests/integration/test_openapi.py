"""The OpenAPI documents say what each operation answers and how it refuses, and the services do as they say.

Every answer of every test city is held against its document as well (`tests/described.py`).
"""

import re
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from jsonschema import Draft202012Validator

from services import SERVICES
from shared.roles import AccountRole
from shared.web.arriving import IMPORT_LIMIT, LIMIT
from tests.accepted import ACCEPTED
from tests.accepted.places import LEG
from tests.attachments import attach, pdf
from tests.city import ALL, City
from tests.described import closed, document_of
from tests.integration import test_access
from tests.integration.test_access import ACCESS, ACCOUNTS
from tests.integration.test_query_parameters import account_for, filled
from tests.lending import CREDIT_CODE, ask, banks, credit_code

pytestmark = pytest.mark.services(*ALL)

OPERATIONS = sorted(ACCESS)
ELSEWHERE = {
    "POST /intake/status/{registration_number}/receipt-codes": {
        409,
        429,
    },  # where codes are sent, and after many
    "POST /intake/proofs": {409, 429},
    "POST /intake/appeals": {429},  # after many without an account
    "POST /notify/codes": {409},  # with no channel for the contact
    "GET /intake/mine": {404, 429},  # with a proof
    # with a session, in tests/integration/test_people.py
    "DELETE /desks/people/session": {403},
    "DELETE /desks/people/sessions": {403},
    "DELETE /desks/people/sessions/{session_id}": {403, 404},
    "POST /desks/people/session": {403, 409, 429},
    "POST /desks/people/session/password": {403, 409, 429},
    "POST /desks/people/session/second-factor": {403, 409, 429},
    "POST /desks/people/session/second-factor/setup": {403, 409},
    "POST /desks/people/token": {403, 409},
    "POST /desks/people/accounts": {409},  # a login that is another account's
    "POST /desks/people/accounts/{account_id}/changes": {409},  # the last administrator
    "POST /desks/people/accounts/{account_id}/disabling": {409},
    "POST /desks/people/accounts/{account_id}/handing-over": {409},  # to one of the identity provider
    "POST /desks/people/accounts/{account_id}/reset": {409},  # an account of the identity provider
    # with an identity provider, in tests/integration/test_identity_provider.py
    "GET /desks/people/provider/return": {403, 429},
    "POST /desks/people/provider/logout": {409, 413, 422},
    "PUT /{service}/clock": {409},  # a service on the wall clock
    "POST /{service}/parked/{parked_id}/redrive": {409},  # a record that still cannot be read
    "GET /financing/bank/connection": {404},  # an account of a bank that the directory does not have
    "GET /financing/bank/statement": {404},
    "GET /financing/banks/{code}/statement": {404},  # with a day
    "PUT /dispatch/answer-templates/{code}": {409},  # more than fit
    "GET /dispatch/appeals/{appeal_id}/assignment.pdf": {409},  # of an appeal that no unit has
    "GET /dispatch/appeals/{appeal_id}/supervision.pdf": {409},  # of a unit that let nothing pass
    "POST /dispatch/bulk/assignments": {409},  # a key that was used for another body
    "POST /dispatch/bulk/closures": {409},
    "PUT /financing/banks/{code}/endpoint": {409},  # a bank that is called nowhere
    "POST /notify/inbox/{message_id}/acknowledged": {409},  # a message that asks for nothing
    "GET /notify/contacts/{recipient}": {404},  # of a case that is kept from the caller
    "POST /notify/receipts/sms": {404},  # a signed receipt of an unknown message
    "POST /notify/failures/{delivery_id}/resend": {404},  # a form of the page, about a delivery that is gone
}
"""Refusals that need more than a request: other tests make them, and hold them against the document."""


def document(city: City, service: str) -> dict[str, Any]:
    return document_of(city.services[service])


def operation(city: City, route: str) -> dict[str, Any]:
    method, path = route.split(" ")
    _, service, rest = path.split("/", 2)
    described: dict[str, Any] = document(city, service)["paths"][f"/{rest}"][method.lower()]
    return described


def refusals(city: City, route: str) -> set[int]:
    """The 4xx that the document of its service has for a route."""
    return {int(status) for status in operation(city, route)["responses"] if status.startswith("4")}


@pytest.mark.parametrize("service", SERVICES)
def test_every_refusal_has_the_schema_of_problems_and_an_example_of_it(city: City, service: str) -> None:
    openapi = document(city, service)
    schema = Draft202012Validator(openapi["components"]["schemas"]["Problem"])
    for name, answer in openapi["components"]["responses"].items():
        content = answer["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        schema.validate(content["example"])
        assert f"Refused{content['example']['status']}" == name
    for operations in openapi["paths"].values():
        for described in operations.values():
            for status, answer in described["responses"].items():
                if status.startswith("4") and "$ref" not in answer:
                    assert "application/problem+json" in answer["content"]
                elif status.startswith("4"):
                    assert answer == {"$ref": f"#/components/responses/Refused{status}"}
                    assert f"Refused{status}" in openapi["components"]["responses"]
    assert "HTTPValidationError" not in str(openapi)


def may_be_unseen(city: City, route: str) -> bool:
    """Whether the route is for acts on cases that its caller may not be allowed to read."""
    method, path = route.split(" ")
    hiding = city.services[path.split("/")[1]].service.hiding
    return method != "GET" and hiding is not None and any(f"{{{name}}}" in path for name in hiding.parameters)


@pytest.mark.parametrize("route", OPERATIONS)
def test_every_operation_has_a_summary_an_answer_and_an_example_of_it(city: City, route: str) -> None:
    described = operation(city, route)
    assert re.fullmatch("[^/]*[\u4e00-\u9fff][^/]* / [A-Z].*", described["summary"])
    answers = {status: answer for status, answer in described["responses"].items() if status[0] in "23"}
    assert ("204" in answers) == may_be_unseen(city, route)
    assert len(answers.keys() - {"204"}) == 1
    components = document(city, route.split("/")[1])["components"]
    for status, answer in described["responses"].items():
        if status.startswith("2") and status != "204":
            assert answer["content"]
        for kind, content in answer.get("content", {}).items():
            assert content["schema"] not in ({}, {"type": "object"})
            if kind == "application/json":
                schema = Draft202012Validator(closed({**content["schema"], "components": components}))
                mistakes = [
                    f"{error.json_path}: {error.message}" for error in schema.iter_errors(content["example"])
                ]
                assert not mistakes


class Place:
    """What the requests of these tests are about, by the service they go to."""

    def __init__(self, **ids: dict[str, Any]) -> None:
        self.ids = ids

    def fill(self, path: str) -> str:
        service, part = path.split("/")[1:3]
        return path.format(year=2027, **self.ids[service], **self.ids.get(f"{service}/{part}", {}))


@pytest.fixture(scope="module")
async def place(city: City) -> Place:
    """An appeal with a leg, another one, a loan request with a complaint, and one row of each directory."""
    enterprise = {"name": "示例制造有限公司", "credit_code": CREDIT_CODE}
    appeal, other = await city.register(enterprise=enterprise), await city.register()
    appeal["attachment_id"] = (await attach(city, None, appeal, pdf())).json()["attachment_id"]
    (appeal["leg"],) = await city.dispatch(appeal)
    await city.drained()
    await banks(city)
    loan = await ask(city)
    complaint = await city.ok(
        "operator", "POST", f"/financing/requests/{loan['loan_id']}/complaints", GOOD_COMPLAINT
    )
    leader = {"name": "陈市长", "title": "市长"}
    await city.ok("office", "PUT", "/escalation/leaders/mayor", leader)
    await city.ok(
        "office", "PUT", "/dispatch/answer-templates/roads", {"title": "已勘查", "text": "已勘查。"}
    )
    clerk = ACCEPTED["POST /desks/people/accounts"]
    person = await city.ok("admin", "POST", "/desks/people/accounts", {**clerk, "login": "another.clerk"})
    for context in city.services.values():
        async with context.engine.begin() as conn:
            for account in filter(None, ACCOUNTS.values()):
                await conn.execute(sa.text(PLANT), {"caller": account})
    return Place(
        intake=appeal | {"lead": other["registration_number"], "credit_code": CREDIT_CODE},
        dispatch=appeal | {"code": "roads"},
        escalation=appeal | {"code": "mayor"},
        financing=loan | complaint | {"leg": 1, "code": "bank-a", "credit_code": CREDIT_CODE},
        notify=appeal,
        desks={"account_id": person["account"]["account_id"]},
    )


GOOD_COMPLAINT = ACCEPTED["POST /financing/requests/{loan_id}/complaints"]
NOBODY = test_access.NOBODY | {"credit_code": credit_code(9)}
PLANT = """
insert into idempotency (caller, key, fingerprint, status, body)
values (:caller, 'planted', 'another', 200, '{}')
"""
SPECIAL: dict[str, tuple[str | None, dict[str, Any]]] = {
    "POST /intake/appeals": (None, ACCEPTED["POST /intake/appeals"]),  # anybody, by the channel of clerks
    "PUT /dispatch/units/{code}": ("office", {"name": "市交通局", "kind": "department", "parent": "roads"}),
    "POST /intake/import": (
        "importer",
        {
            "source": "test",
            "items": [
                {
                    "act": "withdraw",
                    "source_id": "nothing",
                    "occurred_at": "2026-11-20T09:00:00+08:00",
                    "reason": "已解决",
                }
            ],
        },
    ),
    "POST /financing/import": (
        "importer",
        {
            "source": "test",
            "items": [
                {"act": "withdraw", "source_id": "nothing", "occurred_at": "2026-11-20T09:00:00+08:00"}
            ],
        },
    ),
}
"""Requests that are refused in a way of their own."""


@pytest.mark.parametrize("route", OPERATIONS)
async def test_an_operation_is_refused_exactly_as_its_document_says(
    city: City, place: Place, route: str
) -> None:
    method, path = route.split(" ")
    documented, described, service = refusals(city, route), operation(city, route), path.split("/")[1]
    account = next(name for role, name in ACCOUNTS.items() if role in ACCESS[route] and name)
    others = [ACCOUNTS[role] for role in AccountRole if role not in ACCESS[route]]
    large = b" " * (1 + (IMPORT_LIMIT if path.endswith("/import") else LIMIT))
    answers: list[httpx.Response] = [
        await city.call(None, method, filled(path), authorization="Bearer wrong"),
        await city.call(account, method, f"{filled(path)}?banana=1", {}),
        await city.call(account, method, filled(path)),
        await city.send(account, method, filled(path), b"{"),
        await city.send(account, method, filled(path), b"{}", content_type="text/plain"),
        await city.send(account, method, filled(path), large),
        *[await city.call(other, method, filled(path)) for other in others[:1]],
    ]
    body = _body(place, route)
    nowhere = path.format(**NOBODY, recipient="unit:roads", code="nobody", parked_id=7)
    if 404 in documented:
        answers.append(await city.call(account, method, nowhere, body, receipt_code="0000"))
    if {"Idempotency-Key", "If-Match"} & {parameter["name"] for parameter in described.get("parameters", ())}:
        here, code = place.fill(path), place.ids[service].get("receipt_code", "")
        sent = [
            {"idempotency_key": "planted"},
            {"if_match": '"999999"'},
            *([{}] if 428 in documented else []),
        ]
        answers += [
            await city.call(account, method, here, body, receipt_code=code, **headers) for headers in sent
        ]
    is_streamed = f"{method} /{path.split('/', 2)[2]}" in city.services[service].service.streamed
    if is_streamed and "{" in path:  # a file of a case
        answers += [
            await city.send(account, method, place.fill(path), content, receipt_code=code, **headers)
            for content, headers in (
                (pdf(), {"idempotency_key": "planted"}),
                (bytes(21 * 2**20), {}),
                (b"MZ", {}),
            )
        ]
    if route in SPECIAL:
        caller, special = SPECIAL[route]
        headers = {"if_match": f'"{await _version(city, place, path)}"'} if method == "PUT" else {}
        answers.append(await city.call(caller, method, place.fill(path), special, **headers))
    refused = {answer.status_code for answer in answers if answer.is_client_error}
    elsewhere = ELSEWHERE.get(route.replace(f"/{service}/", "/{service}/"), ELSEWHERE.get(route, set()))
    assert refused <= documented
    # a body that does not end takes a minute, and a long address is refused before the application is asked
    assert documented - refused == (elsewhere | ({408, 414} & documented)) - refused


def _body(place: Place, route: str) -> Any:
    """A body that is right, about the place."""
    if route not in ACCEPTED:
        return None
    service = route.split("/")[1]
    body = {
        name: place.ids[service]["leg"] if value == LEG else value for name, value in ACCEPTED[route].items()
    }
    if "card_id" in body:
        body["card_id"] = str(NOBODY["card_id"])
    body.pop("procedure", None)  # this city has none
    if "lead" in body:
        body["lead"] = place.ids[service]["lead"]
    return body


async def _version(city: City, place: Place, path: str) -> int:
    rows = (await city.ok("office", "GET", path.rpartition("/")[0]))["items"]
    code = place.fill(path).rpartition("/")[2]
    return next(int(row["version"]) for row in rows if row["code"] == code)


NEEDED = {"GET /intake/callers": "?phone=13800000000"}
"""What a list must be asked with."""
LISTS = [route for route in OPERATIONS if route.startswith("GET ") and "{" not in route]


@pytest.mark.parametrize("route", LISTS)
async def test_what_is_read_part_by_part_has_the_schema_of_a_page(city: City, route: str) -> None:
    method, path = route.split(" ")
    described = operation(city, route)
    if "cursor" not in {parameter["name"] for parameter in described.get("parameters", ())}:
        return
    kind, *_ = described["responses"]["200"]["content"]
    answer = await city.call(account_for(route), method, path + NEEDED.get(route, ""))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    if kind == "application/json":
        assert answer.json().keys() >= {"items", "next"}
