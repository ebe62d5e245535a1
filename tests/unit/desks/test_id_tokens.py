"""What the identity provider is said to have signed, and what it answers: the right thing alone is taken."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import Key, OctKey, RSAKey

from services.desks.people.provider import id_tokens
from services.desks.people.provider.client import LARGEST, ProviderClient
from services.desks.people.provider.settings import ProviderSettings
from shared.service.clock import epoch_s
from shared.service.errors import Unauthorized, Unavailable
from shared.telemetry.metrics import Metrics, Telemetry
from shared.telemetry.spans import Tracer

ISSUER = "https://sso.example.org"
SETTINGS = ProviderSettings.model_validate(
    {
        "name": "认证平台",
        "issuer": ISSUER,
        "client_id": "huying",
        "redirect_uri": "https://city.example.org/desks/people/provider/return",
        "roles": {"claim": "groups", "given": []},
    }
)
METADATA = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/jwks",
}
KEY, OTHER = (RSAKey.generate_key(2048, {"kid": name}, private=True) for name in ("first", "other"))
NOW = epoch_s()
CLAIMS = {"iss": ISSUER, "aud": "huying", "sub": "li", "iat": NOW, "exp": NOW + 300, "nonce": "n", "sid": "s"}
LOGOUT = {
    **{name: CLAIMS[name] for name in ("iss", "aud", "sub", "iat", "sid")},
    "jti": "1",
    "events": {id_tokens.LOGOUT: {}},
}


TYPE = "logout+jwt"


def signed(claims: dict[str, Any], key: Key = KEY, alg: str = "RS256", **header: Any) -> str:
    """A token that is signed now: its times are as far from now as they were from `NOW`."""
    passed = epoch_s() - NOW
    claims = {
        name: value + passed if name in ("iat", "exp") and isinstance(value, int) else value
        for name, value in claims.items()
    }
    named = {"alg": alg, "kid": key.kid, **header}
    return jws.serialize_compact(named, json.dumps(claims), key, algorithms=["RS256", "HS256"])


class Provider:
    """Answers by path, and counts how often it is asked."""

    def __init__(self, **answers: Any) -> None:
        self.asked: list[str] = []
        self.keys = [KEY]
        self.answers = answers

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(name := request.url.path.rpartition("/")[2])
        if name in self.answers:
            answer = self.answers[name]
            return answer() if callable(answer) else answer
        if name == "jwks":
            return httpx.Response(200, json={"keys": [key.as_dict(private=False) for key in self.keys]})
        return httpx.Response(200, json=METADATA if name == "openid-configuration" else {"id_token": "t"})


def client_of(provider: Callable[[httpx.Request], httpx.Response]) -> ProviderClient:
    telemetry = Telemetry(Tracer("desks"), Metrics("desks"))
    return ProviderClient(SETTINGS, telemetry, httpx.MockTransport(provider))


async def test_the_right_token_says_who_it_is() -> None:
    told = await id_tokens.signed_in(signed(CLAIMS), "n", client_of(Provider()), SETTINGS)
    assert (told.subject, told.session) == ("li", "s")
    several = CLAIMS | {"aud": ["huying", "other"], "azp": "huying"}
    assert (await id_tokens.signed_in(signed(several), "n", client_of(Provider()), SETTINGS)).subject == "li"


def unsigned() -> str:
    """A token that says that it has no signature."""
    return f"eyJhbGciOiJub25lIn0.{signed(CLAIMS).split('.')[1]}."


def with_another_content() -> str:
    """A token whose content was changed after it was signed."""
    head, content, signature = signed(CLAIMS).split(".")
    return f"{head}.{content[:-2]}AA.{signature}"


def forged() -> Iterator[tuple[str, Callable[[], str]]]:
    """What makes tokens that nobody may come in with, by what is wrong."""
    yield "another key of the same name", partial(signed, CLAIMS, RSAKey.generate_key(2048, {"kid": "first"}))
    yield "a key that is not the provider's", partial(signed, CLAIMS, OTHER)
    secret = OctKey.import_key("a secret of thirty-two characters", {"kid": "first"})
    yield "a shared secret", partial(signed, CLAIMS, secret, "HS256")
    yield "unsigned", unsigned
    yield "another content", with_another_content
    for name, wrong in (
        ("iss", "https://other.example.org"),
        ("aud", "other"),
        ("aud", ["huying", "other"]),
        ("exp", NOW - 120),
        ("iat", NOW + 3600),
        ("nonce", "other"),
        ("sub", ""),
        ("sub", "x" * 256),
        ("sub", 7),
        ("sid", ["s"]),
    ):
        shown = str(wrong)[:40] if name not in ("exp", "iat") else "of another time"
        yield f"{name}: {shown}", partial(signed, CLAIMS | {name: wrong})
    for name in ("iss", "aud", "exp", "iat", "nonce", "sub"):
        yield f"no {name}", partial(signed, {key: value for key, value in CLAIMS.items() if key != name})
    yield "a logout token", partial(signed, LOGOUT)
    for text in ("", "a", "a.b.c", "。"):
        yield f"no token: {text}", partial(str, text)


@pytest.mark.parametrize("make", [pytest.param(make, id=why) for why, make in forged()])
async def test_a_token_that_is_not_for_this_sign_in_is_not_trusted(make: Callable[[], str]) -> None:
    with pytest.raises(id_tokens.NotTrusted):
        await id_tokens.signed_in(make(), "n", client_of(Provider()), SETTINGS)


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "n"},
        {"events": {}},
        {"events": None},
        {"iat": NOW - 1_000},
        {"iss": "https://other.example.org"},
        {"aud": "other"},
        {"jti": None},
        {"sub": None, "sid": None},
    ],
)
async def test_another_token_is_no_logout_token(change: dict[str, Any]) -> None:
    right = signed(LOGOUT, typ=TYPE)
    assert (await id_tokens.signed_out(right, client_of(Provider()), SETTINGS)).session == "s"
    claims = {name: value for name, value in {**LOGOUT, **change}.items() if value is not None}
    with pytest.raises(id_tokens.NotTrusted):
        await id_tokens.signed_out(signed(claims, typ=TYPE), client_of(Provider()), SETTINGS)


@pytest.mark.parametrize("header", [{}, {"typ": "JWT"}, {"typ": "at+jwt"}])
async def test_a_token_that_is_not_typed_as_a_logout_token_is_none(header: dict[str, str]) -> None:
    with pytest.raises(id_tokens.NotTrusted, match=r"logout\+jwt"):
        await id_tokens.signed_out(signed(LOGOUT, **header), client_of(Provider()), SETTINGS)


async def test_an_unknown_key_is_asked_for_once_in_a_while() -> None:
    provider = Provider()
    client = client_of(provider)
    await id_tokens.signed_in(signed(CLAIMS), "n", client, SETTINGS)
    provider.keys = [OTHER, KEY]
    assert (await id_tokens.signed_in(signed(CLAIMS, OTHER), "n", client, SETTINGS)).subject == "li"
    for _ in range(20):
        with pytest.raises(id_tokens.NotTrusted):
            await id_tokens.signed_in(signed(CLAIMS, kid="invented"), "n", client, SETTINGS)
    assert provider.asked.count("jwks") == 2


def broken() -> httpx.Response:
    raise httpx.ReadTimeout("no answer")


LARGE = httpx.Response(200, content=b" " * (LARGEST + 1))
NOT_USABLE = {
    "no answer": broken,
    "an error": httpx.Response(502),
    "elsewhere": httpx.Response(302, headers={"location": "https://other.example.org"}),
    "no JSON": httpx.Response(200, content=b"<html>"),
    "another form": httpx.Response(200, json=[]),
    "too large": LARGE,
}


@pytest.mark.parametrize("answer", NOT_USABLE.values(), ids=NOT_USABLE.keys())
@pytest.mark.parametrize("asked", ["openid-configuration", "jwks", "token"])
async def test_an_answer_that_is_of_no_use_is_said_in_a_sentence(asked: str, answer: Any) -> None:
    client = client_of(Provider(**{asked: answer}))
    with pytest.raises(Unavailable, match="identity provider"):
        await (client.keys() if asked == "jwks" else client.id_token("code", "verifier"))


async def test_another_issuer_is_not_the_provider() -> None:
    other = httpx.Response(200, json=METADATA | {"issuer": "https://other.example.org"})
    with pytest.raises(Unavailable):
        await client_of(Provider(**{"openid-configuration": other})).metadata()


async def test_a_code_that_is_not_taken_is_no_fault_of_the_provider() -> None:
    with pytest.raises(Unauthorized):
        await client_of(Provider(token=httpx.Response(400))).id_token("code", "verifier")
