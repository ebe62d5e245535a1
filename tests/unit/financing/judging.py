"""A loan request of unit tests as the judge of the service judges it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.financing import engine
from services.financing.judgement import take
from services.financing.loans import domain
from services.financing.loans.acts import NewLoanRequest
from services.financing.loans.document import LoanDocument
from shared.events import Event
from shared.rules.judging.decide import decide
from shared.rules.pack import pack_files
from shared.rules.time.calendar import Calendar
from tests.lending import wish
from tests.unit.financing.samples import AT, BANKS, routed

PACKS = ("bozhou-2024-financing", "bozhou-2024-financing@3", "bozhou-2024-financing@2")
CALENDAR = Calendar.load(ZoneInfo("Asia/Shanghai"))


def judge(loan: LoanDocument, history: Iterable[Event], upto: datetime) -> list[Event]:
    """Bring `loan` up to `upto` as the service does, and return what that says."""
    facts = [event for event in history if type(event) in engine.FACTS]
    acts = [act for fact in facts for act in engine.to_acts(fact)]
    return take(loan, decide(loan.case_id, acts, pack_files.load(loan.pack), CALENDAR, upto), upto)


def registered(pack_ref: str = PACKS[0]) -> tuple[LoanDocument, list[Event]]:
    """A request that was pushed on Monday, 2026-11-09, at 09:00, and was judged then."""
    loan, history = domain.register(
        NewLoanRequest.model_validate(wish()),
        UUID(int=1),
        "RZ-20261109-00001",
        pack_files.load(pack_ref),
        AT,
        "",
        routed(),
        BANKS,
    )
    judge(loan, history, AT)
    return loan, history
