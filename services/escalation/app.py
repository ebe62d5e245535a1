"""The escalation service: the one judge. Histories, deadlines, cards, lifts, the ledger."""

from pathlib import Path

from services.escalation import api_records
from services.escalation.access import ACCESS
from services.escalation.api import router
from services.escalation.cards import api as cards_api
from services.escalation.encrypted import COLUMNS
from services.escalation.gauges import GAUGES
from services.escalation.handlers import HANDLERS
from services.escalation.judge import judge, wait_for_judgement
from services.escalation.leaders import api as leaders_api
from services.escalation.publications import api as publications_api
from services.escalation.reading import FIELDS
from services.escalation.tables import CASES
from services.escalation.work import Work
from shared.appeals.hiding import hiding_in
from shared.cases import CASE
from shared.events import EscalationReadsRecorded
from shared.judging import calendar_api
from shared.judging.rulebook import Rulebook
from shared.judging.settings import RulesSettings
from shared.judging.telemetry import COUNTED_EVENTS, COUNTERS, KEPT_EVENTS
from shared.service.service import Service

SERVICE = Service(
    name="escalation",
    work=lambda _: Work,
    access=ACCESS,
    fields=FIELDS,
    encrypted=COLUMNS,
    reads_event=EscalationReadsRecorded.recorded,
    migrations=Path(__file__).parent / "migrations",
    case_attribute=CASE,
    case_parameters=("appeal_id",),
    hiding=hiding_in("cases"),
    number_of_case=CASES.number,
    cases_of_numbers=CASES.ids,
    settings=RulesSettings,
    resources=Rulebook.load,
    hears=("intake", "dispatch"),
    handlers=HANDLERS,
    routers=(
        router,
        leaders_api.router,
        publications_api.router,
        api_records.router,
        cards_api.router,
        calendar_api.routes(CASES),
    ),
    tasks=(judge,),
    prepare=wait_for_judgement,
    redrives={CASES.stuck_topic: CASES.judge_again},
    gauges=GAUGES,
    counters=COUNTERS,
    counted_events=COUNTED_EVENTS,
    kept_events=KEPT_EVENTS,
)
