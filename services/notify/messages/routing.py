"""The table that turns events into messages: read from YAML, checked whole before the service starts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, get_args
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import jinja2
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from services.notify.domain import NAMED, RECIPIENTS, TO_ALL_LEGS, TO_BANKS, CaseDocument, addresses
from services.notify.messages.templates import FOLDER, Template, Text, Texts, addressee, file_of, unreadable
from services.notify.messages.words import USUAL, Language, PackNames, Speech
from shared.events import CATALOGUE, Event
from shared.rules.pack import strict_yaml
from shared.rules.pack.strict_yaml import Place

NOTHING = "~"
"""How `when` writes that a field is empty."""
ROUTING = "routing.yaml"
NOBODY_CHOSE: Mapping[str, Language] = MappingProxyType({})


class Route(BaseModel):
    """Who gets which template, and whether at any hour (`urgent`).

    `when` names, for fields of the event, the values it is meant for, `unless` those it is not meant for.
    Of two routes to one recipient the first that fits counts. With `acknowledge` the recipient has to
    acknowledge the message, within the limit of the case's pack.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: dict[str, tuple[str, ...]] = {}
    unless: dict[str, tuple[str, ...]] = {}
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    template: str
    urgent: bool = False
    acknowledge: bool = False

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
    language: Language
    subject: str
    body: str
    occurred_at: datetime
    urgent: bool
    acknowledge: bool


class Unwritable(ValueError):
    """A template fails on an event its route is meant for. The message names file, template and cause."""


UNWRITABLE = (jinja2.TemplateError, TypeError, ValueError, AttributeError, LookupError)


class Routing(BaseModel):
    """All routes, and the events nothing is said about, each with the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    routes: dict[str, Annotated[tuple[Route, ...], Field(min_length=1)]]
    silent: dict[str, Text]


class RoutingTable(Routing):
    """The routes, with every template they name in every language."""

    templates: dict[str, dict[Language, Template]]

    def concerns_all_legs(self, event: Event) -> bool:
        """Whether a leg that is not known yet may have to hear of `event`."""
        return any(TO_ALL_LEGS.intersection(route.to) for route in self.routes.get(event.type, ()))

    def messages(
        self,
        file: CaseDocument,
        event: Event,
        zone: ZoneInfo,
        names: PackNames = USUAL,
        languages: Mapping[str, Language] = NOBODY_CHOSE,
    ) -> list[Message]:
        """What to say about `event`, times in `zone`, words as `names` has them; each is told once.

        `languages`, by recipient, are what people chose; an enterprise else reads that of its registration.
        """
        found: dict[str, Message] = {}
        for route in self.routes.get(event.type, ()):
            if route.fits(event):
                for name in route.to:
                    for recipient in addresses(name, file, event):
                        if recipient not in found:
                            chosen = languages.get(recipient) or file.language_of(recipient)
                            speech = Speech(chosen or Language.ZH, zone, names)
                            found[recipient] = self._message(route, recipient, file, event, speech)
        return list(found.values())

    def _message(
        self, route: Route, recipient: str, file: CaseDocument, event: Event, speech: Speech
    ) -> Message:
        known: dict[str, Any] = {name: getattr(event, name) for name in type(event).model_fields}
        known["matter"] = speech.matter(file.registration_number, file.title)
        known["addressee"] = addressee(recipient, file, speech)
        if recipient.startswith("bank:"):
            known["own_leg"] = file.bank_leg(recipient.removeprefix("bank:"))
        try:
            subject, body = self.templates[route.template][speech.language].render(known, file, speech)
        except UNWRITABLE as error:
            place = f"{file_of(speech.language)}, {route.template}"
            raise Unwritable(
                f"{place}: cannot be written for {event.type} to {recipient} ({error!r})"
            ) from error
        return Message(
            id=uuid5(event.id, recipient),
            appeal_id=event.appeal_id,
            registration_number=event.registration_number,
            recipient=recipient,
            template=route.template,
            language=speech.language,
            subject=subject,
            body=body,
            occurred_at=event.occurred_at,
            urgent=route.urgent,
            acknowledge=route.acknowledge,
        )


def load(folder: Path) -> RoutingTable:
    """The table in a folder's files. `Mistakes` names file, line, place and rule of each."""
    texts = {each: strict_yaml.read(folder / file_of(each), Texts, unreadable) for each in Language}
    routing = strict_yaml.read(folder / ROUTING, Routing, lambda found: _contradictions(found, texts))
    for each in Language:
        strict_yaml.read(folder / file_of(each), Texts, lambda found: _misplaced(found, routing))
    names = {route.template for routes in routing.routes.values() for route in routes}
    return RoutingTable(
        routes=routing.routes,
        silent=routing.silent,
        templates={name: {each: texts[each].root[name] for each in Language} for name in sorted(names)},
    )


