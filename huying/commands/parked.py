"""`huying parked`: what the services could not handle, and trying it again."""

from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml
from rich.console import Console
from rich.table import Table

from huying.local.accounts import KEYS
from services import SERVICES

URLS = "urls.yaml"


@dataclass(frozen=True)
class Where:
    """Where the services answer, and the key of an account that runs them."""

    urls: dict[str, str]
    key: str
    transport: httpx.BaseTransport | None = None

    @classmethod
    def find(cls, state: Path, url: str | None, key: str | None) -> "Where":
        """Services at `url` with `key`, or those that `huying up` runs on `state`. ValueError for neither."""
        if url and key:
            return cls({service: f"{url.rstrip('/')}/{service}" for service in SERVICES}, key)
        try:
            urls = yaml.safe_load((state / URLS).read_text("utf-8"))
            return cls(urls, yaml.safe_load((state / KEYS).read_text("utf-8"))["ops"])
        except OSError as error:
            raise ValueError(
                f"nothing runs on the state folder {state}: name it by --state, or give --url and --key"
            ) from error

    def ask(self, method: str, service: str, path: str, body: object = None, **params: str) -> httpx.Response:
        """One request; ValueError with what the service says where it refuses."""
        headers = {"authorization": f"Bearer {self.key}"}
        try:
            with httpx.Client(transport=self.transport, headers=headers, timeout=30) as http:
                answer = http.request(method, f"{self.urls[service]}{path}", params=params, json=body)
        except httpx.TransportError as error:
            raise ValueError(f"{service} does not answer at {self.urls[service]}: {error}") from error
        if answer.is_error:
            raise ValueError(f"{answer.url} answers {answer.status_code}: {answer.json().get('detail', '')}")
        return answer


def show(where: Where) -> None:
    """Print the parked messages of every service."""
    table = Table("service", "id", "topic", "partition/offset", "parked at", "reason")
    for service in SERVICES:
        cursor: dict[str, str] | None = {}
        while cursor is not None:
            page = where.ask("GET", service, "/parked", limit="500", **cursor).json()
            for one in page["items"]:
                place = f"{one['partition']}/{one['offset']}"
                table.add_row(service, str(one["id"]), one["topic"], place, one["parked_at"], one["reason"])
            cursor = {"cursor": page["next"]} if page["next"] else None
    Console().print(table if table.row_count else "nothing is parked")


def redrive(where: Where, service: str, parked_id: int) -> None:
    """Let `service` handle a parked message again; ValueError with the reason where it fails."""
    if service not in where.urls:
        raise ValueError(f"there is no service {service}: choose one of {', '.join(where.urls)}")
    where.ask("POST", service, f"/parked/{parked_id}/redrive")
    Console().print(f"{service}: message {parked_id} was handled")
