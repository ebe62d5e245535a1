"""The enterprises that the window knows, by their credit codes: profile, and what came of their requests."""

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Path, Response
from sqlalchemy import text

from services.financing.complaints.document import ComplaintDocument
from services.financing.contract import LegState
from services.financing.loans.acts import EnterpriseBody, LoanRequestBody, NewLoanRequest, check_credit_code
from services.financing.loans.document import LoanDocument
from services.financing.loans.domain import band
from shared.database.connection import Connection
from shared.database.locks import wait_for_name
from shared.service.errors import Invalid, NotFound
from shared.web.request import Reading, Requested, json

router = APIRouter(prefix="/enterprises", tags=["financing"])

GIVEN = (LegState.APPROVED, LegState.DISBURSED)
Code = Annotated[str, Path(max_length=40)]

_ONE_AT_A_TIME = text("select " + wait_for_name("'enterprise ' || :code"))
_PROFILES = text(
    """
    select credit_code, profile, first_seen_at, version from enterprises
    where credit_code = any(cast(:codes as text[]))
    """
)
_SAVE = text(
    """
    insert into enterprises (credit_code, profile, first_seen_at) values (:code, cast(:profile as jsonb), :at)
    on conflict (credit_code) do update set profile = excluded.profile, version = enterprises.version + 1
    returning version
    """
)
_MEET = text(
    """
    insert into enterprises (credit_code, profile, first_seen_at)
    select code, cast(profile as jsonb), :at
    from unnest(cast(:codes as text[]), cast(:profiles as text[])) as t (code, profile) order by code
    on conflict do nothing
    """
)
_WITH_CREDIT = text(
    """
    select distinct credit_code from cases, jsonb_array_elements(file->'legs') as leg
    where credit_code = any(cast(:codes as text[])) and leg->>'state' = any(cast(:given as text[]))
    """
)
_LOANS = text(
    "select cast(file as text) from cases where credit_code = :code and what = 'loan' order by number"
)
_COMPLAINTS = text(
    "select cast(file as text) from cases where case_id = any(cast(:ids as uuid[])) and what = 'complaint'"
)


class EnterpriseKey(NamedTuple):
    """By what an enterprise is known."""

    credit_code: str


class KnownEnterprise(NamedTuple):
    """An enterprise of the window, and whether a bank gives it credit through one of its requests."""

    profile: EnterpriseBody
    has_credit: bool


async def known(conn: Connection, codes: Collection[str]) -> dict[str, KnownEnterprise]:
    """The enterprises that the window knows by these codes."""
    values = {"codes": sorted(codes), "given": [str(state) for state in GIVEN]}
    given = set((await conn.execute(_WITH_CREDIT, values)).scalars())
    return {
        row.credit_code: KnownEnterprise(EnterpriseBody.model_validate(row.profile), row.credit_code in given)
        for row in await conn.execute(_PROFILES, values)
    }


async def meet(conn: Connection, met: dict[str, EnterpriseBody], at: datetime) -> None:
    """Keep enterprises that the window has not seen before."""
    bodies = [met[code].model_dump_json() for code in sorted(met)]
    await conn.execute(_MEET, {"codes": sorted(met), "profiles": bodies, "at": at})


def completed(body: LoanRequestBody, found: KnownEnterprise | None) -> NewLoanRequest:
    """The request with what is known of its enterprise. `Invalid` where neither says it.

    Whoever has credit through the window is no first borrower, whatever is said.
    """
    asks, first_loan = body.enterprise, body.first_loan
    name, locality = asks.name, body.locality
    if found is not None:
        name, locality = name or found.profile.name, locality or found.profile.locality
        first_loan = not found.has_credit and first_loan is not False
    if name is None:
        raise Invalid(
            "窗口尚不了解该企业，请填写名称", "this enterprise is new here: give its name", "enterprise.name"
        )
    if first_loan is None:
        raise Invalid("请说明是否首贷", "say whether this is its first loan", "first_loan")
    whole = {"enterprise": {"name": name, "credit_code": asks.credit_code}, "locality": locality}
    return NewLoanRequest.model_validate({**dict(body), **whole, "first_loan": first_loan})


