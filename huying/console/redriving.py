"""The page of parked messages, with a button that redrives one under the viewer's own key."""

import asyncio
import re
from datetime import datetime
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from huying.console.page_context import Lang, console, known_parameters, operator, render
from huying.console.rendering import HEADERS, address
from huying.console.words import Language
from shared.service.errors import NotFound
from shared.web.pages import check_proof, proof
from shared.web.paging import LARGEST

MOST_PARKED = 100
router = APIRouter(
    dependencies=[Depends(operator), Depends(known_parameters)], default_response_class=HTMLResponse
)


@router.get("/parked")
async def parked(
    request: Request,
    lang: Lang = "zh",
    done: Annotated[str, Query(max_length=1)] = "",
    failed: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """The parked messages of all services, each with a button to redrive it."""
    urls = console(request).scraper.urls
    answers = await asyncio.gather(*(_ask(request, "GET", service, "/parked") for service in urls))
    items: list[dict[str, Any]] = []
    silent, more = [], False
    for service, answer in zip(urls, answers, strict=True):
        if answer is None or not answer.is_success:
            silent.append(service)
            continue
        page = answer.json()
        more = more or bool(page["next"])
        items += [_parked(request, service, message, lang) for message in page["items"]]
    return render(request, "parked", lang, items=items, silent=silent, more=more, done=done, failed=failed)


def _parked(request: Request, service: str, message: dict[str, Any], language: Language) -> dict[str, Any]:
    form_proof = proof(request, _proof_subject(service, message["id"]))
    at = datetime.fromisoformat(message["parked_at"]).astimezone(console(request).zone)
    headers = dict(message["headers"]) if isinstance(message["headers"], list | dict) else {}
    parent = re.fullmatch(r"[0-9a-f]{2}-([0-9a-f]{32})-.*", str(headers.get("traceparent", "")))
    return {
        **message,
        "service": service,
        "parked_at": at.strftime("%Y-%m-%d %H:%M:%S"),
        "trace_id": parent[1] if parent else "",
        "action": address(f"parked/{service}/{message['id']}/redrive", language, proof=form_proof),
    }


@router.post("/parked/{service}/{parked_id}/redrive")
async def redrive(
    request: Request,
    service: str,
    parked_id: Annotated[int, Path(ge=1, le=LARGEST)],
    lang: Lang = "zh",
    proof: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Let the service handle the message again, under the caller's key."""
    check_proof(request, _proof_subject(service, parked_id), proof)
    if service not in console(request).scraper.urls:
        raise NotFound("没有这个服务", f"there is no service {service}")
    answer = await _ask(request, "POST", service, f"/parked/{parked_id}/redrive")
    if answer is not None and answer.is_success:
        query = {"done": "1"}
    else:
        query = {"failed": "no answer" if answer is None else _refusal(answer)}
    return RedirectResponse(address("parked", lang, **query), 303, headers=HEADERS)


def _refusal(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])[:400]
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"


async def _ask(request: Request, method: str, service: str, path: str) -> httpx.Response | None:
    """A service's answer under the caller's own key; None where it does not answer."""
    here = console(request).scraper
    headers = {"authorization": f"Bearer {request.state.key}"}
    try:
        async with httpx.AsyncClient(
            headers=headers, timeout=20, transport=here.transport, trust_env=False
        ) as http:
            params = {"limit": MOST_PARKED} if method == "GET" else None
            return await http.request(method, f"{here.urls[service]}{path}", params=params)
    except httpx.HTTPError:
        return None


def _proof_subject(service: str, parked_id: int) -> str:
    return f"redrive {service} {parked_id}"
