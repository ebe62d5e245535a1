"""Reads the body of a bank's report by the contract, the same for each integration. Pure."""

from datetime import datetime
from typing import Any, NamedTuple, Self

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from services.financing.contract import BankReport
from services.financing.contract_receipts import ReceiptCode, ReportOutcome, ReportReceipt
from shared.service.errors import HuyingError
from shared.web.json_bodies import check_text, parse
from shared.web.mistakes import mistakes

LONGEST = 64 * 1024


class Mistake(NamedTuple):
    """Why a report cannot be read: the field, and what is wrong in Chinese and English."""

    field: str
    zh: str
    en: str

    @classmethod
    def first(cls, errors: list[Any]) -> Self:
        """The first of pydantic's errors."""
        return cls(**mistakes(errors)[0])

    def receipt(self, names: dict[str, str], at: datetime) -> ReportReceipt:
        """The receipt of a report that cannot be read, with its id and leg as far as these can be."""
        return ReportReceipt(
            report_id=names.get("report_id"),
            leg=names.get("leg"),
            outcome=ReportOutcome.REFUSED,
            code=ReceiptCode.MALFORMED,
            at=at,
            **self._asdict(),
        )


class ReportBody(NamedTuple):
    """A body. `names` are the id of the report and its leg, as far as these can be read.

    `report` is None where the body cannot be read; then `mistake` says why.
    """

    names: dict[str, str]
    report: BankReport | None = None
    mistake: Mistake | None = None

    @property
    def is_unsized(self) -> bool:
        """Whether the body is empty or too large."""
        return self.mistake is _UNSIZED


_UNSIZED = Mistake("body", "消息为空或超过 64 KiB", "the message is empty or above 64 KiB")


def read_body(content: bytes | None) -> ReportBody:
    """Read a body; never raises."""
    if not content or len(content) > LONGEST:
        return ReportBody({}, None, _UNSIZED)
    try:
        check_text(content)
        body = parse(content)
    except RequestValidationError as error:
        return ReportBody({}, None, Mistake.first(list(error.errors())))
    except HuyingError as error:
        return ReportBody({}, None, Mistake(error.field or "body", error.zh, error.en))
    names = _names(body)
    try:
        return ReportBody(names, BankReport.model_validate(body))
    except ValidationError as error:
        return ReportBody(
            names, None, Mistake.first(list(error.errors(include_url=False, include_input=False)))
        )


def _names(body: Any) -> dict[str, str]:
    """The report's id and leg where they are short texts, so that the answer can name them."""
    values = body if isinstance(body, dict) else {}
    names = {name: values.get(name) for name in ("report_id", "leg")}
    return {name: value for name, value in names.items() if isinstance(value, str) and is_plain(value)}


def is_plain(value: str) -> bool:
    """Whether a text is short and printable."""
    return 0 < len(value) <= 100 and value.isprintable()
