"""The escalation service: the one judge. Histories, deadlines, cards, lifts, the ledger."""

from services.escalation.api import router
from services.escalation.handlers import HANDLERS
from services.escalation.judge import judge, wait_for_judgement
from services.escalation.store import Ledger
from shared.runtime import Service

SERVICE = Service(
    name="escalation",
    batch=Ledger,
    hears=("intake", "dispatch"),
    handlers=HANDLERS,
    routers=(router,),
    tasks=(judge,),
    prepare=wait_for_judgement,
)
