"""What the enterprise and the regulator send about a complaint: the bodies of the routes."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from services.financing.contract_fields import BankCode, Line, Text
from services.financing.loans.acts import Applicant, LoanContactBody
from shared.web.bodies import Body, wrong


class Complain(Body):
    """An unreasonable demand of any financial institution: of a bank by its code, of another by its name."""

    bank: BankCode | None = None
    institution: Line | None = None
    text: Text

    @model_validator(mode="after")
    def about_one(self) -> Self:
        """ValueError unless exactly one institution is named."""
        if (self.bank is None) == (self.institution is None):
            raise wrong(
                "请填写 bank（名册中的代码）或 institution（其他机构的名称），只填一项",
                "give `bank`, a code of the directory, or `institution`, the name of another one",
                "bank",
            )
        return self


class ComplainAtWindow(Complain):
    """The same without a loan request: who complains, and how the enterprise is reached."""

    enterprise: Applicant
    contact: LoanContactBody


class DecideComplaint(Body):
    """The regulator's finding and measures: `result` is for the enterprise, `shown` for the bank."""

    founded: Annotated[bool, Field(strict=True)]
    finding: Text
    measures: Text | None = None
    result: Text
    shown: Text | None = None
