"""What the enterprise and the regulator send about a complaint: the bodies of the routes."""

from typing import Annotated

from pydantic import Field

from services.financing.contract import BankCode, Text
from shared.web.bodies import Body


class Complain(Body):
    """The enterprise complains about an unreasonable demand of a bank that was asked."""

    bank: BankCode
    text: Text


class DecideComplaint(Body):
    """The regulator's finding and measures: `result` is for the enterprise, `shown` for the bank."""

    founded: Annotated[bool, Field(strict=True)]
    finding: Text
    measures: Text | None = None
    result: Text
    shown: Text | None = None
