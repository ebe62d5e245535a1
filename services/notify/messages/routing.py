"""The routing table: makes messages of events. Read from YAML and checked whole before the service starts."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid5
from zoneinfo import ZoneInfo

import jinja2

from services.notify.document import CaseDocument
from services.notify.domain import TO_ALL_LEGS, acting, recipients
from services.notify.messages.message import Message
from services.notify.messages.routes import Route, Routing
from services.notify.messages.routing_checks import routing_mistakes, template_mistakes
from services.notify.messages.speech import Speech
from services.notify.messages.templates import FOLDER, Template, Texts, addressee, file_of, syntax_mistakes
from services.notify.messages.words import USUAL, Language, PackNames, written_by_people
from shared.directory.leaders import Leaders
from shared.events import Event
from shared.files import strict_yaml

ROUTING = "routing.yaml"
NOBODY_CHOSE: Mapping[str, Language] = MappingProxyType({})
NOBODY_KNOWN = Leaders()
RENDERING_ERRORS = (jinja2.TemplateError, TypeError, ValueError, AttributeError, LookupError)


class Unwritable(ValueError):
    """A template fails on an event of its route. The message names the file, the template and the cause."""


class RoutingTable(Routing):
    """The routes, with every template that they name in every language."""

    templates: dict[str, dict[Language, Template]]

    def concerns_all_legs(self, event: Event) -> bool:
        """Whether a leg that is heard later may have to be told of `event`."""
        return any(TO_ALL_LEGS.intersection(route.to) for route in self.routes.get(event.type, ()))

    def answered_event(self, template: str) -> str | None:
        """The type of the event whose text a message by this template carries; None where it carries none."""
        return next(
            (
                type_
                for type_, routes in self.routes.items()
                for route in routes
                if route.answer and route.template == template
            ),
            None,
        )

    def messages(
        self,
        case: CaseDocument,
        event: Event,
        zone: ZoneInfo,
        names: PackNames = USUAL,
        languages: Mapping[str, Language] = NOBODY_CHOSE,
        leaders: Leaders = NOBODY_KNOWN,
        *,
        withheld: bool = False,
    ) -> list[Message]:
        """The messages about `event`, one for each recipient. Times are in `zone`.

        `names` are the pack's own words. `languages` are the choices of recipients; an enterprise that made
        none reads the language of its registration. By `leaders` a message to a leader or a post goes to who
        acts for them on the day. With `withheld` they tell of a confidential case without what people
        wrote: they leave for phones and mailboxes that others read too. Raises `Unwritable`.
        """
        messages: dict[str, Message] = {}
        for route in self.routes.get(event.type, ()):
            if route.fits(event):
                for word in route.to:
                    for named in recipients(word, case, event):
                        recipient = acting(named, leaders, event.occurred_at.astimezone(zone).date())
                        if recipient not in messages:
                            chosen = languages.get(recipient) or case.language_of(recipient)
                            speech = Speech(chosen or Language.ZH, zone, names, withheld=withheld)
                            messages[recipient] = self._message(route, recipient, case, event, speech)
        return list(messages.values())

    def _message(
        self, route: Route, recipient: str, case: CaseDocument, event: Event, speech: Speech
    ) -> Message:
        fields: dict[str, Any] = {name: getattr(event, name) for name in type(event).model_fields}
        fields |= speech.withheld_texts(written_by_people(event))
        fields["matter"] = speech.matter(case.registration_number, case.title)
        fields["addressee"] = addressee(recipient, case, speech)
        if recipient.startswith("bank:"):
            fields["own_leg"] = case.bank_leg(recipient.removeprefix("bank:"))
        try:
            subject, body = self.templates[route.template][speech.language].render(fields, case, speech)
        except RENDERING_ERRORS as error:
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
            urgent=bool(route.urgent),
            acknowledge=route.acknowledge,
            due_at=fields["due_at"] if route.urgent == "near_due" else None,
        )


def load(folder: Path) -> RoutingTable:
    """The table in a folder's files. `Mistakes` names the file, line, place and rule of each mistake."""
    texts = {each: strict_yaml.read(folder / file_of(each), Texts, syntax_mistakes) for each in Language}
    routing = strict_yaml.read(folder / ROUTING, Routing, lambda routing: routing_mistakes(routing, texts))
    for each in Language:
        strict_yaml.read(folder / file_of(each), Texts, lambda read: template_mistakes(read, routing))
    names = {route.template for routes in routing.routes.values() for route in routes}
    return RoutingTable(
        routes=routing.routes,
        silent=routing.silent,
        templates={name: {each: texts[each].root[name] for each in Language} for name in sorted(names)},
    )


@cache
def table() -> RoutingTable:
    """The table of this service."""
    return load(FOLDER)
