"""Services that run: where they answer, their pack settings, and requests under the key of an ops account."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from huying.local.accounts import KEYS
from services import SERVICES
from shared.files import strict_yaml

URLS = "urls.yaml"
PACK_SETTINGS = "pack-settings.txt"
"""Names the file with the numbers that packs leave open; empty where the services run without one."""


class RefusedError(ValueError):
    """A service refused a request with `status`. The message has the service's words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True)
class RunningServices:
    """The address of each service, and the key of an account, usually one of ops.

    `pack_settings`: the file that gives their packs numbers, where `huying up` says which it is.
    """

    urls: dict[str, str]
    key: str
    transport: httpx.BaseTransport | None = None
    pack_settings: Path | None = None

    @classmethod
    def find(cls, state: Path, url: str | None, key: str | None, account: str = "ops") -> "RunningServices":
        """The services at `url` with `key`, else those that `huying up` runs on `state`, as `account`.

        Without `key` the file `huying_key` of the folder HUYING_SECRETS holds it. ValueError where neither is
        given.
        """
        if url and (key := key or _key_file()):
            return cls(urls_at(url), key)
        if not (state / URLS).exists() or not (state / KEYS).exists():
            raise ValueError(
                f"nothing runs on the state folder {state}: name it by --state, or give --url and --key"
                " / 该状态目录没有运行中的城市，请以 --state 指明，或给出 --url 与 --key"
            )
        urls, key = strict_yaml.values(state / URLS), strict_yaml.values(state / KEYS).get(account)
        if key is None:
            raise ValueError(f"the city of {state} has no account {account}: give --url and --key of one")
        named = state / PACK_SETTINGS
        settings = named.read_text("utf-8") if named.exists() else ""
        return cls(urls, key, pack_settings=Path(settings) if settings else None)

    def ask(
        self,
        method: str,
        service: str,
        path: str,
        body: object = None,
        *,
        if_match: str = "",
        **params: str,
    ) -> httpx.Response:
        """Send a request, on the version `if_match`.

        `RefusedError` where the service refuses, ValueError where no service of ours answers.
        """
        headers = {"authorization": f"Bearer {self.key}"} | ({"if-match": if_match} if if_match else {})
        try:
            with httpx.Client(transport=self.transport, headers=headers, timeout=30) as http:
                answer = http.request(method, f"{self.urls[service]}{path}", params=params, json=body)
        except httpx.TransportError as error:
            raise ValueError(f"{service} does not answer at {self.urls[service]}: {error}") from error
        content = content_of(answer)
        if answer.is_error:
            detail = content.get("detail", "") if isinstance(content, dict) else ""
            raise RefusedError(answer.status_code, f"{answer.url} answers {answer.status_code}: {detail}")
        return answer


def content_of(answer: httpx.Response) -> Any:
    """The JSON of an answer. ValueError where it is none: something else answers, such as a proxy."""
    try:
        return answer.json()
    except ValueError as error:
        kind = answer.headers.get("content-type", "no type")
        raise ValueError(
            f"{answer.url} answers {answer.status_code} with {kind} where a service answers with JSON: does a"
            " proxy keep this path to itself? Name the address inside by --url"
            " / 应答并非来自本系统的服务，可能被代理拦截，请用 --url 指明内部地址"
        ) from error


def urls_at(url: str) -> dict[str, str]:
    """The address of each service: below `url`, or `url` itself with its name for each `{service}`."""
    base = url.rstrip("/")
    if "{service}" in base:
        return {service: base.replace("{service}", service) for service in SERVICES}
    return {service: f"{base}/{service}" for service in SERVICES}


def _key_file() -> str:
    """The key in the folder of secrets; "" where there is none."""
    file = Path(os.environ.get("HUYING_SECRETS", "")) / "huying_key"
    return file.read_text("utf-8").strip() if file.is_file() else ""
