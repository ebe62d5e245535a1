"""`huying parked`: what the services could not handle, and trying it again."""

import httpx
from rich.console import Console
from rich.table import Table

from services import SERVICES


def _client(url: str, key: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=30)


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise ValueError(f"{answer.url} answers {answer.status_code}: {answer.json().get('detail', '')}")
    return answer


def show(url: str, key: str) -> None:
    """Print the parked messages of every service."""
    table = Table("service", "id", "topic", "partition/offset", "parked at", "reason")
    with _client(url, key) as client:
        for service in SERVICES:
            cursor: str | None = ""
            while cursor is not None:
                params = {"limit": "500", **({"cursor": cursor} if cursor else {})}
                page = _checked(client.get(f"/{service}/parked", params=params)).json()
                for one in page["items"]:
                    place = f"{one['partition']}/{one['offset']}"
                    table.add_row(
                        service, str(one["id"]), one["topic"], place, one["parked_at"], one["reason"]
                    )
                cursor = page["next"]
    Console().print(table if table.row_count else "nothing is parked")


def redrive(url: str, key: str, service: str, parked_id: int) -> None:
    """Let `service` handle a parked message again; ValueError with the reason where it fails."""
    with _client(url, key) as client:
        _checked(client.post(f"/{service}/parked/{parked_id}/redrive"))
    Console().print(f"{service}: message {parked_id} was handled")
