"""The desks service: the read model of all services, by which cases and legs are listed and found."""

from pathlib import Path

from services.desks.access import ACCESS
from services.desks.changes import listen
from services.desks.encrypted import COLUMNS
from services.desks.fields import FIELDS
from services.desks.finding import api as finding
from services.desks.gauges import GAUGES
from services.desks.handlers import HANDLERS
from services.desks.legs import api as legs
from services.desks.loans import api as loans
from services.desks.pages.site import site
from services.desks.people import api_accounts, api_handing_over, api_session, api_token
from services.desks.people.provider import api as provider
from services.desks.people.record import SIGN_INS
from services.desks.reading import api as reading
from services.desks.resources import Resources, resources_of
from services.desks.settings import DesksSettings
from services.desks.waiting import api as waiting
from services.desks.work import Work
from shared.appeals.hiding import hiding_in
from shared.cases import CASE, IDS_OF_APPEALS, NUMBER_OF_APPEAL
from shared.events import DesksReadsRecorded
from shared.service.service import Service

SERVICE = Service(
    name="desks",
    work=lambda _: Work,
    access=ACCESS,
    fields=FIELDS,
    reads_event=DesksReadsRecorded.recorded,
    migrations=Path(__file__).parent / "migrations",
    case_attribute=CASE,
    case_parameters=("appeal_id",),
    hiding=hiding_in("appeals"),
    number_of_case=NUMBER_OF_APPEAL,
    cases_of_numbers=IDS_OF_APPEALS,
    settings=DesksSettings,
    resources=Resources.load,
    hears=("intake", "dispatch", "escalation", "financing", "notify"),
    handlers=HANDLERS,
    routers=(
        finding.router,
        reading.router,
        legs.router,
        waiting.router,
        loans.router,
        api_session.router,
        api_token.router,
        api_accounts.router,
        api_handing_over.router,
        provider.router,
    ),
    pages=site,
    encrypted=COLUMNS,
    streamed=frozenset({provider.LOGOUT}),
    tasks=(lambda context: listen(context, resources_of(context).changes),),
    gauges=GAUGES,
    counters=(SIGN_INS,),
)
