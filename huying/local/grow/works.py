"""One transaction in the database of each service, in which what one says the others hear at once."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from huying.local.grow.past_work import (
    PastDesks,
    PastDispatch,
    PastEscalation,
    PastIntake,
    PastNotify,
    PastWork,
)
from services.desks.app import SERVICE as DESKS
from services.dispatch.app import SERVICE as DISPATCH
from services.escalation.app import SERVICE as ESCALATION
from services.intake.app import SERVICE as INTAKE
from services.notify.app import SERVICE as NOTIFY
from services.notify.config import NotifyConfig
from shared.database.connection import Connection
from shared.events import Event

GROWN = (INTAKE, DISPATCH, ESCALATION, NOTIFY, DESKS)
"""The services that have a past. The desks are last: they hear what notify says when it is written."""


class Works:
    """The units of work of one transaction in each database. `said` counts the events of each service."""

    def __init__(
        self, conns: Mapping[str, Connection], at: datetime, config: NotifyConfig, said: Counter[str]
    ) -> None:
        self.intake = PastIntake(conns["intake"], at)
        self.dispatch = PastDispatch(conns["dispatch"], at)
        self.escalation = PastEscalation(conns["escalation"], at)
        self.notify = PastNotify(conns["notify"], at, config)
        self.desks = PastDesks(conns["desks"], at)
        self._said = said
        self._works: dict[str, PastWork] = {
            work.service: work
            for work in (self.intake, self.dispatch, self.escalation, self.notify, self.desks)
        }
        self._spread: Counter[str] = Counter()

    def spread(self) -> None:
        """Have every event that is new handled by all who hear it, and what they say because of it."""
        while news := list(self._news()):
            for source, event in news:
                self._tell(source, event)

    def _news(self) -> Iterator[tuple[str, Event]]:
        for service, work in self._works.items():
            for pending in work.pending[self._spread[service] :]:
                yield service, pending.event
            self._spread[service] = len(work.pending)

    def _tell(self, source: str, event: Event) -> None:
        for service in GROWN:
            if source in service.hears:
                self._works[service.name].hear(service.handlers, event)

    async def flush(self) -> None:
        """Write everything."""
        for service, work in self._works.items():
            work.number = self._said[service]
            await work.flush()
            self._said[service] = work.number
            if work is self.notify:  # it says that messages were sent when it has written them
                for event in work.said:
                    self._tell(service, event)
