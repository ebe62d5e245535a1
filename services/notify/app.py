"""The notify service: tells those whom a case concerns what occurs, in inboxes and by other channels."""

from functools import partial
from pathlib import Path

from services.notify.access import ACCESS
from services.notify.acknowledgements import api as acknowledgements
from services.notify.acknowledgements.escalation import escalate
from services.notify.codes import api as codes
from services.notify.config import config_of
from services.notify.contacts import api as contacts
from services.notify.contacts.inquiries import inquire
from services.notify.deliveries import api as deliveries
from services.notify.deliveries import failures_page
from services.notify.deliveries.worker import deliver
from services.notify.encrypted import COLUMNS, index_addresses, index_beside
from services.notify.erasing.retaining import MESSAGES
from services.notify.gauges import GAUGES, NOTICES
from services.notify.handlers import HANDLERS
from services.notify.messages import api as messages
from services.notify.messages.routing import table
from services.notify.reading import FIELDS
from services.notify.receipts import api as receipts
from services.notify.receipts.polling import poll_receipts
from services.notify.settings import NotifySettings, load_rulebook
from services.notify.work import Work
from shared.appeals.asking import close_answers_client
from shared.appeals.hiding import hiding_in
from shared.cases import CASE, IDS_OF_APPEALS, NUMBER_OF_APPEAL
from shared.events import NotifyReadsRecorded
from shared.messaging.outbox import WorkFactory
from shared.service.service import Service, ServiceContext


async def prepare(context: ServiceContext) -> None:
    """Refuse to start with a mistake in the table of routes and templates; index earlier addresses."""
    table()
    await index_addresses(context)


def work_of(context: ServiceContext) -> WorkFactory:
    """Makes units of work that know the settings and the packs."""
    return partial(Work, config=config_of(context))


SERVICE = Service(
    name="notify",
    work=work_of,
    access=ACCESS,
    fields=FIELDS,
    reads_event=NotifyReadsRecorded.recorded,
    migrations=Path(__file__).parent / "migrations",
    case_attribute=CASE,
    case_parameters=("appeal_id",),
    hiding=hiding_in("appeals"),
    number_of_case=NUMBER_OF_APPEAL,
    cases_of_numbers=IDS_OF_APPEALS,
    settings=NotifySettings,
    resources=load_rulebook,
    hears=("intake", "dispatch", "escalation", "financing"),
    handlers=HANDLERS,
    routers=(
        messages.router,
        acknowledgements.router,
        deliveries.router,
        failures_page.router,
        codes.router,
        receipts.router,
        contacts.router,
    ),
    tasks=(deliver, poll_receipts, escalate, inquire, index_beside, close_answers_client),
    prepare=prepare,
    encrypted=COLUMNS,
    retained_besides=(MESSAGES,),
    gauges=GAUGES,
    counters=(NOTICES,),
)
