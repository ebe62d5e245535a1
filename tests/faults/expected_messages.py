"""Who must be told of what was judged, by notify's routing."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import services.notify.messages
from tests.faults.environment import LEADER
from tests.faults.expected import ExpectedEvent
from tests.faults.judgement import ExpectedCase

ROUTES = Path(services.notify.messages.__file__).parent / "routing.yaml"


def templates_of(type_: str) -> set[str]:
    """The templates of all messages about events of a type, without version."""
    return {route["template"] for route in _routes(f"{type_}.v1")}


@cache
def _all_routes() -> dict[str, list[dict[str, Any]]]:
    routes: dict[str, list[dict[str, Any]]] = yaml.safe_load(ROUTES.read_text("utf-8"))["routes"]
    return routes


def _routes(type_: str) -> list[dict[str, Any]]:
    return _all_routes().get(type_, [])


def messages_about(event: ExpectedEvent, id_: str, case: ExpectedCase) -> Iterator[tuple[str, str]]:
    """Template and recipient of each message about the event."""
    fields = {
        "deadline": event.deadline,
        "unit": event.unit,
        "reason": event.reason,
        "to": event.to or "",
    }
    lifts = (lift.leader for lift in case.events if lift.type == "appeal.lifted")
    leader = event.leader or next(lifts, None)
    addresses = {
        "unit": event.unit and f"unit:{event.unit}",
        "head": event.unit and f"head:{event.unit}",
        "leader": leader and f"leader:{leader}",
        "office": "office",
        "raised_to": "office" if event.to == "head" else f"leader:{LEADER}",
        "enterprise": f"enterprise:{id_}",
    }
    addressed: set[str] = set()
    for route in _routes(f"{event.type}.v1"):
        if all(fields[name] in values for name, values in route.get("when", {}).items()):
            for word in route["to"]:
                recipient = addresses[word]
                if recipient and recipient not in addressed:
                    addressed.add(recipient)
                    yield route["template"], recipient