@router.put("/{credit_code}")
async def put_enterprise(credit_code: Code, body: EnterpriseBody, request: Requested) -> Response:
    """Write what the window knows of an enterprise; a profile that is there needs If-Match."""
    code = check_credit_code(credit_code)
    async with request.context.engine.begin() as conn:
        await conn.execute(_ONE_AT_A_TIME, {"code": code})
        row = (await conn.execute(_PROFILES, {"codes": [code]})).one_or_none()
        if row is not None:
            request.check(row.version, needed=True)
        at = await request.context.clock.stamp(conn)
        saved = await conn.execute(_SAVE, {"code": code, "profile": body.model_dump_json(), "at": at})
        version = saved.scalar_one()
    return json({"credit_code": code, **body.model_dump(mode="json")}, etag=version)


@router.get("/{credit_code}")
async def enterprise(credit_code: Code, conn: Reading) -> Response:
    """What the window knows of an enterprise, and what came of its requests."""
    code = check_credit_code(credit_code)
    row = (await conn.execute(_PROFILES, {"codes": [code]})).one_or_none()
    loans = [
        LoanDocument.model_validate_json(one)
        for one in (await conn.execute(_LOANS, {"code": code})).scalars()
    ]
    if row is None and not loans:
        raise NotFound("窗口没有这家企业", "no enterprise with this credit code came here", "credit_code")
    ids = [id_ for loan in loans for id_ in loan.complaints]
    found = (await conn.execute(_COMPLAINTS, {"ids": ids})).scalars()
    profile = EnterpriseBody.model_validate(row.profile) if row else _as_it_said(loans[0])
    moments = [loan.received_at for loan in loans] + ([row.first_seen_at] if row else [])
    answer = {
        "credit_code": code,
        **profile.model_dump(mode="json"),
        "first_seen_at": min(moments),
        **summary(loans, [ComplaintDocument.model_validate_json(one) for one in found]),
    }
    return json(answer, etag=row.version if row else 0)


def _as_it_said(loan: LoanDocument) -> EnterpriseBody:
    """What an enterprise that the window has no profile of said itself."""
    assert loan.wish is not None
    return EnterpriseBody(name=loan.wish.enterprise.name, locality=loan.wish.locality)


def summary(loans: Collection[LoanDocument], complaints: Collection[ComplaintDocument]) -> dict[str, Any]:
    """What came of an enterprise's requests; `first_loan`: no bank gives it credit through one of them."""
    states = [{leg.state for leg in loan.legs} for loan in loans]
    given = [bool(each & set(GIVEN)) for each in states]
    declined = [bool(each) and each <= {LegState.DECLINED} for each in states]
    return {
        "first_loan": not any(given),
        "requests": {
            "all": len(loans),
            "open": sum(loan.ended is None for loan in loans),
            "approved": sum(given),
            "declined": sum(declined),
        },
        "amounts": _amounts(loans),
        "complaints": {
            "all": len(complaints),
            "open": sum(one.state == "open" for one in complaints),
            "founded": sum(one.founded is True for one in complaints),
        },
    }


def _amounts(loans: Iterable[LoanDocument]) -> dict[str, dict[str, Any]]:
    """By band: how many requests, how much was asked for, how much approved, in yuan."""
    found: dict[str, dict[str, Any]] = {}
    for loan in loans:
        its = found.setdefault(
            band(loan.amount).value, {"requests": 0, "asked": Decimal(0), "approved": Decimal(0)}
        )
        its["requests"] += 1
        its["asked"] += Decimal(loan.amount)
        its["approved"] += _approved(loan)
    return {
        name: its | {"asked": f"{its['asked']:.2f}", "approved": f"{its['approved']:.2f}"}
        for name, its in sorted(found.items())
    }


def _approved(loan: LoanDocument) -> Decimal:
    """What the banks offered that did not take it back since."""
    offers = (one.amount for leg in loan.legs if leg.state in GIVEN for one in leg.reports if one.amount)
    return sum(map(Decimal, offers), Decimal(0))
