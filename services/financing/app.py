"""The financing service: loan requests, their banks and deadlines, complaints about banks (BZ 6)."""

from services.financing import api, api_office, bank_api, endpoints
from services.financing.bank_topics import hear_banks
from services.financing.judge import judge, wait_for_judgement
from services.financing.queries import STUCK, judge_again
from services.financing.store import Desk
from services.financing.telling import tell_banks
from services.financing.webhooks import deliver
from shared.runtime import Service

SERVICE = Service(
    name="financing",
    batch=Desk,
    routers=(api.router, api_office.router, bank_api.router, endpoints.router),
    tasks=(judge, tell_banks, hear_banks, deliver),
    prepare=wait_for_judgement,
    redrives={STUCK: judge_again},
)
