"""The escalation service: the one judge. Histories, deadlines, cards, lifts, the ledger."""

from services.escalation import card_page, records
from services.escalation.api import router
from services.escalation.figures import ASKED
from services.escalation.handlers import HANDLERS
from services.escalation.judge import judge, wait_for_judgement
from services.escalation.store import Ledger
from services.escalation.tables import CASES
from shared.runtime import Service
from shared.web import calendars

SERVICE = Service(
    name="escalation",
    batch=Ledger,
    hears=("intake", "dispatch"),
    handlers=HANDLERS,
    routers=(router, records.router, card_page.router, calendars.routes(CASES)),
    tasks=(judge,),
    prepare=wait_for_judgement,
    redrives={CASES.stuck_topic: CASES.judge_again},
    asked=ASKED,
    numbered=CASES.numbered,
)
