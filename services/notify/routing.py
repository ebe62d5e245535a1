"""The table that turns events into messages: read from YAML, checked whole before the service starts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import jinja2
from jinja2 import meta
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from services.notify import words
from services.notify.domain import RECIPIENTS, TO_ALL_LEGS, TO_UNITS, File, addresses
from services.notify.words import USUAL, Names, span, word
from shared.events import CATALOGUE, Event, Leg
from shared.rules import strict_yaml
from shared.rules.strict_yaml import Place

TEMPLATES = Path(__file__).parent / "templates.yaml"
NOTHING = "~"
"""How `when` writes that a field is empty."""
Text = Annotated[str, Field(min_length=1)]


@jinja2.pass_context
def _unit_name(context: Context, code: str | None) -> str:
    file: File = context["_file"]
    return file.unit_name(code)


@jinja2.pass_context
def _due(context: Context, moment: datetime) -> str:
    return words.due(moment, context["_zone"])


@jinja2.pass_context
def _days(context: Context, moments: tuple[datetime, ...]) -> str:
    return words.days(moments, context["_zone"])


@jinja2.pass_context
def _limit_name(context: Context, deadline: str) -> str:
    title = context.get("title")
    return words.limit_name(deadline, title if isinstance(title, dict) else {}, context["_names"])


def _named(kind: str) -> Any:
    """A filter that says a word as the case's pack names it."""

    @jinja2.pass_context
    def name(context: Context, value: str) -> str:
        known: dict[str, str] = getattr(context["_names"], kind)
        return known.get(value, value)

    return name


@jinja2.pass_context
def _destination(context: Context, to: str) -> str:
    return words.destination(to, context["_names"])


@jinja2.pass_context
def _level_name(context: Context, level: str) -> str:
    name: str = context["_names"].levels.get(level, level)
    return name if name.endswith("级") else f"{name}级"


def _parts(legs: tuple[Leg, ...]) -> str:
    return "、".join(f"{leg.unit_name or leg.unit}（{word(leg.role)}）" for leg in legs)


def _bare(text: str) -> str:
    return text.rstrip("。．.；; \n")


ENVIRONMENT = SandboxedEnvironment(undefined=jinja2.StrictUndefined)
ENVIRONMENT.filters |= {
    "word": word,
    "span": span,
    "due": _due,
    "days": _days,
    "day": words.day,
    "limit_name": _limit_name,
    "stage_name": _named("stages"),
    "level_name": _level_name,
    "ground_name": _named("grounds"),
    "destination": _destination,
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
    """Who gets which template, and whether at any hour (`urgent`).

    `when` names, for fields of the event, the values it is meant for, `unless` those it is not meant for.
    Of two routes to one recipient the first that fits counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: dict[str, tuple[str, ...]] = {}
    unless: dict[str, tuple[str, ...]] = {}
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    template: str
    urgent: bool = False

    def fits(self, event: Event) -> bool:
        """Whether it is meant for this event."""
        return all(_text(getattr(event, field)) in values for field, values in self.when.items()) and not any(
            _text(getattr(event, field)) in values for field, values in self.unless.items()
        )


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
    urgent: bool


class Table(BaseModel):
    """All routes and templates, and the events nothing is said about, each with the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    routes: dict[str, Annotated[tuple[Route, ...], Field(min_length=1)]]
    silent: dict[str, Text]
    templates: dict[str, Template]

    def concerns_all_legs(self, event: Event) -> bool:
        """Whether a leg that is not known yet may have to hear of `event`."""
        return any(TO_ALL_LEGS.intersection(route.to) for route in self.routes.get(event.type, ()))

    def messages(self, file: File, event: Event, zone: ZoneInfo, names: Names = USUAL) -> list[Message]:
        """What to say about `event`, times in `zone`, words as `names` has them; each is told once."""
        known = {"_file": file, "_zone": zone, "_names": names}
        found: dict[str, Message] = {}
        for route in self.routes.get(event.type, ()):
            if route.fits(event):
                for name in route.to:
                    for recipient in addresses(name, file, event):
                        if recipient not in found:
                            found[recipient] = self._message(route, recipient, file, event, known)
        return list(found.values())

    def _message(
        self, route: Route, recipient: str, file: File, event: Event, known: dict[str, Any]
    ) -> Message:
        matter = file.registration_number + (f"“{file.title}”" if file.title else "")
        fields = {name: getattr(event, name) for name in type(event).model_fields}
        known = {**fields, **known, "matter": matter}
        kind, _, code = recipient.partition(":")
        if kind in ("unit", "head"):
            known["addressee"] = file.unit_name(code) + ("主要负责人" if kind == "head" else "")
        template = self.templates[route.template]
        return Message(
            id=uuid5(event.id, recipient),
            appeal_id=event.appeal_id,
            registration_number=event.registration_number,
            recipient=recipient,
            template=route.template,
            subject=_compiled(template.subject).render(known),
            body=_compiled(template.body).render(known),
            occurred_at=event.occurred_at,
            urgent=route.urgent,
        )


def load(path: Path) -> Table:
    """The table in a file. `Mistakes` names file, line, place and rule of each."""
    return strict_yaml.read(path, Table, _contradictions)


@cache
def table() -> Table:
    """The table this service works by."""
    return load(TEMPLATES)


def _text(value: Any) -> str:
    if value is None:
        return NOTHING
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
    for condition, fields in (("when", route.when), ("unless", route.unless)):
        for field, values in fields.items():
            if field not in event.model_fields:
                yield (*place, condition, field), f"is no field of {event.type}"
            else:
                for value in values:
                    if not _possible(event, field, value):
                        yield (*place, condition, field), f"can never be '{value}' in {event.type}"


def _possible(event: type[Event], field: str, value: str) -> bool:
    info = event.model_fields[field]
    annotation: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    if value == NOTHING:
        return type(None) in get_args(info.annotation)
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
