"""Loads sample banks and loan requests into a running financing service, at the first `huying up`."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
from pydantic import Field

from huying.local.sample_data import SampleDataError
from huying.local.samples import SAMPLES
from services.financing.banks.acts import BankBody
from services.financing.contract import BankReport, DeclineReason, Evidence
from services.financing.contract_fields import BankCode, Yuan
from services.financing.loans.acts import Applicant, Consent, LoanContact, NewLoanRequest
from shared.addresses.credit_codes import check_character
from shared.files import strict_yaml
from shared.files.yaml_mistakes import Place
from shared.roles import AccountRole
from shared.service.clock import WallClock
from shared.states import BankLegState
from shared.web.bodies import Body

CONSENTED_BEFORE = timedelta(minutes=10)


class Bank(BankBody):
    """A bank of the city."""

    code: BankCode


class Enterprise(Body):
    """The enterprise that asks; `licence` is its credit code without the check character."""

    name: str
    licence: str

    def asking(self) -> Applicant:
        """The applicant of the request."""
        return Applicant(name=self.name, credit_code=self.licence + check_character(self.licence))


class Report(Body):
    """A report that a bank makes at its desk."""

    bank: BankCode
    state: BankLegState
    amount: Yuan | None = None
    rate_percent: str | None = None
    term_months: int | None = None
    reason: DeclineReason | None = None


class Request(Body):
    """A loan request of the city, and the reports its banks make at once."""

    enterprise: Enterprise
    contact: LoanContact
    amount: Yuan
    term_months: int
    purpose: str
    product: str
    first_loan: bool
    collateral: str
    banks: tuple[BankCode, ...] = ()
    others_too: bool = False
    reports: tuple[Report, ...] = ()

    def wish(self) -> NewLoanRequest:
        """The body of the request, with a consent given ten minutes ago."""
        given_at = WallClock().now() - CONSENTED_BEFORE
        fields = self.model_dump(exclude={"enterprise", "contact", "reports"})
        consent = Consent(given_at=given_at, text_version="2026-01")
        return NewLoanRequest(
            enterprise=self.enterprise.asking(), contact=self.contact, consent=consent, **fields
        )


class _File(Body):
    banks: tuple[Bank, ...]
    requests: tuple[Request, ...] = Field(min_length=1)


def _mistakes(file: _File) -> Iterable[tuple[Place, str]]:
    known = {bank.code for bank in file.banks}
    for i, request in enumerate(file.requests):
        for j, report in enumerate(request.reports):
            if report.bank not in known & set(request.banks):
                yield ("requests", i, "reports", j), "this bank is not asked by the request: name it in banks"


@cache
def samples() -> _File:
    """The banks and requests of the city."""
    return strict_yaml.read(SAMPLES / "loans.yaml", _File, _mistakes)


def people() -> list[tuple[str, AccountRole, str | None]]:
    """The sample accounts of financing: the banks' by their codes, and the regulator's."""
    return [
        ("regulator", AccountRole.REGULATOR, None),
        *((bank.code, AccountRole.BANK, bank.code) for bank in samples().banks),
    ]


async def load_samples(
    url: str, keys: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None
) -> int:
    """Fill an empty financing service at `url`, `keys` by account. Returns the number of requests.

    Raises `SampleDataError` where it does not answer or refuses.
    """
    async with httpx.AsyncClient(timeout=30, base_url=url, transport=transport) as http:
        desk = _Desk(http, keys)
        if (await desk.ask("office", "GET", "/requests?limit=1"))["items"]:
            return 0
        known = {bank["code"] for bank in (await desk.ask("office", "GET", "/banks"))["items"]}
        for bank in samples().banks:
            if bank.code not in known:
                await desk.ask("office", "PUT", f"/banks/{bank.code}", bank.model_dump_json(exclude={"code"}))
        for request in samples().requests:
            asked = await desk.ask("operator", "POST", "/requests", request.wish().model_dump_json())
            legs = {leg["bank"]: leg["leg"] for leg in asked["legs"]}
            for n, report in enumerate(request.reports):
                body = _bank_report(report, legs[report.bank], n).model_dump_json(exclude_none=True)
                await desk.ask(report.bank, "POST", "/bank/reports", body)
        return len(samples().requests)


def _bank_report(report: Report, leg: str, n: int) -> BankReport:
    evidence = Evidence(by="客户经理", how="电话")
    fields = report.model_dump(exclude={"bank"})
    return BankReport(report_id=f"sample-{leg.replace('/', '.')}-{n}", leg=leg, evidence=evidence, **fields)


class _Desk:
    def __init__(self, http: httpx.AsyncClient, keys: Mapping[str, str]) -> None:
        self._http = http
        self._keys = keys

    async def ask(self, by: str, method: str, path: str, body: str | None = None) -> Any:
        headers = {"authorization": f"Bearer {self._keys[by]}", "content-type": "application/json"}
        try:
            answer = await self._http.request(method, path, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise SampleDataError(
                f"{method} {path} of financing got no answer ({error!r}): look at its log, then start again"
            ) from error
        if answer.is_error:
            raise SampleDataError(
                f"{method} {path} of financing refused the sample data "
                f"({answer.status_code}): {answer.text[:500]}"
            )
        return answer.json()
