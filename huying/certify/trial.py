"""A trial of one case: asks the bank's client for reports, and waits until the city's records show them."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from huying.certify.window import Loan, Receipt, Window

LOOK_S = 0.3
Seen = TypeVar("Seen")
REQUEST = "bank.request.v1"


class NotShownError(Exception):
    """The records did not show in time what the case expects. The message names what is missing."""


class NotApplicableError(Exception):
    """The bank's connection has nothing that the case tries."""


class Asked(NamedTuple):
    """The code of a case, and what the bank's client is to do, in both languages."""

    code: str
    do: str


class Trial:
    """One case with one bank. The client has `wait_s` seconds for each thing that is waited for.

    `tell` hears of the legs of its requests.
    """

    def __init__(
        self, window: Window, asked: Asked, others: Sequence[str], wait_s: float, tell: Callable[[str], None]
    ) -> None:
        self.window = window
        self.began = window.now()
        self._asked = asked
        self._others = others
        self._wait_s = wait_s
        self._tell = tell

    def request(self, *, shared: bool = False) -> Loan:
        """Register a request, `shared` with another bank. Wait until it is sent."""
        loan = self._register(self._asked.code, self._asked.do, *(self._others if shared else ()))
        self._until_left(loan)
        return loan

    def request_meanwhile(self, do: str) -> Loan:
        """Register a second request, while the bank is away; `do` says what to do with this one."""
        return self._register(f"{self._asked.code}-2", do)

    def _register(self, code: str, do: str, *others: str) -> Loan:
        """A request whose purpose begins with the code in brackets."""
        loan = self.window.register(f"[{code}] {do}", *others)
        self._tell(f"    [{code}] {loan.leg}")
        return loan

    def sent(self, loan: Loan, type_: str, since: datetime | None = None) -> datetime:
        """When the first message of a type about the leg was sent, from `since` on."""
        sent = self.until(type_, lambda: self.window.sent(loan, type_, since or self.began))
        return min(sent)

    def _until_left(self, loan: Loan) -> None:
        """Wait until the request left; at a desk, until the bank read it."""
        self.until(
            f"{REQUEST} 未发出，或者银行未读取；见 GET /financing/bank/connection 的 waiting"
            " / it did not leave or was not read: `waiting` says why",
            lambda: self.window.sent(loan, REQUEST, self.began),
        )

    def reported(self, loan: Loan, *states: str) -> None:
        """Wait until reports of these states were recorded on the leg, in this order."""

        def are_recorded() -> bool:
            recorded = iter([report["state"] for report in self.window.leg(loan)["reports"]])
            return all(state in recorded for state in states)

        self.until("、".join(states), are_recorded)

    def answered(self, loan: Loan, *codes: str, since: datetime | None = None) -> None:
        """Wait until receipts with these codes were given on the leg from `since` on, in any order."""

        def are_given() -> bool:
            own = Counter(receipt.code for receipt in self.receipts(since) if receipt.leg == loan.leg)
            return Counter(codes) <= own

        self.until("、".join(codes), are_given)

    def refused(self, code: str, field: str | None = None) -> datetime:
        """When a report on any leg was refused with this code, for this field where one is given."""

        def moments() -> list[datetime]:
            if field is not None and field not in self.window.refused_fields(self.began):
                return []
            return [receipt.reported_at for receipt in self.receipts() if receipt.code == code]

        return min(self.until(code if field is None else f"{code} ({field})", moments))

    def receipts(self, since: datetime | None = None) -> list[Receipt]:
        """All receipts of the bank since the case began, or from `since` on."""
        return self.window.receipts(since or self.began)

    def until(self, expected: str, look: Callable[[], Seen]) -> Seen:
        """What `look` sees, once it sees something; `NotShownError` where it does not in time."""
        end = time.monotonic() + self._wait_s
        while not (seen := look()):
            if time.monotonic() > end:
                raise NotShownError(expected)
            time.sleep(LOOK_S)
        return seen
