"""The cookies of people: of a session, of a device from which somebody signed in before, and of a sign-in
that the identity provider is to confirm.

Both are signed (JWS) with the key that signs tokens, and checked by the public keys beside it: a key that is
replaced ends no session while its public half is still in the file. No script reads them, and no other site's
requests carry them but a link that is followed.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Self
from uuid import UUID

import orjson
from fastapi import Request, Response
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared.web.tokens import ALGORITHM

if TYPE_CHECKING:
    from services.desks.people.keys import PeopleKeys

SESSION, DEVICE, SIGN_IN = "huying-session", "huying-device", "huying-sign-in"
HOST_PREFIX = "__Host-"
"""What names of cookies begin with where TLS is on: browsers take them over TLS from this very host alone."""
SIGN_IN_S = 600
"""So long a sign-in that goes by the identity provider may take."""
DEVICE_KEPT_S = 365 * 86_400
LONGEST = 2_000
FORGOTTEN = '"cache", "storage"'
"""What a browser forgets at signing out. The cookie of the device stays: others cannot use up its tries."""


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """Which session, and the secret that proves it. The database has the secret's hash alone."""

    session_id: UUID
    secret: str

    @classmethod
    def new(cls, session_id: UUID) -> Self:
        return cls(session_id, secrets.token_urlsafe(32))

    @property
    def secret_hash(self) -> str:
        return sha256(self.secret.encode()).hexdigest()

    @property
    def proof(self) -> str:
        """What a page sends beside the cookie (`X-CSRF-Token`): other sites' pages cannot read it."""
        return sha256(f"proof {self.secret}".encode()).hexdigest()


def named(name: str, *, secure: bool) -> str:
    """What a cookie is called at the browser."""
    return HOST_PREFIX + name if secure else name


def session_cookie(request: Request, keys: Mapping[str, OKPKey], *, secure: bool) -> SessionCookie | None:
    """The session that a request claims; None without a cookie of ours."""
    content = _read(request, SESSION, keys, secure=secure)
    return None if content is None else SessionCookie(UUID(content["session"]), content["secret"])


def device_of(
    request: Request, account_id: UUID | None, keys: Mapping[str, OKPKey], *, secure: bool
) -> str | None:
    """The device from which this account signed in before; None for any other."""
    content = _read(request, DEVICE, keys, secure=secure)
    return content["device"] if content and content["account"] == str(account_id) else None


def set_session(response: Response, cookie: SessionCookie, keys: "PeopleKeys", *, secure: bool) -> None:
    """Give the browser a session. It keeps it until it is closed."""
    content = {"session": str(cookie.session_id), "secret": cookie.secret}
    _set(response, SESSION, _signed(content, SESSION, keys.signer()), None, secure=secure)


def set_device(response: Response, account_id: UUID, keys: "PeopleKeys", *, secure: bool) -> None:
    """Let the browser be known as one from which the account signed in."""
    content = {"account": str(account_id), "device": secrets.token_urlsafe(16)}
    _set(response, DEVICE, _signed(content, DEVICE, keys.signer()), DEVICE_KEPT_S, secure=secure)


def begun_sign_in(
    request: Request, keys: Mapping[str, OKPKey], now_s: int, *, secure: bool
) -> dict[str, str] | None:
    """What this browser took along to the identity provider; None where it is nothing, or too old."""
    content = _read(request, SIGN_IN, keys, secure=secure)
    return content if content and now_s <= int(content["until"]) else None


def set_sign_in(
    response: Response, content: Mapping[str, str], keys: "PeopleKeys", now_s: int, *, secure: bool
) -> None:
    """Let the browser take `content` along to the identity provider and back."""
    signed = _signed({**content, "until": str(now_s + SIGN_IN_S)}, SIGN_IN, keys.signer())
    _set(response, SIGN_IN, signed, SIGN_IN_S, secure=secure)


def drop_sign_in(response: Response, *, secure: bool) -> None:
    _drop(response, SIGN_IN, secure=secure)


def drop_session(response: Response, *, secure: bool) -> None:
    """End the session at the browser, which forgets the pages that it kept too."""
    _drop(response, SESSION, secure=secure)
    response.headers["clear-site-data"] = FORGOTTEN


def _drop(response: Response, name: str, *, secure: bool) -> None:
    name = named(name, secure=secure)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")


def _set(response: Response, name: str, value: str, max_age: int | None, *, secure: bool) -> None:
    name = named(name, secure=secure)
    response.set_cookie(name, value, max_age, path="/", secure=secure, httponly=True, samesite="lax")


def _signed(content: dict[str, str], kind: str, key: OKPKey) -> str:
    header = {"alg": ALGORITHM, "typ": kind, "kid": key.thumbprint()}
    return jws.serialize_compact(header, orjson.dumps(content), key, algorithms=[ALGORITHM])


def _read(request: Request, kind: str, keys: Mapping[str, OKPKey], *, secure: bool) -> dict[str, str] | None:
    """The content of a cookie of this kind that one of `keys` signed; None for any other."""
    value = request.cookies.get(named(kind, secure=secure))
    if value is None or len(value) > LONGEST:
        return None
    try:
        signed = jws.extract_compact(value.encode())
        header = signed.headers()
        key = keys.get(str(header.get("kid")))
        if key is None or header.get("typ") != kind:
            return None
        if not jws.validate_compact(signed, key, algorithms=[ALGORITHM]):
            return None
        content: dict[str, str] = orjson.loads(signed.payload)
    except (JoseError, ValueError):
        return None
    return content
