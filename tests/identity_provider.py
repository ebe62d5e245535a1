"""A real identity provider (oidc-provider on Node), and a person's browser between it and the city."""

import asyncio
import json
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx
from joserfc.jwk import RSAKey

from huying.local.embedded import free_port
from tests.bank_clients import needed, node_modules
from tests.people import Browser

PROGRAM = Path(__file__).parent / "provider" / "provider.mjs"
NAME = "市统一身份认证平台"
CLIENT, SECRET = "huying", "of tests + alone"
RETURN = "/desks/people/provider/return"
START_S = 30
PEOPLE: dict[str, dict[str, Any]] = {
    "li": {"groups": ["roads-handlers"], "preferred_username": "Li.Gong", "name": "李工"},
    "wang": {"groups": ["dispatchers", "staff"], "name": "王派", "amr": ["pwd", "otp"]},
    "zhou": {"groups": ["dispatchers"], "name": "周派", "amr": ["pwd"]},
    "guest": {"groups": ["staff"], "name": "来宾"},
    "firm": {"uscc": "91350100M000100Y43", "org_name": "示例制造有限公司", "name": "经办"},
}
SETTINGS = """\
name: {name}
issuer: {issuer}
client_id: {client}
client_secret_file: client_secret
redirect_uri: {here}{back}
after_sign_out: {here}/
second_factor: [otp, mfa]
roles:
  claim: groups
  until: until
  given:
    - {{ value: roads-handlers, role: unit_handler, code: roads }}
    - {{ value: dispatchers, role: dispatcher, ends_on: 2026-12-31 }}
    - {{ value: past-auditors, role: auditor, ends_on: 2026-10-31 }}
enterprises: {{ credit_code: uscc, name: org_name }}
"""


def new_key(name: str) -> dict[str, Any]:
    """A private key by which a provider signs."""
    parameters = {"kid": name, "use": "sig", "alg": "RS256"}
    return dict(RSAKey.generate_key(2048, parameters, private=True).as_dict(private=True))


class IdentityProvider:
    """The provider's process, with what it knows of people, and the file by which desks knows it."""

    def __init__(self, folder: Path, here: str) -> None:
        self.issuer = f"http://127.0.0.1:{free_port()}"
        self.people = {name: dict(claims) for name, claims in PEOPLE.items()}
        self.keys = [new_key("first")]
        self.settings = folder / "provider.yaml"
        self._file = folder / "provider.json"
        self.here = here
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        (folder / "client_secret").write_text(SECRET + "\n")
        words = {"name": NAME, "issuer": self.issuer, "client": CLIENT, "here": here, "back": RETURN}
        self.settings.write_text(SETTINGS.format(**words), "utf-8")

    async def start(self) -> Self:
        """Start the provider, which npm fetches at the first call. Skips the test where there is no Node."""
        node, npm = needed("node", "npm")
        modules = await asyncio.to_thread(node_modules, npm, PROGRAM.with_name("package.json"), "provider-js")
        program = modules.parent / PROGRAM.name  # a module finds packages beside itself
        if not program.exists() or program.read_bytes() != PROGRAM.read_bytes():
            shutil.copy(PROGRAM, program)
        self._write()
        self._process = await asyncio.create_subprocess_exec(
            node,
            str(program),
            env={"PATH": os.environ["PATH"], "PROVIDER": str(self._file)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(START_S), httpx.AsyncClient(trust_env=False) as client:
            while True:
                try:
                    await client.get(f"{self.issuer}/.well-known/openid-configuration")
                    return self
                except httpx.TransportError:
                    await asyncio.sleep(0.05)

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def say_again(self) -> None:
        """Let the provider know people and keys as they now are."""
        self._write()
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(START_S):
            while await self._process.stdout.readline() != b"read\n":
                pass

    def _write(self) -> None:
        client = {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "redirect_uris": [self.here + RETURN],
            "post_logout_redirect_uris": [f"{self.here}/"],
            "backchannel_logout_uri": f"{self.here}/desks/people/provider/logout",
            "backchannel_logout_session_required": True,
            "response_types": ["code"],
            "grant_types": ["authorization_code"],
        }
        known = {"issuer": self.issuer, "client": client, "people": self.people, "keys": self.keys}
        self._file.write_text(json.dumps(known), "utf-8")


@asynccontextmanager
async def identity_provider(folder: Path, here: str) -> AsyncIterator[IdentityProvider]:
    """A provider that runs, and knows the city at the address `here`."""
    provider = IdentityProvider(folder, here)
    try:
        yield await provider.start()
    finally:
        await provider.stop()


class Traveller:
    """One browser that goes from the city to the provider and back."""

    def __init__(self, browser: Browser, provider: IdentityProvider) -> None:
        self.browser = browser
        self._provider = provider
        self._there = httpx.AsyncClient(trust_env=False, base_url=provider.issuer)

    async def sent(self) -> str:
        """Begin here; the address at the provider to which the browser is sent."""
        answer = await self.browser.call("GET", "/provider/sign-in")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def confirmed(self, address: str, login: str) -> dict[str, str]:
        """Sign in at the provider; what it sends the browser back with."""
        answer = await self._there.get(address)
        while (
            not (location := answer.headers.get("location", "")).endswith(RETURN) and RETURN not in location
        ):
            if location:
                answer = await self._there.get(location)
                continue
            form = re.search(r'action="([^"]+)"', answer.text)
            assert form, answer.text
            fields = {"prompt": "login", "login": login, "password": "any"}
            answer = await self._there.post(form[1], data=fields)
        return dict(parse_qsl(urlsplit(location).query))

    async def back(self, told: dict[str, str]) -> httpx.Response:
        """Come back here with what the provider said."""
        return await self.browser.call("GET", f"/provider/return?{httpx.QueryParams(told)}")

    async def sign_in(self, login: str) -> httpx.Response:
        """All of it."""
        return await self.back(await self.confirmed(await self.sent(), login))

    async def sign_out_there(self, address: str | None = None) -> httpx.Response:
        """Sign out at the provider, at its own page or where the city sends the browser."""
        answer = await self._there.get(address or f"{self._provider.issuer}/session/end")
        form, secret = (re.search(f'{name}="([^"]+)"', answer.text) for name in ("action", "value"))
        assert form, answer.text
        assert secret, answer.text
        return await self._there.post(form[1], data={"xsrf": secret[1], "logout": "yes"})
