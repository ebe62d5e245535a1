"""The financing service: loan requests, their banks and deadlines, complaints about banks (BZ 6)."""

from services.financing import api, api_office, bank_api, endpoints, enterprises
from services.financing.answers import answer_again, replies
from services.financing.bank_topics import hear_banks
from services.financing.gauges import GAUGES
from services.financing.judge import judge, wait_for_judgement
from services.financing.store import Desk
from services.financing.tables import CASES
from services.financing.telling import tell_banks
from services.financing.webhooks import deliver
from shared.judging import calendar_api
from shared.service.runtime import Service

SERVICE = Service(
    name="financing",
    batch=Desk,
    routers=(
        api.router,
        api_office.router,
        bank_api.router,
        endpoints.router,
        enterprises.router,
        calendar_api.routes(CASES),
    ),
    tasks=(judge, tell_banks, hear_banks, deliver),
    prepare=wait_for_judgement,
    redrives={CASES.stuck_topic: CASES.judge_again, replies("*"): answer_again},
    gauges=GAUGES,
    numbered=CASES.numbered,
)
