"""People in tests: they sign in, show one-time codes and get tokens, as a browser would."""

from http.cookies import SimpleCookie
from typing import Any

import httpx
import pyotp

from tests.city import City

PASSWORD = "ochre-lantern-52-willow"
HOST = "desks"


class Browser:
    """A browser with its cookies, and the proof that it shows with what changes something."""

    def __init__(self, city: City) -> None:
        self._city = city
        self.cookies: dict[str, str] = {}
        self.proof = ""
        self.origin: str | None = f"http://{HOST}"

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request below `/desks/people`, with the cookies of this browser."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            named["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.origin is not None:
            named.setdefault("origin", self.origin)
        async with self._city.client("desks") as client:
            answer = await client.request(method, f"/people{path}", json=body, headers=named)
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answer

    async def ok(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One request that must succeed; its JSON."""
        answer = await self.call(method, path, body, **headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def sign_in(self, login: str, password: str) -> Any:
        """Sign in; the session."""
        return await self.ok("POST", "/session", {"login": login, "password": password})

    async def settle(self, login: str, first: str, password: str = PASSWORD) -> str | None:
        """Sign in for the first time, to an open session. Returns the secret of one-time codes, if any."""
        await self.sign_in(login, first)
        session = await self.ok("POST", "/session/password", {"old": first, "new": password})
        if session["stage"] == "open":
            return None
        secret: str = (await self.ok("POST", "/session/second-factor/setup"))["secret"]
        await self.show_code(secret)
        return secret

    async def show_code(self, secret: str) -> Any:
        """Show the present one-time code."""
        return await self.ok("POST", "/session/second-factor", {"code": pyotp.TOTP(secret).now()})

    async def token(self, service: str, **more: Any) -> str:
        """A token for a service."""
        token: str = (await self.ok("POST", "/token", {"service": service, **more}))["token"]
        return token


async def call_as(city: City, token: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """One request with a token."""
    return await city.call(None, method, path, body, authorization=f"Bearer {token}", **headers)


async def made(city: City, token: str, login: str, name: str, *roles: dict[str, Any]) -> Any:
    """An account that an administrator makes; with its first password."""
    body = {"login": login, "name": name, "roles": list(roles)}
    answer = await call_as(city, token, "POST", "/desks/people/accounts", body)
    assert answer.status_code == 201, answer.text
    return answer.json()
