"""Finding appeals over HTTP: an enterprise's file, a caller's history, and what is alike while typing."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from services.intake.resources import city_tables, hashes_of
from services.intake.search import queries
from services.intake.search.answers import AlikeAppeal, EnterpriseFile, FoundAppeal
from services.intake.search.indexed import of_enterprise, words
from shared.addresses.credit_codes import check_credit_code
from shared.addresses.phones import phone as spelled
from shared.judging.rulebook import rulebook
from shared.service.errors import Invalid, NotFound
from shared.web.answers import Items, PageOf
from shared.web.paging import Paged
from shared.web.request import Called, Reading, RequestContext, Requested, json

router = APIRouter(tags=["intake"])

ALIKE_WITHIN = timedelta(days=90)
MOST_ALIKE = 10
CreditCodePath = Annotated[str, Path(max_length=40)]


@router.get(
    "/enterprises/{credit_code}",
    summary="企业档案 / An enterprise's file",
    response_model=EnterpriseFile,
    responses={404: {}},
)
async def enterprise(
    credit_code: CreditCodePath, conn: Reading, called: Called, page: Paged, request: Requested
) -> Response:
    """An enterprise's appeals, its officers, and the route of its loan requests."""
    code = check_credit_code(credit_code)
    (hash_,) = of_enterprise(hashes_of(request.context), None, code)
    sight = rulebook(request.context).sight(called.role)
    appeals = await queries.of_enterprise(conn, sight, hash_, after=page.after_text, limit=page.limit + 1)
    rows = _local(request, appeals)
    shown, officers = rows[: page.limit], city_tables(request.context).officers.of(code)
    if not shown and not officers and page.after is None:
        raise NotFound(
            "没有这家企业的诉求", "no appeal of an enterprise with this credit code is here", "credit_code"
        )
    return json(
        {
            "credit_code": code,
            "names": sorted({row["enterprise"] for row in shown if row["enterprise"]}),
            "officers": [officer.model_dump(exclude={"enterprises"}) for officer in officers],
            "loans": f"/financing/enterprises/{code}",
            "appeals": shown,
            "next": page.after_last(rows, "registration_number"),
        }
    )


@router.get("/callers", summary="来电历史 / What a caller brought before", response_model=PageOf[FoundAppeal])
async def callers(
    conn: Reading,
    called: Called,
    page: Paged,
    request: Requested,
    phone: Annotated[str, Query(max_length=100)],
) -> Response:
    """The appeals for which this phone was given, the oldest number first."""
    try:
        number = spelled(phone)
    except ValueError as error:
        zh = "电话号码有误：手机 11 位，座机带区号，境外号码以 + 和国家代码开头"
        raise Invalid(zh, f"this phone {error}", "phone") from error
    hash_, sight = hashes_of(request.context).tail(number), rulebook(request.context).sight(called.role)
    appeals = await queries.of_phone(conn, sight, hash_, after=page.after_text, limit=page.limit + 1)
    return page.answer(_local(request, appeals), "registration_number")


def _local(request: RequestContext, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    zone = request.context.zone
    return [{**row, "received_at": row["received_at"].astimezone(zone)} for row in rows]


@router.get(
    "/alike", summary="相似诉求 / Appeals like what is being typed", response_model=Items[AlikeAppeal]
)
async def alike(
    conn: Reading,
    called: Called,
    request: Requested,
    title: Annotated[str, Query(max_length=200)] = "",
    text: Annotated[str, Query(max_length=2_000)] = "",
    enterprise: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Appeals of the last 90 days that share words of two characters, those of the same enterprise first.

    `enterprise` is a name or a credit code. Nothing is like a text of fewer than two characters.
    """
    hashes = hashes_of(request.context)
    typed = words(hashes, title, text)
    if not typed:
        return json({"items": []})
    named = of_enterprise(hashes, enterprise, enterprise) if enterprise else []
    since = request.context.clock.now() - ALIKE_WITHIN
    sight = rulebook(request.context).sight(called.role)
    return json({"items": _local(request, await queries.alike(conn, sight, typed, named, since, MOST_ALIKE))})
