"""Signing in by the identity provider over HTTP (OpenID Connect): code flow, PKCE, back-channel logout."""

import asyncio
import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.desks.people import queries
from services.desks.people.answers import Ended, KnownProvider
from services.desks.people.cookies import begun_sign_in, drop_sign_in, set_session, set_sign_in
from services.desks.people.provider import id_tokens
from services.desks.people.provider.client import no_longer_taken
from services.desks.people.provider.id_tokens import NotTrusted
from services.desks.people.provider.provider import Provider, not_set_up, with_query
from services.desks.people.provider.signing_in import let_in, subject_of
from services.desks.people.throttle import Buckets
from services.desks.people.transactions import acting, address_of, settings_of
from services.desks.resources import people_keys, provider_of
from shared.events.people import RefusalReason, SessionEnd
from shared.service.clock import epoch_s
from shared.service.errors import Invalid, TooLarge, TooSlow, Unsupported
from shared.service.service import ServiceContext
from shared.web.request import Requested, json

router = APIRouter(tags=["people"])
REFUSING: dict[int | str, dict[str, Any]] = {409: {}, 503: {}}
NOT_KEPT = {"cache-control": "no-store"}
LOGOUT = "POST /people/provider/logout"
"""The route that reads its body itself, which is no JSON."""
LARGEST_LOGOUT = 32 * 1024
LOGOUT_S = 10.0
FORM = "application/x-www-form-urlencoded"
Answered = Annotated[str, Query(max_length=4_000)]


@router.get("/people/provider", summary="统一身份认证 / The identity provider", response_model=KnownProvider)
async def known(request: Requested) -> Response:
    """By which identity provider people may sign in; null where there is none."""
    provider = provider_of(request.context)
    return json({"name": None if provider is None else provider.settings().name})


@router.get(
    "/people/provider/sign-in",
    summary="通过统一身份认证登录 / Sign in by the identity provider",
    status_code=303,
    response_class=RedirectResponse,
    responses=REFUSING,
)
async def begin(request: Requested) -> Response:
    """Send the browser to the identity provider, which sends it back to `/people/provider/return`."""
    context, provider = request.context, _provider(request.context)
    settings, metadata = provider.settings(), await provider.client().metadata()
    content = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    challenge = urlsafe_b64encode(sha256(content["verifier"].encode()).digest()).rstrip(b"=").decode()
    wanted = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": settings.redirect_uri,
        "scope": " ".join(settings.scopes),
        "state": content["state"],
        "nonce": content["nonce"],
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    answer = RedirectResponse(with_query(metadata.authorization_endpoint, wanted), 303, headers=NOT_KEPT)
    secure = settings_of(context).behind_proxy
    set_sign_in(answer, content, people_keys(context), epoch_s(), secure=secure)
    return answer


@router.get(
    "/people/provider/return",
    summary="统一身份认证返回 / Back from the identity provider",
    status_code=303,
    response_class=RedirectResponse,
    responses={401: {}, 403: {}, 429: {}, **REFUSING},
)
async def returned(
    http_request: Request,
    request: Requested,
    state: Answered = "",
    code: Answered = "",
    iss: Answered = "",
    session_state: Answered = "",
    error: Answered = "",
    error_description: Answered = "",
    error_uri: Answered = "",
) -> Response:
    """The provider sent the browser back: with a code a session begins, and the browser goes on to the pages.

    `state` must be that of this browser. Other parameters are what providers add.
    """
    context, provider = request.context, _provider(request.context)
    settings, secure = provider.settings(), settings_of(context).behind_proxy
    begun = begun_sign_in(http_request, people_keys(context).checking(), epoch_s(), secure=secure)
    if begun is None or not hmac.compare_digest(begun["state"].encode(), state.encode()):
        raise no_longer_taken()
    if error or not code or iss not in ("", settings.issuer):
        raise no_longer_taken()
    cookie = await _confirmed(context, http_request, provider, code, begun)
    answer = RedirectResponse(settings.after, 303, headers=NOT_KEPT)
    set_session(answer, cookie, people_keys(context), secure=secure)
    drop_sign_in(answer, secure=secure)
    return answer


async def _confirmed(
    context: ServiceContext, request: Request, provider: Provider, code: str, begun: dict[str, str]
) -> Any:
    """The session of whom the provider names for the code. Tries of an address count until they succeed."""
    settings, client, address = provider.settings(), provider.client(), address_of(context, request)
    tries = Buckets.of_address(address)
    await tries.take(context, address, None)
    try:
        token = await client.id_token(code, begun["verifier"])
        person = await id_tokens.signed_in(token, begun["nonce"], client, settings)
    except NotTrusted as error:
        context.log.warning("a token of the identity provider is not trusted", reason=str(error))
        async with acting(context, address) as act:
            await act.record.refused(None, RefusalReason.NOT_TRUSTED)
        raise no_longer_taken() from error
    async with acting(context, address) as act:
        await tries.undo(act.conn)
    return await let_in(context, request, settings, token, person)


@router.post(
    "/people/provider/logout",
    summary="统一身份认证通知退出 / The identity provider ends sessions",
    response_model=Ended,
    responses=REFUSING,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                FORM: {
                    "schema": {
                        "type": "object",
                        "required": ["logout_token"],
                        "properties": {"logout_token": {"type": "string", "minLength": 1}},
                    }
                }
            },
        }
    },
)
async def end(http_request: Request, request: Requested) -> Response:
    """Somebody signed out at the provider: the sessions that it began end here (Back-Channel Logout 1.0)."""
    token = await _logout_token(http_request)
    context, provider = request.context, _provider(request.context)
    settings, client, address = provider.settings(), provider.client(), address_of(context, http_request)
    try:
        logout = await id_tokens.signed_out(token, client, settings)
    except NotTrusted as error:
        context.log.warning("a logout token is not trusted", reason=str(error))
        raise _no_logout_token() from error
    subject = None if logout.subject is None else subject_of(settings, logout.subject)
    async with acting(context, address) as act:
        rows = await queries.provider_sessions(act.conn, act.at, subject, logout.session)
        for row in rows:
            await queries.end_sessions(act.conn, row.account_id, act.at, only=row.session_id)
            await act.record.session_ended(row.account_id, row.session_id, SessionEnd.SIGNED_OUT_ELSEWHERE)
    return json({"ended": len(rows)})


async def _logout_token(request: Request) -> str:
    """The token of the form that the provider sends. Refuses another form, a large one, and a slow one."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Unsupported("退出通知须为表单", f"a logout token comes in a form ({FORM})", "Content-Type")
    content = bytearray()
    try:
        async with asyncio.timeout(LOGOUT_S):
            async for part in request.stream():
                content += part
                if len(content) > LARGEST_LOGOUT:
                    raise TooLarge("退出通知过大", f"more than {LARGEST_LOGOUT} bytes", "logout_token")
    except TimeoutError:
        raise TooSlow("退出通知未及时传完", f"not here within {LOGOUT_S:g} seconds", "body") from None
    try:
        fields = parse_qs(content.decode("ascii"), max_num_fields=10)
    except ValueError as error:
        raise _no_logout_token() from error
    (token,) = fields.get("logout_token", [""])[:1]
    return token


def _no_logout_token() -> Invalid:
    return Invalid(
        "退出通知无效：logout_token 缺失、已过期，或不是由所设统一身份认证平台签发",
        "no logout token of the identity provider that is set here, or an old one",
        "logout_token",
    )


def _provider(context: ServiceContext) -> Provider:
    provider = provider_of(context)
    if provider is None:
        raise not_set_up()
    return provider
