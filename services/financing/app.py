"""The financing service: loan requests, their banks and deadlines, complaints about banks (BZ 6)."""

from pathlib import Path

from services.financing.access import ACCESS
from services.financing.banks import api as banks
from services.financing.banks.bank_queue import tell_banks
from services.financing.banks.connection import api as connection
from services.financing.banks.desk import api as desk
from services.financing.banks.desk.unread import with_receipt
from services.financing.banks.kafka.readers import hear_banks
from services.financing.banks.kafka.receipts import answer_again
from services.financing.banks.kafka.topics import replies
from services.financing.banks.signing import api as signing
from services.financing.banks.statement import api as statement
from services.financing.banks.webhook import api as webhook
from services.financing.banks.webhook.sender import deliver
from services.financing.complaints import api as complaints
from services.financing.encrypted import COLUMNS
from services.financing.enterprises import api as enterprises
from services.financing.gauges import GAUGES
from services.financing.judge import judge, wait_for_judgement
from services.financing.loans import api as loans
from services.financing.loans import api_contact, api_erasures, api_import, api_office, api_status, api_word
from services.financing.readers import FIELDS
from services.financing.retaining.erasing import RETAINED
from services.financing.settings import FinancingSettings
from services.financing.tables import CASES
from services.financing.work import Work
from shared.cases import CASE
from shared.events import FinancingReadsRecorded
from shared.judging import calendar_api
from shared.judging.telemetry import COUNTERS
from shared.service.service import Service

SERVICE = Service(
    name="financing",
    work=lambda _: Work,
    access=ACCESS,
    fields=FIELDS,
    reads_event=FinancingReadsRecorded.recorded,
    migrations=Path(__file__).parent / "migrations",
    case_attribute=CASE,
    case_parameters=("loan_id", "complaint_id"),
    number_of_case=CASES.number,
    cases_of_numbers=CASES.ids,
    settings=FinancingSettings,
    routers=(
        loans.router,
        api_status.router,
        api_word.router,
        api_erasures.router,
        api_office.router,
        api_contact.router,
        api_import.router,
        complaints.router,
        banks.router,
        desk.router,
        webhook.router,
        signing.router,
        connection.router,
        statement.router,
        enterprises.router,
        calendar_api.routes(CASES),
    ),
    tasks=(judge, tell_banks, hear_banks, deliver),
    prepare=wait_for_judgement,
    amended_refusals={"POST /bank/reports": with_receipt},
    redrives={CASES.stuck_topic: CASES.judge_again, replies("*"): answer_again},
    encrypted=COLUMNS,
    retained_besides=RETAINED,
    gauges=GAUGES,
    counters=COUNTERS,
)
