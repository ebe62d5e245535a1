"""The escalation service: the one judge. Histories, deadlines, cards, lifts, the ledger."""

from services.escalation import records
from services.escalation.api import router
from services.escalation.handlers import HANDLERS
from services.escalation.judge import judge, wait_for_judgement
from services.escalation.store import STUCK, Ledger, judge_again
from shared.runtime import Service

SERVICE = Service(
    name="escalation",
    batch=Ledger,
    hears=("intake", "dispatch"),
    handlers=HANDLERS,
    routers=(router, records.router),
    tasks=(judge,),
    prepare=wait_for_judgement,
    redrives={STUCK: judge_again},
)
