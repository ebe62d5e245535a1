"""`huying notice preview`: how every template reads, on example events that no person or enterprise is in."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import typer
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.console import Console

from services.notify.channels.sms import Size, size
from services.notify.document import CaseDocument
from services.notify.messages.message import Message
from services.notify.messages.routes import NOTHING, Route
from services.notify.messages.routing import RoutingTable, Unwritable, load, table
from services.notify.messages.words import Language, PackNames
from shared.events import CATALOGUE, AppealAssigned, AppealReceived, Event, LoanEvent, LoanPushed
from shared.events.schemas import asyncapi

E = TypeVar("E", bound=Event)
ZONE = ZoneInfo("Asia/Shanghai")
SAMPLES = Path(__file__).parents[1] / "local" / "samples" / "notices.yaml"
TEMPLATES = Path(__file__).parent / "templates"


class Preview(NamedTuple):
    """One message as it would read, and what it takes as SMS."""

    message: Message
    sms: Size


class Everybody(Mapping[str, Language]):
    """Each recipient has chosen this language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __getitem__(self, recipient: str) -> Language:
        return self._language

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def show(template: str | None, language: str, folder: Path | None) -> None:
    """Print how a template reads, or all. ValueError for one that is not there or cannot be written."""
    console = Console(soft_wrap=True, highlight=False)
    for message, sms in _chosen(template, language, folder):
        console.print(f"[b]{message.template}[/b] → {message.recipient}")
        console.print(f"{message.subject}\n{message.body}", markup=False)
        console.print(f"[dim]{sms.units} {sms.encoding}, {sms.segments} SMS[/dim]\n")


def page(template: str | None, language: str, folder: Path | None) -> None:
    """Write the same as a page, HTML that needs nothing else. ValueError as for `show`."""
    found = _chosen(template, language, folder)
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    typer.echo(environment.get_template("notices.html").render(previews=found, language=language))


def _chosen(template: str | None, language: str, folder: Path | None) -> list[Preview]:
    known = load(folder) if folder else table()
    if template is not None and template not in known.templates:
        raise ValueError(f"there is no template {template}: choose one of {', '.join(known.templates)}")
    return previews(known, Language(language), template)


def previews(known: RoutingTable, language: Language, template: str | None = None) -> list[Preview]:
    """Every template, or one, for each kind of recipient it goes to. Unwritable names each that fails."""
    failed: list[str] = []
    found: dict[tuple[str, str], Message] = {}
    for route, event in _events(known, template):
        try:
            for message in known.messages(_file(event), event, ZONE, _names(), Everybody(language)):
                if message.template == route.template:
                    found.setdefault((message.template, message.recipient.partition(":")[0]), message)
        except Unwritable as error:
            failed.append(str(error))
    if failed:
        raise Unwritable("\n".join(dict.fromkeys(failed)))
    return [Preview(message, size(message.body)) for message in found.values()]


def _events(known: RoutingTable, template: str | None) -> Iterator[tuple[Route, Event]]:
    """Every route, or those of one template, with an example of its event."""
    for type_, routes in known.routes.items():
        for route in routes:
            if template in (None, route.template):
                yield route, _sample(CATALOGUE[type_], route.when)


def _sample(type_: type[E], when: Mapping[str, tuple[str, ...]] = MappingProxyType({})) -> E:
    """An example of an event, as the schemas give it, with the words of samples/notices.yaml."""
    given, example = _given(), _examples()[type_.type]
    said = given["fields"] | given["kinds"].get(type_.type.partition(".")[0], {})
    wanted = {field: None if values[0] == NOTHING else values[0] for field, values in when.items()}
    known = {**example["payload"], **said, **given["events"].get(type_.type, {}), **wanted}
    return type_.model_validate({**known, "occurred_at": example["headers"]["ce_time"]})


def _file(event: Event) -> CaseDocument:
    """A case with one leg and one bank, both there by the time of `event`."""
    title = "" if isinstance(event, LoanEvent) else _given()["events"][AppealReceived.type]["title"]
    file = CaseDocument(appeal_id=event.appeal_id, registration_number=event.registration_number, title=title)
    assigned = _sample(AppealAssigned)
    file.assign(assigned)
    file.push(_sample(LoanPushed))
    file.leader = assigned.legs[0].leader
    return file


def _names() -> PackNames:
    return PackNames.model_validate(_given()["names"])


@cache
def _given() -> dict[str, Any]:
    given: dict[str, Any] = yaml.safe_load(SAMPLES.read_text("utf-8"))
    return given


@cache
def _examples() -> dict[str, Any]:
    return {one["name"]: one["examples"][0] for one in asyncapi()["components"]["messages"].values()}
