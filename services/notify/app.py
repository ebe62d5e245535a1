"""The notify service: tells those whom a case concerns what occurs, in inboxes and by other channels."""

from datetime import datetime
from functools import cache, partial
from pathlib import Path

from services.notify.access import ACCESS
from services.notify.acknowledgements import api as acknowledgements
from services.notify.acknowledgements.escalation import escalate
from services.notify.channels.settings import load
from services.notify.contacts import api as contacts
from services.notify.contacts.inquiries import inquire, registrars
from services.notify.deliveries import api as deliveries
from services.notify.deliveries import failures_page
from services.notify.deliveries.worker import deliver
from services.notify.gauges import GAUGES, NOTICES
from services.notify.handlers import HANDLERS
from services.notify.messages import api as messages
from services.notify.messages.routing import table
from services.notify.messages.words import PackNames, names
from services.notify.receipts import api as receipts
from services.notify.receipts.polling import poll_receipts
from services.notify.settings import NotifySettings, settings_of
from services.notify.work import NotifyConfig, Work
from shared.cases import CASE, NUMBER_OF_APPEAL
from shared.judging.rulebook import Rulebook, rulebook
from shared.messaging.outbox import WorkFactory
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import OfficeHours
from shared.rules.time.limits import due
from shared.service.service import Service, ServiceContext


async def check_tables(context: ServiceContext) -> None:
    """Refuse to start with a mistake in the table of routes and templates."""
    table()


def work_of(context: ServiceContext) -> WorkFactory:
    """Makes units of work with what the settings and the packs say. `Mistakes` in the channels' file."""

    rules, settings = rulebook(context), settings_of(context)

    def pack_of(ref: str | None) -> Pack:
        return rules.pack_of(ref) if ref else rules.pack

    @cache
    def names_of(ref: str | None) -> PackNames:
        return names(pack_of(ref))

    def acknowledge_by(ref: str | None, since: datetime) -> datetime | None:
        pack = pack_of(ref)
        if (rule := pack.acknowledgement) is None:
            return None
        hours = OfficeHours.parse(pack.office_hours.spans)
        return due(pack.limit(rule.limit), since, rules.calendar, hours).due_at

    channels = load(settings.channels).channels()
    return partial(
        Work,
        config=NotifyConfig(
            zone=context.zone,
            names_of=names_of,
            acknowledge_by=acknowledge_by,
            channels=channels,
            registrars=frozenset(registrars(settings)) if channels else frozenset(),
        ),
    )


SERVICE = Service(
    name="notify",
    batch=work_of,
    access=ACCESS,
    migrations=Path(__file__).parent / "migrations",
    case_attribute=CASE,
    case_parameters=("appeal_id",),
    number_of_case=NUMBER_OF_APPEAL,
    settings=NotifySettings,
    resources=Rulebook.load,
    hears=("intake", "dispatch", "escalation", "financing"),
    handlers=HANDLERS,
    routers=(
        messages.router,
        acknowledgements.router,
        deliveries.router,
        failures_page.router,
        receipts.router,
        contacts.router,
    ),
    tasks=(deliver, poll_receipts, escalate, inquire),
    prepare=check_tables,
    gauges=GAUGES,
    counters=(NOTICES,),
)
