"""The page of deliveries that failed, for the office and operators, with a button to send each again."""

from functools import cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from services.notify.deliveries import queries
from services.notify.deliveries.api import send_again
from services.notify.deliveries.domain import ChannelKind, DeliveryOutcome, DeliveryState
from services.notify.reading import as_read_by
from shared.judging.rulebook import rulebook
from shared.web.pages import PAGE_HEADERS, check_proof, page_answer, proof
from shared.web.paging import Paged
from shared.web.request import Reading, Requested

router = APIRouter(tags=["notify"])

KINDS = {
    "office": ("营商环境办", "the office"),
    "regulator": ("金融监管分局", "the regulator"),
    "unit": ("承办单位", "unit"),
    "head": ("单位负责人", "head of unit"),
    "leader": ("领导", "leader"),
    "bank": ("银行", "bank"),
    "enterprise": ("企业", "enterprise"),
}
ACTIONS = {
    DeliveryOutcome.PERMANENT: (
        "地址有误或拒收：请核对联系方式后重发",
        "wrong address or refused: mend the contact",
    ),
    DeliveryOutcome.TEMPORARY: (
        "对方暂时无法接收：可稍后重发",
        "could not be taken for a day: send again later",
    ),
    DeliveryOutcome.TECHNICAL: (
        "我方或服务商故障：请运维处理后重发",
        "a fault of ours or the provider's: operators mend it",
    ),
}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("services.notify.deliveries", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
    )


def _to(recipient: str) -> tuple[str, str, str]:
    """The kind of recipient in Chinese and English, and its code; an enterprise is shown without its id."""
    kind, _, code = recipient.partition(":")
    zh, en = KINDS.get(kind, (kind, kind))
    return zh, en, "" if kind == "enterprise" else code


def _purpose(delivery_id: object) -> str:
    return f"resend {delivery_id}"


@router.get(
    "/failures", summary="发送失败的通知 / The page of failed deliveries", response_class=HTMLResponse
)
async def failures(
    http_request: Request,
    conn: Reading,
    request: Requested,
    page: Paged,
    again: Annotated[UUID | None, Query()] = None,
) -> Response:
    """What could not leave and is not tried any more, the last first. `again` was just taken up again."""
    sight = rulebook(request.context).sight(request.caller.role)
    rows = await queries.deliveries_in(conn, sight, page, DeliveryState.FAILED)
    zone = request.context.zone
    items: list[dict[str, Any]] = [
        {
            **as_read_by(request.caller.role, row),
            "to": _to(row["recipient"]),
            "channel_title": ChannelKind(row["channel"]).zh,
            "action": ACTIONS[DeliveryOutcome(row["outcome"])],
            "failed_at": row["changed_at"].astimezone(zone),
            "proof": proof(http_request, _purpose(row["id"])),
        }
        for row in rows[: page.limit]
    ]
    following = page.after_last(rows, "changed_at", "id")
    html = _environment().get_template("failures.html").render(items=items, next=following, again=again)
    return page_answer(html)


@router.post(
    "/failures/{delivery_id}/resend",
    summary="在页面上重新发送 / The page's button to send again",
    status_code=303,
    response_class=HTMLResponse,
)
async def resend(
    delivery_id: UUID,
    http_request: Request,
    request: Requested,
    proof: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """The button of the page: try a failed delivery again, then show the page."""
    check_proof(http_request, _purpose(delivery_id), proof)
    await send_again(request, delivery_id)
    return RedirectResponse(f"../../failures?again={delivery_id}", 303, headers=PAGE_HEADERS)
