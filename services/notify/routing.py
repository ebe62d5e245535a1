"""The table that turns events into messages: read from YAML, checked whole before the service starts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import jinja2
from jinja2 import meta
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from services.notify.domain import RECIPIENTS, TO_ALL_LEGS, TO_UNITS, File, addresses, due, span, word
from shared.events import CATALOGUE, Event, Leg
from shared.rules import strict_yaml
from shared.rules.strict_yaml import Place

TEMPLATES = Path(__file__).parent / "templates.yaml"
Text = Annotated[str, Field(min_length=1)]


@jinja2.pass_context
def _unit_name(context: Context, code: str | None) -> str:
    file: File = context["_file"]
    return file.unit_name(code)


@jinja2.pass_context
def _due(context: Context, moment: datetime) -> str:
    return due(moment, context["_zone"])


def _parts(legs: tuple[Leg, ...]) -> str:
    return "、".join(f"{leg.unit_name or leg.unit}（{word(leg.role)}）" for leg in legs)


def _bare(text: str) -> str:
    return text.rstrip("。．.；; \n")


ENVIRONMENT = SandboxedEnvironment(undefined=jinja2.StrictUndefined)
ENVIRONMENT.filters |= {
    "word": word,
    "span": span,
    "due": _due,
    "unit_name": _unit_name,
    "parts": _parts,
    "bare": _bare,
}
_compiled = cache(ENVIRONMENT.from_string)


class Template(BaseModel):
    """What is written. Beside the event's fields it knows `matter`, and to a unit `addressee`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: Text
    body: Text


class Route(BaseModel):
    """Who gets which template; `when` names, for fields of the event, the values it is meant for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: dict[str, tuple[str, ...]] = {}
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    template: str

    def fits(self, event: Event) -> bool:
        """Whether it is meant for this event."""
        return all(_text(getattr(event, field)) in values for field, values in self.when.items())


@dataclass(frozen=True, slots=True)
class Message:
    """One fact for one recipient. Its id follows from both, so it is the same however often it is made."""

    id: UUID
    appeal_id: UUID
    registration_number: str
    recipient: str
    template: str
    subject: str
    body: str
    occurred_at: datetime


class Table(BaseModel):
    """All routes and templates, and the events nothing is said about, each with the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    routes: dict[str, Annotated[tuple[Route, ...], Field(min_length=1)]]
    silent: dict[str, Text]
    templates: dict[str, Template]

    def concerns_all_legs(self, event: Event) -> bool:
        """Whether a leg that is not known yet may have to hear of `event`."""
        return any(TO_ALL_LEGS.intersection(route.to) for route in self.routes.get(event.type, ()))

    def messages(self, file: File, event: Event, zone: ZoneInfo) -> list[Message]:
        """What to say about `event`, times in `zone`; each recipient is told once."""
        found: dict[str, Message] = {}
        for route in self.routes.get(event.type, ()):
            if route.fits(event):
                for name in route.to:
                    for recipient in addresses(name, file, event):
                        if recipient not in found:
                            found[recipient] = self._message(route.template, recipient, file, event, zone)
        return list(found.values())

    def _message(self, template: str, recipient: str, file: File, event: Event, zone: ZoneInfo) -> Message:
        matter = file.registration_number + (f"“{file.title}”" if file.title else "")
        known: dict[str, Any] = {name: getattr(event, name) for name in type(event).model_fields}
        known |= {"matter": matter, "_file": file, "_zone": zone}
        kind, _, code = recipient.partition(":")
        if kind == "unit":
            known["addressee"] = file.unit_name(code)
        return Message(
            id=uuid5(event.id, recipient),
            appeal_id=event.appeal_id,
            registration_number=event.registration_number,
            recipient=recipient,
            template=template,
            subject=_compiled(self.templates[template].subject).render(known),
            body=_compiled(self.templates[template].body).render(known),
            occurred_at=event.occurred_at,
        )


def load(path: Path) -> Table:
    """The table in a file. `Mistakes` names file, line, place and rule of each."""
    return strict_yaml.read(path, Table, _contradictions)


@cache
def table() -> Table:
    """The table this service works by."""
    return load(TEMPLATES)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _contradictions(found: Table) -> Iterator[tuple[Place, str]]:
    yield from _unrouted(found)
    unread = [name for name, template in found.templates.items() if list(_unreadable(name, template))]
    for name in unread:
        yield from _unreadable(name, found.templates[name])
    for type_, routes in found.routes.items():
        for index, route in enumerate(routes):
            if type_ in CATALOGUE:
                place = ("routes", type_, index)
                yield from _misdirected(place, route, CATALOGUE[type_])
                if route.template not in found.templates:
                    yield (*place, "template"), f"there is no template '{route.template}': write it below"
                elif route.template not in unread:
                    yield from _unknown_variables(found, route, CATALOGUE[type_])
    used = {route.template for routes in found.routes.values() for route in routes}
    for name in found.templates.keys() - used:
        yield ("templates", name), "no route uses it: use it or take it out"


def _unrouted(found: Table) -> Iterator[tuple[Place, str]]:
    for type_ in CATALOGUE.keys() - found.routes.keys() - found.silent.keys():
        yield ("routes",), f"{type_} has no route: add one, or list it as silent with the reason"
    for section, types in (("routes", found.routes), ("silent", found.silent)):
        for type_ in types.keys() - CATALOGUE.keys():
            yield (section, type_), "is no event of the catalogue: check its spelling"
    for type_ in found.routes.keys() & found.silent.keys():
        yield ("silent", type_), "has a route too: keep one"


def _unreadable(name: str, template: Template) -> Iterator[tuple[Place, str]]:
    for part in ("subject", "body"):
        try:
            _compiled(getattr(template, part))
        except jinja2.TemplateSyntaxError as error:
            yield ("templates", name, part), f"is no template: {error.message}"


def _misdirected(place: Place, route: Route, event: type[Event]) -> Iterator[tuple[Place, str]]:
    for index, name in enumerate(route.to):
        if name not in RECIPIENTS:
            yield (*place, "to", index), f"'{name}' is no recipient: choose from {', '.join(RECIPIENTS)}"
        elif (needed := RECIPIENTS[name].needs) and needed not in event.model_fields:
            yield (*place, "to", index), f"'{name}' needs the field '{needed}', which {event.type} lacks"
    for field, values in route.when.items():
        if field not in event.model_fields:
            yield (*place, "when", field), f"is no field of {event.type}"
        else:
            for value in values:
                if not _possible(event, field, value):
                    yield (*place, "when", field), f"can never be '{value}' in {event.type}"


def _possible(event: type[Event], field: str, value: str) -> bool:
    annotation: Any = event.model_fields[field].annotation
    try:
        return _text(TypeAdapter(annotation).validate_strings(value)) == value
    except ValidationError:
        return False


def _unknown_variables(found: Table, route: Route, event: type[Event]) -> Iterator[tuple[Place, str]]:
    known = {*event.model_fields, "matter"}
    if TO_UNITS.issuperset(route.to):
        known.add("addressee")
    for part in ("subject", "body"):
        source = getattr(found.templates[route.template], part)
        for name in sorted(meta.find_undeclared_variables(ENVIRONMENT.parse(source)) - known):
            yield (
                ("templates", route.template, part),
                f"'{name}' is not known for {event.type} to {', '.join(route.to)}: "
                f"choose from {', '.join(sorted(known))}",
            )
