"""`huying notices`: messages that could not leave, sending them again, and how each template reads."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from huying.parked import Where
from services.notify.domain import File
from services.notify.routing import NOTHING, Message, Route, table
from services.notify.sms import size
from services.notify.words import USUAL
from shared.contract import asyncapi
from shared.events import CATALOGUE, AppealAssigned, Event

ZONE = ZoneInfo("Asia/Shanghai")


def show(where: Where, state: str) -> None:
    """Print the deliveries that stand so, the last changed first."""
    table = Table("id", "to", "channel", "address", "message", "tried", "outcome", "code", "reason")
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        page = where.ask("GET", "notify", "/deliveries", state=state, limit="500", **cursor).json()
        for one in page["items"]:
            message = f"{one['registration_number']} {one['template']}"
            said = [one[name] or "" for name in ("outcome", "code", "reason")]
            table.add_row(
                one["id"],
                one["recipient"],
                one["channel"],
                one["address"],
                message,
                str(one["attempts"]),
                *said,
            )
        cursor = {"cursor": page["next"]} if page["next"] else None
    Console().print(table if table.row_count else f"nothing is {state}")


def resend(where: Where, delivery_id: str) -> None:
    """Try a failed delivery again. ValueError where none failed under this id."""
    where.ask("POST", "notify", f"/deliveries/{delivery_id}/resend")
    Console().print(f"{delivery_id} will be tried again")


def preview(template: str | None) -> None:
    """Print how a template reads, or all, on the examples of the event catalogue. ValueError for none."""
    if template is not None and template not in table().templates:
        raise ValueError(f"there is no template {template}: choose one of {', '.join(table().templates)}")
    console = Console(soft_wrap=True, highlight=False)
    for message in samples():
        if template in (None, message.template):
            taken = size(message.body)
            console.print(f"[b]{message.template}[/b] → {message.recipient}")
            console.print(f"{message.subject}\n{message.body}", markup=False)
            console.print(f"[dim]{taken.units} {taken.encoding}, {taken.segments} SMS[/dim]\n")


def samples() -> Iterator[Message]:
    """A message of every template, to the first recipient of a route that uses it."""
    examples = {one["name"]: one["examples"][0] for one in asyncapi()["components"]["messages"].values()}
    shown = set()
    for type_, routes in table().routes.items():
        for route in routes:
            event = _sample(type_, route, examples)
            for message in table().messages(_file(event, examples), event, ZONE, USUAL):
                if message.template not in shown:
                    shown.add(message.template)
                    yield message


def _sample(type_: str, route: Route | None, examples: dict[str, Any]) -> Event:
    example = examples[type_]
    wanted = {field: values[0] for field, values in route.when.items()} if route else {}
    said = {field: None if value == NOTHING else value for field, value in wanted.items()}
    moment = example["headers"]["ce_time"]
    return CATALOGUE[type_].model_validate({**example["payload"], **said, "occurred_at": moment})


def _file(event: Event, examples: dict[str, Any]) -> File:
    """A case with one leg, dispatched by the time of `event`."""
    assigned = _sample(AppealAssigned.type, None, examples)
    assert isinstance(assigned, AppealAssigned)
    number, leader = event.registration_number, assigned.legs[0].leader
    file = File(
        appeal_id=event.appeal_id, registration_number=number, title="厂区门口道路破损", leader=leader
    )
    file.assign(assigned)
    return file