@cache
def table() -> RoutingTable:
    """The table this service works by."""
    return load(FOLDER)


def _text(value: Any) -> str:
    if value is None:
        return NOTHING
    return str(value).lower() if isinstance(value, bool) else str(value)


def _contradictions(found: Routing, texts: Mapping[Language, Texts]) -> Iterator[tuple[Place, str]]:
    yield from _unrouted(found)
    for type_, index, route in _placed(found):
        place = ("routes", type_, index)
        yield from _misdirected(place, route, CATALOGUE[type_])
        for language, written in texts.items():
            if route.template not in written.root:
                yield (
                    (*place, "template"),
                    f"there is no template '{route.template}' in {language}: "
                    f"write it in {file_of(language)}, or correct the name",
                )


def _placed(found: Routing) -> Iterator[tuple[str, int, Route]]:
    for type_, routes in found.routes.items():
        if type_ in CATALOGUE:
            yield from ((type_, index, route) for index, route in enumerate(routes))


def _unrouted(found: Routing) -> Iterator[tuple[Place, str]]:
    for type_ in CATALOGUE.keys() - found.routes.keys() - found.silent.keys():
        yield ("routes",), f"{type_} has no route: add one, or list it as silent with the reason"
    for section, types in (("routes", found.routes), ("silent", found.silent)):
        for type_ in types.keys() - CATALOGUE.keys():
            yield (section, type_), "is no event of the catalogue: check its spelling"
    for type_ in found.routes.keys() & found.silent.keys():
        yield ("silent", type_), "has a route too: keep one"


def _misdirected(place: Place, route: Route, event: type[Event]) -> Iterator[tuple[Place, str]]:
    for index, name in enumerate(route.to):
        if name not in RECIPIENTS:
            yield (*place, "to", index), f"'{name}' is no recipient: choose from {', '.join(RECIPIENTS)}"
        elif (needed := RECIPIENTS[name].needs) and not _has(event, needed):
            yield (*place, "to", index), f"'{name}' needs the field '{needed}', which {event.type} lacks"
    for condition, fields in (("when", route.when), ("unless", route.unless)):
        for field, values in fields.items():
            if field not in event.model_fields:
                yield (*place, condition, field), f"is no field of {event.type}"
            else:
                for value in values:
                    if not _possible(event, field, value):
                        yield (*place, condition, field), f"can never be '{value}' in {event.type}"


def _has(event: type[Event], needed: str) -> bool:
    """Whether it has a field, written `unit`, or `legs.unit` for one of its parts."""
    field, _, part = needed.partition(".")
    info = event.model_fields.get(field)
    return info is not None and (not part or part in get_args(info.annotation)[0].model_fields)


def _possible(event: type[Event], field: str, value: str) -> bool:
    info = event.model_fields[field]
    annotation: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    if value == NOTHING:
        return type(None) in get_args(info.annotation)
    try:
        return _text(TypeAdapter(annotation).validate_strings(value)) == value
    except ValidationError:
        return False


def _misplaced(found: Texts, routing: Routing) -> Iterator[tuple[Place, str]]:
    used = set()
    for type_, _, route in _placed(routing):
        used.add(route.template)
        yield from _unknown_variables(found.root[route.template], route, CATALOGUE[type_])
    for name in found.root.keys() - used:
        yield (name,), "no route uses it: use it or take it out"


def _unknown_variables(template: Template, route: Route, event: type[Event]) -> Iterator[tuple[Place, str]]:
    known = {*event.model_fields, "matter"}
    if NAMED.issuperset(route.to):
        known.add("addressee")
    if TO_BANKS.issuperset(route.to):
        known.add("own_leg")
    for part, name in template.variables():
        if name not in known:
            yield (
                (route.template, part),
                f"'{name}' is not known for {event.type} to {', '.join(route.to)}: "
                f"choose from {', '.join(sorted(known))}",
            )
