"""Calls of the services, as the person who looks at a page or as anyone."""

import asyncio
import copy
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.desks.pages.viewer import Viewer
from services.desks.resources import people_keys, resources_of
from services.desks.settings import DesksSettings
from shared.service.clock import epoch_s
from shared.service.errors import HuyingError, Unavailable
from shared.service.service import ServiceContext
from shared.telemetry.context import traceparent
from shared.web.client import Transport
from shared.web.tokens import Purpose, sign

TIMEOUT_S = 10.0
UPLOAD_S = 300.0
"""How long a service may look at a file that has arrived."""
HEARD_WITHIN_S = 0.8
NAMES = {
    "intake": "受理",
    "dispatch": "交办",
    "escalation": "督办",
    "financing": "融资",
    "notify": "通知",
    "desks": "工作台",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with one field, in both languages. `field` is empty for the whole."""

    field: str
    zh: str
    en: str


class Refused(Exception):
    """A service refused a call: its status, and what is wrong with which field."""

    def __init__(self, status: int, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__(mistakes[0].en if mistakes else str(status))
        self.status = status
        self.mistakes = mistakes


SHOWN_AGAIN = Mistake(
    "",
    "已重新登录，尚未提交。您填写的内容都在，请核对后提交",
    "You are signed in again and nothing was sent yet. Look at what you typed and send it",
)
"""What a form says that comes back after signing in."""
KEPT_OF_FILES = ("content-type", "content-disposition", "content-encoding", "content-length")
OF_FILES = {
    "cache-control": "private, no-store",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
"""Headers of files: no browser opens one as a page of this site."""
PASSED_ON = ("cookie", "host", "origin", "user-agent", "x-forwarded-for")
"""Headers of a browser that say whose session is meant, and where the request comes from."""


class Calls:
    """Calls services at the addresses of the settings or of `urls`, and desks itself without the network."""

    def __init__(self, context: ServiceContext, urls: Mapping[str, str] | None = None) -> None:
        settings = context.settings
        assert isinstance(settings, DesksSettings)
        self._context = context
        self._urls = {
            "intake": settings.intake_url,
            "dispatch": settings.dispatch_url,
            "escalation": settings.escalation_url,
            "financing": settings.financing_url,
            "notify": settings.notify_url,
            **(urls or {}),
        }
        self._changes = resources_of(context).changes
        self._acts = True
        self._network = httpx.AsyncClient(
            transport=Transport(trust_env=False), timeout=TIMEOUT_S, trust_env=False
        )
        self._own = httpx.AsyncClient(
            transport=httpx.ASGITransport(context.app, raise_app_exceptions=False),
            base_url="http://desks",
            timeout=TIMEOUT_S,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._network.aclose()
        await self._own.aclose()

    def looking(self) -> "Calls":
        """The same calls, but what would act is refused: so a form is shown as it was typed."""
        calls = copy.copy(self)
        calls._acts = False
        return calls

    async def get(self, viewer: Viewer | None, service: str, path: str, **params: Any) -> Any:
        """What a service answers to a GET. Raises `Refused`; `Unavailable` where it does not answer."""
        given = {name: value for name, value in params.items() if value not in (None, "")}
        return (await self.send(viewer, "GET", service, path, params=given)).json()

    async def post(
        self, viewer: Viewer | None, service: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> Any:
        """Act in a service; `headers` name the version acted on and the key of the form.

        Returns once lists show what was done, or after `HEARD_WITHIN_S`: who acts finds it in the next page.
        """
        self._check_acts()
        heard = self._changes.number
        answer = await self.send(viewer, "POST", service, path, json=body, headers=headers)
        content = answer.json() if answer.content else {}
        if service != "desks" and (ids := changed_in(content)):
            await self._changes.until(ids, heard, HEARD_WITHIN_S)
        return content

    async def upload(
        self,
        viewer: Viewer | None,
        service: str,
        path: str,
        content: AsyncIterator[bytes],
        headers: Mapping[str, str],
    ) -> Any:
        """Hand a file on as it arrives."""
        self._check_acts()
        answer = await self.send(
            viewer, "POST", service, path, headers=headers, content=content, timeout=UPLOAD_S
        )
        return answer.json()

    def _check_acts(self) -> None:
        if not self._acts:
            raise Refused(200, (SHOWN_AGAIN,))

    async def send(
        self,
        viewer: Viewer | None,
        method: str,
        service: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Send a request as the viewer, in the role of the page."""
        client, base = self._client(service)
        try:
            answer = await client.request(
                method,
                f"{base}{path}",
                headers={**self._headers(viewer, service, method), **(headers or {})},
                **options,
            )
        except httpx.HTTPError as error:
            raise away(service) from error
        if answer.status_code >= 500:
            raise away(service)
        if answer.is_error:
            raise Refused(answer.status_code, _mistakes(answer))
        return answer

    async def passed_on(
        self,
        viewer: Viewer | None,
        service: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Response:
        """What a service answers to a GET, passed on part by part: a document, a file, a table."""
        client, base = self._client(service)
        asked = {**self._headers(viewer, service, "GET"), **(headers or {})}
        try:
            request = client.build_request("GET", f"{base}{path}", headers=asked, params=params)
            answer = await client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise away(service) from error
        if answer.is_error:
            await answer.aread()
            await answer.aclose()
            raise (
                away(service) if answer.status_code >= 500 else Refused(answer.status_code, _mistakes(answer))
            )
        kept = {name: answer.headers[name] for name in KEPT_OF_FILES if name in answer.headers}
        return StreamingResponse(
            answer.aiter_raw(), headers={**OF_FILES, **kept}, background=BackgroundTask(answer.aclose)
        )

    async def as_browser(
        self,
        request: Request,
        method: str,
        path: str,
        body: Any = None,
        cookies: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Ask desks itself for what concerns the browser's own session, with its cookies and address.

        `cookies` are those that the browser is about to get.
        """
        asgi = httpx.ASGITransport(self._context.app, raise_app_exceptions=False, client=_address(request))
        passed = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        if (viewer := getattr(request.state, "viewer", None)) is not None:
            passed["x-csrf-token"] = viewer.proof
        if cookies:
            shown = {**request.cookies, **cookies}
            passed["cookie"] = "; ".join(f"{name}={value}" for name, value in shown.items())
        async with httpx.AsyncClient(transport=asgi, base_url="http://desks", timeout=TIMEOUT_S) as client:
            answer = await client.request(method, path, json=body, headers=passed)
        if answer.status_code >= 500:
            raise away("desks")
        if answer.is_error:
            raise Refused(answer.status_code, _mistakes(answer))
        return answer

    def _client(self, service: str) -> tuple[httpx.AsyncClient, str]:
        if service == "desks":
            return self._own, ""
        url = self._urls[service]
        if url is None:
            raise away(service)
        return self._network, url.rstrip("/")

    def _headers(self, viewer: Viewer | None, service: str, method: str) -> dict[str, str]:
        headers = {"traceparent": traceparent()}
        if viewer is not None and viewer.grant is not None:
            purpose = Purpose.READ if method == "GET" else Purpose.ACT
            key = people_keys(self._context).signer()
            headers["authorization"] = f"Bearer {sign(key, viewer.person(), service, purpose, epoch_s())}"
        return headers


def changed_in(content: Any) -> list[str]:
    """The ids of the cases that an act changed, by what its service answered."""
    if not isinstance(content, dict):
        return []
    if "results" in content:
        return [each["appeal_id"] for each in content["results"] if each["accepted"]] * (
            not content["dry_run"]
        )
    return [content[name] for name in ("appeal_id", "case_id", "loan_id") if content.get(name)][:1]


def with_cookies(answer: Response, of: httpx.Response) -> Response:
    """The page's answer with the cookies that desks set, and what the browser forgets."""
    if (forgotten := of.headers.get("clear-site-data")) is not None:
        answer.headers["clear-site-data"] = forgotten
    for value in of.headers.get_list("set-cookie"):
        answer.headers.append("set-cookie", value)
    return answer


def _address(request: Request) -> tuple[str, int]:
    return (request.client.host, request.client.port) if request.client else ("127.0.0.1", 0)


async def together(**calls: Any) -> dict[str, Any]:
    """The answers to calls that run at once, by name; None for what a service did not answer."""
    answers = await asyncio.gather(*calls.values(), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, Unavailable | Refused):
            raise answer
    return {
        name: None if isinstance(answer, BaseException) else answer
        for name, answer in zip(calls, answers, strict=True)
    }


def away(service: str) -> Unavailable:
    """The error of a service that does not answer."""
    return Unavailable(
        f"{NAMES.get(service, service)}服务暂时没有应答，请稍后再试",
        f"the {service} service does not answer now: try again later",
    )


def _mistakes(answer: httpx.Response) -> tuple[Mistake, ...]:
    """What a problem document (RFC 9457) says is wrong."""
    try:
        problem = answer.json()
    except ValueError:
        return (Mistake("", "服务拒绝了这一请求", "the service refused this"),)
    if errors := problem.get("errors"):
        return tuple(Mistake(str(each.get("field") or ""), each["zh"], each["en"]) for each in errors)
    zh, _, en = str(problem.get("detail", "")).partition(" / ")
    return (Mistake("", zh, en or zh),)


def mistakes_of(error: HuyingError) -> tuple[Mistake, ...]:
    """What one of our own errors says is wrong."""
    return (Mistake(error.field or "", error.zh, error.en),)
