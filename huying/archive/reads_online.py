"""Who read personal data, as the running services tell an auditor."""

from pathlib import Path
from typing import Any

from huying.archive.reads import ShownRead
from huying.local.running_services import RunningServices

AUDITOR = "auditor"


def of_services(state: Path, url: str | None, key: str | None) -> list[ShownRead]:
    """The reads that each service has on record, in its order."""
    services = RunningServices.find(state, url, key, account=AUDITOR)
    return [row for service in services.urls for row in _of(services, service)]


def _of(services: RunningServices, service: str) -> list[ShownRead]:
    rows: list[ShownRead] = []
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        page = services.ask("GET", service, "/reads", limit="500", **cursor).json()
        rows += [_shown(service, item) for item in page["items"]]
        cursor = {"cursor": page["next"]} if page["next"] else None
    return rows


def _shown(service: str, item: dict[str, Any]) -> ShownRead:
    return ShownRead(
        service,
        item["at"],
        item["account"],
        item["role"],
        item["address"],
        tuple(item["cases"]),
        tuple(item["kinds"]),
        item["purpose"] or "",
        item["reason"] or "",
    )
