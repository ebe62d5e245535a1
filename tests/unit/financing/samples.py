"""What unit tests of financing share: a pack, banks, routing rules, and a request that was registered."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.financing.banks.acts import BankBody
from services.financing.loans import domain
from services.financing.loans.acts import NewLoanRequest
from services.financing.loans.document import LoanDocument
from services.financing.loans.routing import BankRouting
from shared.rules.pack import pack_files
from tests.lending import wish

PACK = pack_files.load("bozhou-2024-financing")
AT = datetime(2026, 11, 9, 1, tzinfo=UTC)
BANKS = {code: BankBody(name=code, ways=frozenset({"desk"})) for code in ("bank-a", "bank-b", "bank-c")}


def routed(**more: Any) -> BankRouting:
    rules = [
        {"when": {"first_loan": True, "below": "1000000"}, "waves": [["bank-b"], ["bank-a", "bank-b"]]},
        {"when": {}, "waves": [["bank-c"]]},
    ]
    return BankRouting.model_validate({"silent": ["bank_contact"], "rules": rules, **more})


def asked(**more: Any) -> LoanDocument:
    loan, _ = domain.register(
        NewLoanRequest.model_validate(wish(**more)),
        UUID(int=1),
        "RZ-20261109-00001",
        PACK,
        AT,
        "",
        routed(),
        BANKS,
    )
    return loan
