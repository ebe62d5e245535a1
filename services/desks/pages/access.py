"""Which roles may open which pages: those that may call the services' routes behind them."""

from shared.roles import (
    ADMINISTRATOR,
    AUDITOR,
    BANK_STAFF,
    DISPATCHER,
    FINANCE_WINDOW,
    LEADER,
    OFFICE,
    OFFICE_STAFF,
    OPERATOR,
    REGULATOR,
    SUPERVISOR,
    UNIT_STAFF,
    only,
)

DISPATCHING = only(OFFICE, DISPATCHER)
"""The office where it says which unit has an appeal."""
WRITING_DOWN = only(OPERATOR, OFFICE, DISPATCHER)
"""Who writes down what an enterprise says."""
FILING = OFFICE_STAFF | UNIT_STAFF | {OPERATOR}
"""Who adds files to a case."""
WAITING = OFFICE_STAFF | UNIT_STAFF | {LEADER, AUDITOR}
UNDER_WAY = OFFICE_STAFF | {LEADER, AUDITOR}
OF_LEADERS = only(LEADER)
WINDOW = only(OPERATOR, FINANCE_WINDOW, OFFICE)
"""The financing window: receives loan requests, and reads them."""
LENDING = only(OFFICE, FINANCE_WINDOW)
"""Who hands loan requests to banks."""
OF_BANKS = BANK_STAFF
OF_REGULATOR = only(REGULATOR)
READING_ACCOUNTS = only(ADMINISTRATOR, AUDITOR)
ADMINISTERING = only(ADMINISTRATOR)
SUPERVISING = only(OFFICE, SUPERVISOR)
"""The office where it watches limits, decides on them and closes."""
