"""What the provider signs: ID tokens and logout tokens, checked by its keys. Pure but for asking for keys."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError

from services.desks.people.provider.client import ProviderClient
from services.desks.people.provider.settings import ProviderSettings
from shared.service.clock import epoch_s

ALGORITHMS = (
    "RS256",
    "PS256",
    "ES256",
    "RS384",
    "PS384",
    "ES384",
    "RS512",
    "PS512",
    "ES512",
    "Ed25519",
    "EdDSA",
)
"""No shared secrets (HS256) and no unsigned tokens (`none`)."""
SKEW_S = 60
"""How far the provider's clock may be from ours."""
LOGOUT_S = 300
"""So old a logout token may be."""
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TYPES = ("logout+jwt", "application/logout+jwt")
LONGEST_SUBJECT = 255


class NotTrusted(Exception):
    """A token is not one that the provider gave for this."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a token is about: one person at the provider, and a session there where it says one."""

    subject: str | None
    session: str | None
    claims: dict[str, Any]


async def signed_in(
    token: str,
    nonce: str,
    client: ProviderClient,
    settings: ProviderSettings,
    now_s: Callable[[], int] = epoch_s,
) -> Subject:
    """Whom an ID token is about (OpenID Connect Core 1.0, 3.1.3.7). Raises `NotTrusted` for any other."""
    claims = (await _signed(token, client)).claims
    registry = jwt.JWTClaimsRegistry(
        now_s,
        SKEW_S,
        iss={"essential": True, "value": settings.issuer},
        aud={"essential": True, "value": settings.client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    _validate(registry, claims)
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != settings.client_id:
        raise NotTrusted("the token is for several clients, and was not given to this one")
    return _subject(claims)


async def signed_out(
    token: str, client: ProviderClient, settings: ProviderSettings, now_s: Callable[[], int] = epoch_s
) -> Subject:
    """Whom a logout token is about (OpenID Connect Back-Channel Logout 1.0, 2.6). Raises `NotTrusted`."""
    logout = await _signed(token, client)
    claims = logout.claims
    if str(logout.header.get("typ", "")).lower() not in LOGOUT_TYPES:
        raise NotTrusted("the token is not typed as a logout token (logout+jwt)")
    registry = jwt.JWTClaimsRegistry(
        now_s,
        SKEW_S,
        iss={"essential": True, "value": settings.issuer},
        aud={"essential": True, "value": settings.client_id},
        iat={"essential": True},
        jti={"essential": True},
    )
    _validate(registry, claims)
    events = claims.get("events")
    if not isinstance(events, dict) or LOGOUT not in events or "nonce" in claims:
        raise NotTrusted("this is no logout token")
    if now_s() - claims["iat"] > LOGOUT_S:
        raise NotTrusted("the logout token is old")
    subject = _subject(claims)
    if subject.subject is None and subject.session is None:
        raise NotTrusted("the logout token names nobody")
    return subject


async def _signed(token: str, client: ProviderClient) -> jwt.Token:
    """The token that a key of the provider signed; a key that is not known yet is asked for once."""
    try:
        try:
            return jwt.decode(token, await client.keys(), algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            return jwt.decode(token, await client.keys(unknown=True), algorithms=ALGORITHMS)
    except (JoseError, ValueError) as error:
        raise NotTrusted(f"the token's signature does not hold: {type(error).__name__}") from error


def _validate(registry: jwt.JWTClaimsRegistry, claims: dict[str, Any]) -> None:
    try:
        registry.validate(claims)
    except (JoseError, ValueError) as error:
        raise NotTrusted(f"a claim does not hold: {error}") from error


def _subject(claims: dict[str, Any]) -> Subject:
    subject, session = claims.get("sub"), claims.get("sid")
    for value in (subject, session):
        if value is not None and not (isinstance(value, str) and 0 < len(value) <= LONGEST_SUBJECT):
            raise NotTrusted("subject or session is no short text")
    return Subject(subject, session, claims)
