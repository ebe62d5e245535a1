"""Sends accepted requests, spoiled in one place: to whom, about what, and how a refusal names the place."""

import copy
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx

from huying.commands.access import tables
from tests.accepted import ACCEPTED
from tests.accepted.places import CARD, LEG
from tests.city import City

ACCESS = tables()
NOBODY: dict[str, object] = {
    "loan_id": uuid4(),
    "complaint_id": uuid4(),
    "case_id": uuid4(),
    "leg": 1,
    "attachment_id": uuid4(),
    "credit_code": "91350100M000100Y43",
    "card_id": uuid4(),
    "form": "html",
    "account_id": uuid4(),
    "session_id": uuid4(),
}
BY = {
    "operator": "operator",
    "office": "office",
    "unit": "roads",
    "leader": "leader",
    "importer": "importer",
    "bank": "bank-a",
    "regulator": "regulator",
    "service": "notify",
    "administrator": "admin",
    "auditor": "auditor",
}


class Target:
    """An appeal with a leg, and the requests about it."""

    def __init__(self, city: City, appeal: dict[str, Any], leg: str) -> None:
        self.city = city
        self.appeal = appeal
        self.leg = leg
        self.stored: dict[str, str] | None = None
        """The digests of all tables after the last test."""

    def path(self, route: str) -> str:
        return route.split()[1].format(
            code="roads", year=2027, recipient="unit:roads", **NOBODY, **self.appeal
        )

    def body(self, route: str) -> Any:
        text = json.dumps(ACCEPTED[route]).replace(f'"{LEG}"', f'"{self.leg}"')
        return json.loads(text.replace(f'"{CARD}"', f'"{uuid4()}"'))

    async def send(self, route: str, content: bytes, **headers: str) -> httpx.Response:
        account = next(BY[role] for role in BY if role in ACCESS[route])
        more = {"receipt_code": self.appeal["receipt_code"]} if "/status/" in route else {}
        return await self.city.send(account, route.split()[0], self.path(route), content, **more, **headers)


def leaves(body: Any, *place: str | int) -> Iterator[tuple[str | int, ...]]:
    """The places of all that is neither object nor list, and of the lists and objects themselves."""
    if place:
        yield place
    if isinstance(body, dict | list):
        for name, value in body.items() if isinstance(body, dict) else enumerate(body):
            yield from leaves(value, *place, name)


def at(body: Any, place: tuple[str | int, ...]) -> Any:
    for part in place:
        body = body[part]
    return body


def with_(body: Any, place: tuple[str | int, ...], value: Any) -> Any:
    """A copy of `body` with `value` at `place`."""
    changed = copy.deepcopy(body)
    at(changed, place[:-1])[place[-1]] = value
    return changed


def dumped(body: Any) -> bytes:
    """As JSON in ASCII: what is no text becomes an escape, as a careless client would send it."""
    return json.dumps(body).encode()


WHOLE = ("office_hours",)
"""Fields that are checked as one."""


def names(problem: dict[str, Any], place: tuple[str | int, ...]) -> bool:
    """Whether a field of the refusal is the one at `place`; a variant's tag may stand between."""
    wanted = [str(part) for part in place[: 1 if place[0] in WHOLE else None]]
    for error in problem["errors"]:
        parts = iter(error["field"].split("."))
        if all(part in parts for part in wanted):
            return True
    return False
