"""The routes as they are written in routing.yaml: who is told of which event, by which template."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.notify.messages.templates import NonEmpty
from shared.events import Event

NOTHING = "~"
"""How `when` and `unless` write that a field is empty."""


class Route(BaseModel):
    """Who is told of an event, by which template, and whether the message may leave at any hour (`urgent`).

    `near_due`: it may, but in quiet hours only if what it warns of is due before or soon after their end.
    `when` gives, for fields of the event, the values that the route is meant for; `unless` those that it is
    not meant for. Of two routes to one recipient the first that fits counts. With `acknowledge` the recipient
    must acknowledge the message, within the limit of the case's pack. With `answer` the message to the
    enterprise carries the text that was written for it, which dispatch is asked for when it leaves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: dict[str, tuple[str, ...]] = {}
    unless: dict[str, tuple[str, ...]] = {}
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    template: str
    urgent: bool | Literal["near_due"] = False
    acknowledge: bool = False
    answer: bool = False

    def fits(self, event: Event) -> bool:
        """Whether the route is meant for this event."""
        return all(
            as_written(getattr(event, field)) in values for field, values in self.when.items()
        ) and not any(as_written(getattr(event, field)) in values for field, values in self.unless.items())


class Routing(BaseModel):
    """All routes, and the events that nobody is told of, each with the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    routes: dict[str, Annotated[tuple[Route, ...], Field(min_length=1)]]
    silent: dict[str, NonEmpty]


def as_written(value: Any) -> str:
    """A field's value as `when` and `unless` write it."""
    if value is None:
        return NOTHING
    return str(value).lower() if isinstance(value, bool) else str(value)
