"""The dispatch service: units, legs, and everything units and the office do to an appeal."""

from pathlib import Path

from services.dispatch import api, api_arrears, api_import, api_reads, api_units
from services.dispatch.access import ACCESS
from services.dispatch.bulk import api as bulk
from services.dispatch.encrypted import COLUMNS
from services.dispatch.gauges import GAUGES
from services.dispatch.handlers import HANDLERS
from services.dispatch.papers import api as papers
from services.dispatch.reading import FIELDS
from services.dispatch.studies.reminders import remind
from services.dispatch.templates import api as templates
from services.dispatch.work import Work
from shared.appeals.hiding import hiding_in
from shared.cases import CASE, IDS_OF_APPEALS, NUMBER_OF_APPEAL
from shared.events import DispatchReadsRecorded
from shared.judging.rulebook import Rulebook
from shared.judging.settings import RulesSettings
from shared.service.service import Service

SERVICE = Service(
    name="dispatch",
    work=lambda _: Work,
    access=ACCESS,
    fields=FIELDS,
    reads_event=DispatchReadsRecorded.recorded,
    migrations=Path(__file__).parent / "migrations",
    case_attribute=CASE,
    case_parameters=("appeal_id",),
    hiding=hiding_in("appeals"),
    number_of_case=NUMBER_OF_APPEAL,
    cases_of_numbers=IDS_OF_APPEALS,
    settings=RulesSettings,
    resources=Rulebook.load,
    hears=("intake", "escalation"),
    handlers=HANDLERS,
    prepare=api_units.say_unsaid,
    tasks=(remind,),
    encrypted=COLUMNS,
    gauges=GAUGES,
    routers=(
        api.router,
        api_import.router,
        api_reads.router,
        api_arrears.router,
        api_units.router,
        bulk.router,
        templates.router,
        papers.router,
    ),
)
