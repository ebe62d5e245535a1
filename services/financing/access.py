"""Who may call which route of the financing service."""

from shared.roles import BANK, EVERYBODY, IMPORTER, OFFICE, OPERATOR, OPS, REGULATOR, SERVICE, only
from shared.web.access import Access

WINDOW = only(OPERATOR, OFFICE)

ACCESS: Access = {
    "POST /requests": EVERYBODY,
    "GET /requests": WINDOW,
    "GET /requests/{loan_id}": WINDOW,
    "GET /requests/{loan_id}/contact": only(SERVICE),
    "POST /requests/{loan_id}/pushes": only(OFFICE),
    "POST /requests/{loan_id}/withdrawals": WINDOW,
    "POST /requests/{loan_id}/consent-withdrawals": WINDOW,
    "POST /requests/{loan_id}/closures": only(OFFICE),
    "POST /requests/{loan_id}/complaints": WINDOW,
    "GET /status/{registration_number}": EVERYBODY,
    "POST /status/{registration_number}/withdrawals": EVERYBODY,
    "POST /status/{registration_number}/consent-withdrawals": EVERYBODY,
    "POST /status/{registration_number}/complaints": EVERYBODY,
    "POST /status/{registration_number}/legs/{leg}/withdrawals": EVERYBODY,
    "POST /status/{registration_number}/ratings": EVERYBODY,
    "GET /status/{registration_number}/complaint": EVERYBODY,
    "POST /requests/{loan_id}/legs/{leg}/withdrawals": WINDOW,
    "POST /requests/{loan_id}/follow-ups": WINDOW,
    "POST /complaints": WINDOW,
    "GET /complaints": WINDOW | {REGULATOR},
    "GET /complaints/{complaint_id}": WINDOW | {REGULATOR},
    "POST /complaints/{complaint_id}/decisions": only(REGULATOR),
    "GET /banks": WINDOW | {REGULATOR} | {IMPORTER},
    "PUT /banks/{code}": only(OFFICE, IMPORTER),
    "GET /banks/{code}/record": only(OFFICE, REGULATOR, BANK),
    "GET /bank/requests": only(BANK),
    "GET /bank/requests/{registration_number}/{leg}": only(BANK),
    "POST /bank/reports": only(BANK),
    "GET /banks/{code}/endpoint": only(OFFICE, OPS, BANK),
    "PUT /banks/{code}/endpoint": only(OFFICE, BANK),
    "POST /banks/{code}/endpoint/secrets": only(OFFICE, BANK),
    "GET /banks/{code}/deliveries": only(OFFICE, OPS, BANK),
    "POST /banks/{code}/deliveries/replay": only(OFFICE, OPS, BANK),
    "PUT /enterprises/{credit_code}": WINDOW,
    "GET /enterprises/{credit_code}": WINDOW,
    "GET /calendars": only(OFFICE, IMPORTER, OPS),
    "PUT /calendar/{year}": only(OFFICE, OPS),
    "GET /overdue": only(OFFICE),
    "GET /cases": only(OFFICE, IMPORTER, OPS),
    "POST /import": only(IMPORTER),
}
