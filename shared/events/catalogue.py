"""The catalogue: every event by its wire type, in the order of a case's life."""

from types import ModuleType

from shared.events import (
    attachments,
    complaints,
    consequences,
    directory,
    dispatch,
    ending,
    enterprise,
    erasure,
    intake,
    judgement,
    leg_time,
    loans,
    notices,
    outcomes,
    people,
    publications,
    reads,
    staff,
    studies,
)
from shared.events.base import Event

SUBJECTS = (
    intake,
    attachments,
    dispatch,
    leg_time,
    outcomes,
    staff,
    studies,
    judgement,
    publications,
    consequences,
    ending,
    enterprise,
    erasure,
    loans,
    complaints,
    directory,
    people,
    reads,
    notices,
)
"""The modules that define events. Their order is that of the catalogue, and of the published documents."""


def _events(subject: ModuleType) -> list[type[Event]]:
    """The events a module defines, as they stand there; a class without `type` is only a base."""
    classes = [value for value in vars(subject).values() if isinstance(value, type)]
    defined = [cls for cls in classes if cls.__module__ == subject.__name__ and issubclass(cls, Event)]
    return [cls for cls in defined if "type" in vars(cls)]


CATALOGUE: dict[str, type[Event]] = {event.type: event for subject in SUBJECTS for event in _events(subject)}
WITHHELD_FIELDS: dict[str, tuple[str, ...]] = {
    type_: fields for type_, event in CATALOGUE.items() if (fields := event.withheld())
}
"""By wire type, the fields that stay with the city: a file for the public leaves them out."""
