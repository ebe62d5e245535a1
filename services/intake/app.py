"""The intake service: registration, the public status of an appeal, ratings."""

from functools import partial
from pathlib import Path

from services.intake import api, api_import, api_staff
from services.intake.access import ACCESS
from services.intake.attachments import api as attachments
from services.intake.attachments import api_public as attachments_public
from services.intake.attachments.sweeping import sweep_attachments
from services.intake.finding import api as finding
from services.intake.finding.backfill import backfill
from services.intake.gauges import GAUGES
from services.intake.handlers import HANDLERS
from services.intake.resources import IntakeResources
from services.intake.settings import IntakeSettings, hashes_of
from services.intake.work import Work
from shared.appeals.hiding import hiding_in
from shared.cases import CASE, ID_OF_APPEAL, NUMBER_OF_APPEAL
from shared.messaging.outbox import WorkFactory
from shared.service.service import Service, ServiceContext


def work_of(context: ServiceContext) -> WorkFactory:
    """Makes units of work that index the texts and phones of what is registered."""
    return partial(Work, hashes=hashes_of(context))


SERVICE = Service(
    name="intake",
    work=work_of,
    access=ACCESS,
    migrations=Path(__file__).parent / "migrations",
    case_attribute=CASE,
    case_parameters=("appeal_id",),
    hiding=hiding_in("appeals"),
    number_of_case=NUMBER_OF_APPEAL,
    case_of_number=ID_OF_APPEAL,
    settings=IntakeSettings,
    resources=IntakeResources.load,
    hears=("dispatch", "escalation"),
    handlers=HANDLERS,
    tasks=(sweep_attachments, backfill),
    routers=(
        api.router,
        api_staff.router,
        api_import.router,
        finding.router,
        attachments.router,
        attachments_public.router,
    ),
    streamed=frozenset(
        {"POST /appeals/{appeal_id}/attachments", "POST /status/{registration_number}/attachments"}
    ),
    gauges=GAUGES,
)
