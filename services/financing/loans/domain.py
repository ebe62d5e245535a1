"""What may happen to a loan request: it is registered, pushed to banks, and ended. Pure: no I/O, no clock."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from uuid import UUID, uuid5

from services.financing.banks.acts import BankBody
from services.financing.contract_fields import fen
from services.financing.loans.acts import NewLoanRequest, PastLoan
from services.financing.loans.document import BankLegDocument, LoanDocument
from services.financing.loans.routing import BankRouting
from shared import events
from shared.events import AmountBand, Event
from shared.rules.pack.pack import Pack
from shared.rules.pack.triggers import Start
from shared.service.errors import Conflict, Invalid
from shared.states import BankLegState, LoanState

IMPORTED = UUID("4a6d1c5e-3f0b-5b7a-9a44-6b1f0e2d7c90")  # namespace of the ids of imported requests
MOST_LEGS = 30

_GONE = (BankLegState.DECLINED, BankLegState.WITHDRAWN)
_BANDS = (
    (500_000, AmountBand.BELOW_500K),
    (1_000_000, AmountBand.BELOW_1M),
    (5_000_000, AmountBand.BELOW_5M),
    (10_000_000, AmountBand.BELOW_10M),
)


def imported_id(source: str, source_id: str) -> UUID:
    """The id of a past request that `source`, a code without blanks, knows as `source_id`."""
    return uuid5(IMPORTED, f"{source} {source_id}")


def registration_number(prefix: str, day: date, n: int) -> str:
    """The public number of the n-th request of a local day, e.g. RZ-20260213-00042."""
    return f"{prefix}-{day:%Y%m%d}-{n:05d}"


def band(amount: str) -> AmountBand:
    """The band that an amount in yuan lies in."""
    yuan = fen(amount) // 100
    return next((name for below, name in _BANDS if yuan < below), AmountBand.FROM_10M)


def register(
    wish: NewLoanRequest,
    loan_id: UUID,
    number: str,
    pack: Pack,
    at: datetime,
    receipt_hash: str,
    routing: BankRouting,
    banks: Mapping[str, BankBody],
) -> tuple[LoanDocument, list[Event]]:
    """Register a request and push it to its first wave.

    `Invalid` for a bank that is unknown or takes no requests, and for a consent in the future.
    """
    _check_banks(wish.banks, banks)
    if wish.consent.given_at > at:
        raise Invalid("授权时间在将来", "the consent is dated in the future", "consent.given_at")
    open_ = [code for code, bank in banks.items() if bank.open]
    loan = LoanDocument(
        case_id=loan_id,
        number=number,
        pack=pack.ref,
        receipt_hash=receipt_hash,
        received_at=at,
        wish=wish,
        amount=wish.amount,
        product=wish.product,
        plan=routing.plan(wish, open_),
        silent_on=routing.silent,
        met_by=pack.met_by,
        counting=pack.counting,
        asks_back=_asks_back(pack),
    )
    return loan, [_requested(loan), *go_on(loan, at, banks)]


def register_past(
    past: PastLoan, loan_id: UUID, number: str, pack: Pack, banks: Mapping[str, BankBody]
) -> tuple[LoanDocument, list[Event]]:
    """Register a past request and push it to its bank. `Invalid` for a bank that takes no requests."""
    _check_banks((past.bank,), banks)
    at = past.occurred_at
    loan = LoanDocument(
        case_id=loan_id,
        number=number,
        pack=pack.ref,
        source_id=past.source_id,
        received_at=at,
        amount=past.amount,
        product=past.product,
        plan=[[past.bank]],
        met_by=pack.met_by,
        counting=pack.counting,
        asks_back=_asks_back(pack),
    )
    return loan, [_requested(loan), *go_on(loan, at, banks)]


def _asks_back(pack: Pack) -> bool:
    """Whether the pack gives the window a time to verify that an enterprise withdrew from a bank."""
    return any(rule.start == Start.OBJECTED for rule in pack.limits)


def _requested(loan: LoanDocument) -> Event:
    wish = loan.wish
    return loan.event(
        events.LoanRequested,
        loan.received_at,
        product=loan.product,
        amount_band=band(loan.amount),
        first_loan=wish is not None and wish.first_loan,
        locality=wish.locality if wish else None,
        pack=loan.pack,
        receipt_hash=loan.receipt_hash,
        source_id=loan.source_id,
    )


def _check_banks(wished: Collection[str], banks: Mapping[str, BankBody]) -> None:
    for i, code in enumerate(wished):
        if code not in banks:
            raise Invalid(f"没有代码为 {code} 的银行", f"no bank has the code {code}", f"banks.{i}")
        if not banks[code].open:
            raise Invalid(
                f"银行 {code} 暂不接收融资需求", f"the bank {code} takes no requests now", f"banks.{i}"
            )


def go_on(loan: LoanDocument, at: datetime, banks: Mapping[str, BankBody]) -> Iterator[Event]:
    """Push to the next wave if all banks of the last one declined or stayed silent.

    After the last wave the office takes over.
    """
    if loan.ended is None and not loan.taken_over and _is_wave_over(loan):
        if loan.waves < len(loan.plan):
            yield _push(loan, loan.plan[loan.waves], at, banks)
        else:
            loan.taken_over = True
            yield loan.event(events.LoanOfficeTookOver, at, reason=_why_office(loan))
    loan.settle()


def _is_wave_over(loan: LoanDocument) -> bool:
    last_wave = [leg for leg in loan.legs if leg.wave == loan.waves]
    return all(leg.state in _GONE or leg.silent(loan.silent_on) for leg in last_wave)


def _why_office(loan: LoanDocument) -> str:
    if not loan.legs:
        return "no_bank"
    return "declined_by_all" if all(leg.state in _GONE for leg in loan.legs) else "declined_or_silent"


def _push(loan: LoanDocument, wave: Collection[str], at: datetime, banks: Mapping[str, BankBody]) -> Event:
    loan.waves += 1
    legs = []
    for code in wave:
        position = len(loan.legs) + 1
        leg = BankLegDocument(
            leg_id=uuid5(loan.case_id, str(position)),
            leg=f"{loan.number}/{position}",
            bank=code,
            bank_name=banks[code].name if code in banks else code,
            wave=loan.waves,
            pushed_at=at,
        )
        loan.legs.append(leg)
        legs.append(leg)
    pushed = tuple(
        events.BankLeg(leg_id=leg.leg_id, leg=leg.leg, bank=leg.bank, bank_name=leg.bank_name) for leg in legs
    )
    return loan.event(events.LoanPushed, at, wave=loan.waves, legs=pushed)


def push(
    loan: LoanDocument, wanted: Collection[str], at: datetime, banks: Mapping[str, BankBody]
) -> Iterator[Event]:
    """Push to banks that the office names, before the waves still planned; no bank is asked twice."""
    loan.require_open()
    _check_banks(wanted, banks)
    for i, code in enumerate(wanted):
        if code in loan.banks or list(wanted).count(code) > 1:
            raise Conflict(f"已推送给银行 {code}", f"the bank {code} was asked already", f"banks.{i}")
    if len(loan.legs) + len(wanted) > MOST_LEGS:
        raise Conflict(f"最多推送给 {MOST_LEGS} 家银行", f"no more than {MOST_LEGS} banks are asked", "banks")
    loan.plan = [*loan.plan[: loan.waves], list(wanted), *loan.plan[loan.waves :]]
    loan.taken_over = False
    yield _push(loan, wanted, at, banks)
    loan.plan[loan.waves :] = [
        rest
        for wave in loan.plan[loan.waves :]
        if (rest := [code for code in wave if code not in loan.banks])
    ]
    loan.settle()


_END_EVENTS: dict[LoanState, type[Event]] = {
    LoanState.WITHDRAWN: events.LoanWithdrawn,
    LoanState.CONSENT_WITHDRAWN: events.LoanConsentWithdrawn,
    LoanState.CLOSED: events.LoanClosed,
}


def end(loan: LoanDocument, state: LoanState, at: datetime) -> Event:
    """End the request: withdrawn, without consent, or closed. `Conflict` where it has ended before."""
    loan.require_open()
    loan.ended, loan.ended_at = state, at
    loan.settle()
    return loan.event(_END_EVENTS[state], at)
