"""No event is left out of the catalogue, and none can be imported only from its module."""

import importlib
import pkgutil
from collections.abc import Iterator

from shared import events
from shared.events import CATALOGUE, Event
from shared.rules import terms


def classes(base: type[Event]) -> Iterator[type[Event]]:
    for cls in base.__subclasses__():
        if cls.__module__.startswith("shared.events."):
            yield cls
            yield from classes(cls)


def test_every_event_that_a_module_defines_is_in_the_catalogue() -> None:
    for module in pkgutil.iter_modules(events.__path__, "shared.events."):
        importlib.import_module(module.name)
    defined = {cls for cls in classes(Event) if "type" in vars(cls)}
    assert defined == set(CATALOGUE.values())


def test_every_event_and_its_bases_can_be_imported_from_the_package() -> None:
    names = {cls.__name__ for cls in classes(Event)}
    assert names <= vars(events).keys()


def test_the_words_of_the_rules_are_the_words_of_the_events() -> None:
    defined = {
        name for name, value in vars(terms).items() if getattr(value, "__module__", "") == terms.__name__
    }
    assert defined <= vars(events).keys()
