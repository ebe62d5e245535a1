"""The intake service: registration, the public status of an appeal, ratings."""

from pathlib import Path

from services.intake import api, api_import, api_staff
from services.intake.access import ACCESS
from services.intake.gauges import GAUGES
from services.intake.handlers import HANDLERS
from services.intake.work import Work
from shared.appeals.hiding import hiding_in
from shared.cases import CASE, NUMBER_OF_APPEAL
from shared.judging.rulebook import Rulebook
from shared.judging.settings import RulesSettings
from shared.service.service import Service

SERVICE = Service(
    name="intake",
    work=lambda _: Work,
    access=ACCESS,
    migrations=Path(__file__).parent / "migrations",
    case_attribute=CASE,
    case_parameters=("appeal_id",),
    hiding=hiding_in("appeals"),
    number_of_case=NUMBER_OF_APPEAL,
    settings=RulesSettings,
    resources=Rulebook.load,
    hears=("dispatch", "escalation"),
    handlers=HANDLERS,
    routers=(api.router, api_staff.router, api_import.router),
    gauges=GAUGES,
)
