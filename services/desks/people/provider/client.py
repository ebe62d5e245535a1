"""Calls to the identity provider, each bounded in time and size, over no redirect.

What it publishes is kept for an hour. Its keys are asked for again when a token names an unknown one, at most
every few seconds: so a key that the provider replaces counts at once, and nobody makes us ask without end.
"""

import asyncio
import time
from typing import Any, TypeVar
from urllib.parse import quote_plus

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.desks.people.provider.documents import Answer, Metadata
from services.desks.people.provider.settings import ProviderSettings
from shared.service.errors import Unauthorized, Unavailable
from shared.telemetry.metrics import Telemetry
from shared.telemetry.spans import call_span
from shared.web.client import Transport, beginning

PEER = "identity-provider"
TIMEOUT_S = 5.0
LARGEST = 256 * 1024
KEPT_S = 3600.0
KEYS_AGAIN_S = 5.0
AT_ONCE = 8
"""Calls at once. Whoever comes in between waits, within the time of a call."""
M = TypeVar("M", bound=BaseModel)
_OBJECT = TypeAdapter(dict[str, Any])


class ProviderClient:
    """Asks one provider. `Unavailable` where it gives no usable answer."""

    def __init__(
        self,
        settings: ProviderSettings,
        telemetry: Telemetry,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._telemetry = telemetry
        self._places = asyncio.Semaphore(AT_ONCE)
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT_S,
            transport=transport or Transport(trust_env=False, limits=limits),
            trust_env=False,
        )
        self._metadata: tuple[Metadata, float] | None = None
        self._keys: tuple[KeySet, float] | None = None
        self._asked_again_s = -KEYS_AGAIN_S

    async def metadata(self) -> Metadata:
        """The provider's addresses. `Unavailable` also where another issuer answers."""
        if self._metadata is None or time.monotonic() - self._metadata[1] > KEPT_S:
            url = self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            metadata = _model(Metadata, await self._content("GET", url))
            if metadata.issuer != self._settings.issuer:
                raise away()
            self._metadata = metadata, time.monotonic()
        return self._metadata[0]

    async def keys(self, *, unknown: bool = False) -> KeySet:
        """The provider's public keys; asked for again where a token names an `unknown` one."""
        now_s = time.monotonic()
        if unknown and now_s - self._asked_again_s > KEYS_AGAIN_S:
            self._keys, self._asked_again_s = None, now_s
        if self._keys is None or now_s - self._keys[1] > KEPT_S:
            content = _object(await self._content("GET", (await self.metadata()).jwks_uri))
            try:
                keys = KeySet.import_key_set({"keys": content["keys"]})
            except (JoseError, KeyError, ValueError, TypeError) as error:
                raise away() from error
            self._keys = keys, now_s
        return self._keys[0]

    async def id_token(self, code: str, verifier: str) -> str:
        """The ID token for a code. `Unauthorized` where the provider does not take the code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect_uri,
            "code_verifier": verifier,
            "client_id": self._settings.client_id,
        }
        secret, auth = self._settings.client_secret, None
        if secret is not None:  # each encoded as in a form (RFC 6749, 2.3.1)
            auth = httpx.BasicAuth(quote_plus(self._settings.client_id), quote_plus(secret))
        url = (await self.metadata()).token_endpoint
        content = await self._content("POST", url, data=form, auth=auth)
        return _model(Answer, content).id_token

    async def _content(self, method: str, url: str, **options: Any) -> bytes:
        with call_span(f"{method} {PEER}", {"http.request.method": method}, self._telemetry, PEER):
            try:
                async with asyncio.timeout(TIMEOUT_S), self._places:
                    request = self._client.stream(method, url, follow_redirects=False, **options)
                    async with request as answer:
                        content = await beginning(answer, LARGEST + 1)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
                raise away() from error
        if answer.status_code in (400, 401) and method == "POST":
            raise no_longer_taken()
        if answer.status_code != 200 or len(content) > LARGEST:
            raise away()
        return content


def _model(model: type[M], content: bytes) -> M:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise away() from error


def _object(content: bytes) -> dict[str, Any]:
    try:
        return _OBJECT.validate_json(content)
    except ValidationError as error:
        raise away() from error


def away() -> Unavailable:
    """The refusal while the provider cannot be used. Accounts of this system sign in all the same."""
    return Unavailable(
        "统一身份认证平台暂时不能使用：没有应答，或应答无法识别。本系统的账号和密码仍可登录；请稍后再试，或联系系统管理员",
        "the identity provider cannot be used now: it gives no usable answer. Sign in with an account and"
        " password of this system, try again later, or tell the administrator",
    )


def no_longer_taken() -> Unauthorized:
    """The refusal of a sign-in that the provider does not confirm, or that began elsewhere or long ago."""
    refusal = Unauthorized(
        "统一身份认证未完成：此次登录已失效或不在本浏览器中开始，请重新登录",
        "signing in was not completed: it was begun in another browser or too long ago. Sign in again",
        "state",
    )
    refusal.challenge = "Session"
    return refusal
