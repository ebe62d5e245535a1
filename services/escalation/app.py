"""The escalation service: the one judge. Histories, deadlines, cards, lifts, the ledger."""

from services.escalation import card_page, records
from services.escalation.access import ACCESS
from services.escalation.api import router
from services.escalation.gauges import GAUGES
from services.escalation.handlers import HANDLERS
from services.escalation.judge import judge, wait_for_judgement
from services.escalation.store import Ledger
from services.escalation.tables import CASES
from shared.judging import calendar_api
from shared.service.runtime import Service

SERVICE = Service(
    name="escalation",
    batch=lambda _: Ledger,
    access=ACCESS,
    hears=("intake", "dispatch"),
    handlers=HANDLERS,
    routers=(router, records.router, card_page.router, calendar_api.routes(CASES)),
    tasks=(judge,),
    prepare=wait_for_judgement,
    redrives={CASES.stuck_topic: CASES.judge_again},
    gauges=GAUGES,
    numbered=CASES.numbered,
)
