"""The directory of banks over HTTP, and the record of each bank."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.financing.banks import queries
from services.financing.banks.acts import BankBody
from services.financing.banks.answers import Bank, BankRecord, ListedBank
from shared.roles import AccountRole
from shared.service.errors import NotFound
from shared.web.answers import Items
from shared.web.bodies import Shape
from shared.web.request import Called, Reading, Replacing, json

router = APIRouter(prefix="/banks", tags=["financing"])

BankCodePath = Annotated[
    str,
    Path(),
    Shape(
        r"^[a-z0-9-]{2,20}$",
        "银行代码由 2 至 20 个小写字母、数字或连字符组成",
        "the code of a bank has 2 to 20 small letters, digits or hyphens",
    ),
]


@router.get("", summary="银行名录 / List the banks", response_model=Items[ListedBank])
async def banks(conn: Reading) -> Response:
    """The directory of banks."""
    rows = await queries.bank_rows(conn)
    return json({"items": [{"code": row.code, **row.bank, "version": row.version} for row in rows]})


@router.put("/{code}", summary="登记银行 / Write a bank", response_model=Bank)
async def put_bank(code: BankCodePath, body: BankBody, request: Replacing) -> Response:
    """Write a bank; an existing one needs If-Match."""
    async with request.context.engine.begin() as conn:
        version = await queries.locked_version(conn, code)
        if version is not None:
            request.check(version)
        version = await queries.save_bank(conn, code, body)
    request.context.wake()
    return json({"code": code, **body.model_dump(mode="json")}, etag=version)


@router.get("/{code}/record", summary="银行履约情况 / A bank's record", response_model=BankRecord)
async def record(code: BankCodePath, conn: Reading, called: Called) -> Response:
    """What a bank did in time and what late, by deadline, and how its legs stand; a bank sees its own."""
    name = await queries.bank_name(conn, code)
    if name is None or (called.role is AccountRole.BANK and called.code != code):
        raise NotFound(f"没有代码为 {code} 的银行", f"no bank has the code {code}", "code")
    counts: dict[str, dict[str, int]] = {}
    for row in await queries.deadline_counts(conn, code):
        verdicts = counts.setdefault(
            row.deadline, {"open": 0, "met": 0, "overdue": 0, "void": 0, "met_late": 0}
        )
        verdicts[row.verdict] += row.n
        verdicts["met_late"] += row.n if row.verdict == "overdue" and row.met else 0
    states = await queries.leg_states(conn, code)
    return json(
        {
            "bank": code,
            "name": name,
            "legs": sum(states.values()),
            "states": states,
            "deadlines": counts,
            "withdrawals": await queries.withdrawal_counts(conn, code),
        }
    )
