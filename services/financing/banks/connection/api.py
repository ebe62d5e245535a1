"""How a bank's connection stands, for the bank itself and for the office."""

from typing import Any

from fastapi import APIRouter, Response

from services.financing.banks.api import BankCodePath
from services.financing.banks.connection import queries, views
from services.financing.banks.connection.answers import BankConnection
from services.financing.banks.desk.api import bank_of
from services.financing.banks.kafka.topics import replies
from services.financing.banks.signing.queries import signing
from shared.database.connection import Connection
from shared.roles import AccountRole
from shared.service.errors import NotFound
from shared.web.request import RequestContext, Requested, json

router = APIRouter(tags=["financing"])

MOST_REFUSED = 20


@router.get(
    "/bank/connection",
    summary="本行的接入情况 / How the bank's connection stands",
    response_model=BankConnection,
    responses={404: {}},
)
async def connection(request: Requested) -> Response:
    """What the bank sent and what was read of it, what waits for it, and what was refused lately, as sent."""
    return await _answer(request, bank_of(request))


@router.get(
    "/banks/{code}/connection",
    summary="银行的接入情况 / How a bank's connection stands",
    response_model=BankConnection,
)
async def connection_of(code: BankCodePath, request: Requested) -> Response:
    """The same as the bank itself sees, for the office and for those who run the system."""
    return await _answer(request, code)


async def _answer(request: RequestContext, bank: str) -> Response:
    context = request.context
    async with context.reader.begin() as conn:
        entry = await queries.bank(conn, bank)
        if entry is None:
            raise NotFound(f"没有代码为 {bank} 的银行", f"no bank has the code {bank}", "code")
        at = await context.clock.stamp(conn)
        content = await _content(conn, bank, frozenset(entry["ways"]))
        webhook, secret = await queries.webhook(conn, bank), await signing(conn, bank)
    today = at.astimezone(context.zone).date()
    return json(
        {
            "bank": bank,
            "name": entry["name"],
            "ways": sorted(entry["ways"]),
            "open": entry["open"],
            "at": at,
            **content,
            "webhook": None if webhook is None else views.webhook_state(webhook, at),
            "signing": None if secret is None else views.signing_state(secret, at),
            "keys": [
                key
                for account in context.accounts.of(AccountRole.BANK, bank)
                for key in views.api_keys(account, today)
            ],
        }
    )


async def _content(conn: Connection, bank: str, ways: frozenset[str]) -> dict[str, Any]:
    """What was read of the bank, what was sent to it or waits, and what was refused."""
    report, request = await queries.last_report(conn, bank), await queries.last_request(conn, bank)
    return {
        "replies": [{"topic": replies(bank), **row} for row in await queries.replies(conn, bank)],
        "last_report": None if report is None else dict(report),
        "last_request": None if request is None else dict(request),
        "waiting": await _waiting(conn, bank, ways),
        "refused": [views.refused_report(row) for row in await queries.refused(conn, bank, MOST_REFUSED)],
    }


async def _waiting(conn: Connection, bank: str, ways: frozenset[str]) -> list[dict[str, Any]]:
    """What waits by integration. The desk of a bank that is also called elsewhere keeps nothing waiting."""
    waiting = []
    if "kafka" in ways:
        waiting.append({"integration": "kafka", **await queries.waiting_on_kafka(conn, bank)})
    if "webhook" in ways:
        waiting.append({"integration": "webhook", **await queries.waiting_for_webhook(conn, bank)})
    if not waiting:
        waiting.append({"integration": "desk", **await queries.waiting_at_desk(conn, bank)})
    return waiting
