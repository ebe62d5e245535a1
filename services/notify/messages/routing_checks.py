"""Checks that routing.yaml, the templates and the catalogue of events fit together."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args

from pydantic import TypeAdapter, ValidationError

from services.notify.domain import NAMED, RECIPIENTS, TO_BANKS
from services.notify.messages.routes import NOTHING, Route, Routing, as_written
from services.notify.messages.templates import Template, Texts, file_of
from services.notify.messages.words import Language
from shared.events import CATALOGUE, Event
from shared.files.yaml_mistakes import Place

Mistakes = Iterator[tuple[Place, str]]


def routing_mistakes(routing: Routing, texts: Mapping[Language, Texts]) -> Mistakes:
    """The mistakes in routing.yaml."""
    yield from _unrouted(routing)
    for type_, index, route in _known_routes(routing):
        place = ("routes", type_, index)
        yield from _misdirected(place, route, CATALOGUE[type_])
        for language, written in texts.items():
            if route.template not in written.root:
                yield (
                    (*place, "template"),
                    f"there is no template '{route.template}' in {language}: "
                    f"write it in {file_of(language)}, or correct the name",
                )


def template_mistakes(texts: Texts, routing: Routing) -> Mistakes:
    """The mistakes in one language's templates: unknown variables, and templates that no route uses."""
    used = set()
    for type_, _, route in _known_routes(routing):
        used.add(route.template)
        yield from _unknown_variables(texts.root[route.template], route, CATALOGUE[type_])
    for name in texts.root.keys() - used:
        yield (name,), "no route uses it: use it or take it out"


def _known_routes(routing: Routing) -> Iterator[tuple[str, int, Route]]:
    """The routes of events in the catalogue: type of the event, place among its routes, and the route."""
    for type_, routes in routing.routes.items():
        if type_ in CATALOGUE:
            yield from ((type_, index, route) for index, route in enumerate(routes))


def _unrouted(routing: Routing) -> Mistakes:
    for type_ in CATALOGUE.keys() - routing.routes.keys() - routing.silent.keys():
        yield ("routes",), f"{type_} has no route: add one, or list it as silent with the reason"
    for section, types in (("routes", routing.routes), ("silent", routing.silent)):
        for type_ in types.keys() - CATALOGUE.keys():
            yield (section, type_), "is no event of the catalogue: check its spelling"
    for type_ in routing.routes.keys() & routing.silent.keys():
        yield ("silent", type_), "has a route too: keep one"


def _misdirected(place: Place, route: Route, event: type[Event]) -> Mistakes:
    for index, word in enumerate(route.to):
        if word not in RECIPIENTS:
            yield (*place, "to", index), f"'{word}' is no recipient: choose from {', '.join(RECIPIENTS)}"
        elif (needed := RECIPIENTS[word].needs) and not _has(event, needed):
            yield (*place, "to", index), f"'{word}' needs the field '{needed}', which {event.type} lacks"
    if route.urgent == "near_due" and not _has(event, "due_at"):
        yield (*place, "urgent"), f"'near_due' needs the field 'due_at', which {event.type} lacks"
    for condition, fields in (("when", route.when), ("unless", route.unless)):
        for field, values in fields.items():
            if field not in event.model_fields:
                yield (*place, condition, field), f"is no field of {event.type}"
            else:
                for value in values:
                    if not _is_possible(event, field, value):
                        yield (*place, condition, field), f"can never be '{value}' in {event.type}"


def _has(event: type[Event], needed: str) -> bool:
    """Whether the event has a field, written `unit`, or `legs.unit` for a field of its parts."""
    field, _, part = needed.partition(".")
    info = event.model_fields.get(field)
    return info is not None and (not part or part in get_args(info.annotation)[0].model_fields)


def _is_possible(event: type[Event], field: str, value: str) -> bool:
    info = event.model_fields[field]
    annotation: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    if value == NOTHING:
        return type(None) in get_args(info.annotation)
    try:
        return as_written(TypeAdapter(annotation).validate_strings(value)) == value
    except ValidationError:
        return False


def _unknown_variables(template: Template, route: Route, event: type[Event]) -> Mistakes:
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
