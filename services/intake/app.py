"""The intake service: registration, the public status of an appeal, ratings."""

from pathlib import Path

from services.intake import (
    api,
    api_contact,
    api_corrections,
    api_erasures,
    api_import,
    api_own,
    api_staff,
)
from services.intake.access import ACCESS
from services.intake.attachments import api as attachments
from services.intake.attachments import api_public as attachments_public
from services.intake.attachments.sweeping import sweep_attachments
from services.intake.city import api as city_api
from services.intake.codes import api as codes
from services.intake.codes.sending import send_codes
from services.intake.encrypted import COLUMNS
from services.intake.gauges import GAUGES
from services.intake.handlers import HANDLERS
from services.intake.reading import FIELDS
from services.intake.resources import IntakeResources
from services.intake.retaining.erasing import ENDED_CASES
from services.intake.search import api as search_api
from services.intake.search import api_found
from services.intake.search.indexing import index_earlier
from services.intake.settings import IntakeSettings
from services.intake.work import Work
from shared.appeals.asking import close_answers_client
from shared.appeals.hiding import hiding_in
from shared.cases import CASE, IDS_OF_APPEALS, NUMBER_OF_APPEAL
from shared.events import IntakeReadsRecorded
from shared.service.service import Service

SERVICE = Service(
    name="intake",
    work=lambda _: Work,
    access=ACCESS,
    fields=FIELDS,
    reads_event=IntakeReadsRecorded.recorded,
    migrations=Path(__file__).parent / "migrations",
    case_attribute=CASE,
    case_parameters=("appeal_id",),
    hiding=hiding_in("appeals"),
    number_of_case=NUMBER_OF_APPEAL,
    cases_of_numbers=IDS_OF_APPEALS,
    settings=IntakeSettings,
    resources=IntakeResources.load,
    hears=("dispatch", "escalation"),
    handlers=HANDLERS,
    tasks=(sweep_attachments, index_earlier, close_answers_client, send_codes),
    routers=(
        api.router,
        api_own.router,
        codes.router,
        api_staff.router,
        api_contact.router,
        api_corrections.router,
        api_erasures.router,
        city_api.router,
        search_api.router,
        api_import.router,
        api_found.router,
        attachments.router,
        attachments_public.router,
    ),
    streamed=frozenset(
        {"POST /appeals/{appeal_id}/attachments", "POST /status/{registration_number}/attachments"}
    ),
    encrypted=COLUMNS,
    retained_besides=(ENDED_CASES,),
    gauges=GAUGES,
)
