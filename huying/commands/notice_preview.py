"""`huying notice preview`: every template rendered for example events without any real person."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import typer
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
from shared.files import strict_yaml

E = TypeVar("E", bound=Event)
ZONE = ZoneInfo("Asia/Shanghai")
SAMPLES = Path(__file__).parents[1] / "local" / "samples" / "notices.yaml"
TEMPLATES = Path(__file__).parent / "templates"


class Preview(NamedTuple):
    """One message as it would be sent, and its size as SMS."""

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
    """Print one template or all, rendered. ValueError for one that is missing or cannot be rendered."""
    console = Console(soft_wrap=True, highlight=False)
    for message, sms in _chosen(template, language, folder):
        console.print(f"[b]{message.template}[/b] → {message.recipient}")
        console.print(f"{message.subject}\n{message.body}", markup=False)
        console.print(f"[dim]{sms.units} {sms.encoding}, {sms.segments} SMS[/dim]\n")


def page(template: str | None, language: str, folder: Path | None) -> None:
    """Print the same as one HTML page that needs no other file. ValueError as for `show`."""
    chosen = _chosen(template, language, folder)
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    typer.echo(environment.get_template("notices.html").render(previews=chosen, language=language))


def _chosen(template: str | None, language: str, folder: Path | None) -> list[Preview]:
    known = load(folder) if folder else table()
    if template is not None and template not in known.templates:
        raise ValueError(f"there is no template {template}: choose one of {', '.join(known.templates)}")
    return previews(known, Language(language), template)


def previews(known: RoutingTable, language: Language, template: str | None = None) -> list[Preview]:
    """Every template, or one, for each kind of its recipients. Unwritable names each template that fails."""
    failed: list[str] = []
    messages: dict[tuple[str, str], Message] = {}
    for route, event in _events(known, template):
        try:
            for message in known.messages(_document(event), event, ZONE, _names(), Everybody(language)):
                if message.template == route.template:
                    messages.setdefault((message.template, message.recipient.partition(":")[0]), message)
        except Unwritable as error:
            failed.append(str(error))
    if failed:
        raise Unwritable("\n".join(dict.fromkeys(failed)))
    return [Preview(message, size(message.body)) for message in messages.values()]


def _events(known: RoutingTable, template: str | None) -> Iterator[tuple[Route, Event]]:
    """Every route, or those of one template, with an example event."""
    for type_, routes in known.routes.items():
        for route in routes:
            if template in (None, route.template):
                yield route, _sample(CATALOGUE[type_], route.when)


def _sample(type_: type[E], when: Mapping[str, tuple[str, ...]] = MappingProxyType({})) -> E:
    """An example event from the schemas, with values of samples/notices.yaml."""
    samples, example = _samples(), _examples()[type_.type]
    fields = samples["fields"] | samples["kinds"].get(type_.type.partition(".")[0], {})
    required = {field: None if values[0] == NOTHING else values[0] for field, values in when.items()}
    values = {**example["payload"], **fields, **samples["events"].get(type_.type, {}), **required}
    return type_.model_validate({**values, "occurred_at": example["headers"]["ce_time"]})


def _document(event: Event) -> CaseDocument:
    """The document of a case with one leg and one bank."""
    title = "" if isinstance(event, LoanEvent) else _samples()["events"][AppealReceived.type]["title"]
    document = CaseDocument(
        appeal_id=event.appeal_id, registration_number=event.registration_number, title=title
    )
    assigned = _sample(AppealAssigned)
    document.assign(assigned)
    document.push(_sample(LoanPushed))
    document.leader = assigned.legs[0].leader
    return document


def _names() -> PackNames:
    return PackNames.model_validate(_samples()["names"])


@cache
def _samples() -> dict[str, Any]:
    samples: dict[str, Any] = strict_yaml.values(SAMPLES)
    return samples


@cache
def _examples() -> dict[str, Any]:
    return {
        message["name"]: message["examples"][0] for message in asyncapi()["components"]["messages"].values()
    }
