"""What is sent to get a code, and how often one may."""

from datetime import timedelta
from typing import Self

from pydantic import model_validator

from services.intake.allowances.work import Allowance
from shared.addresses.mail import MailAddress
from shared.addresses.phones import Phone
from shared.web.bodies import Body, wrong

PROOF_SPAN = timedelta(minutes=10)
"""How long the code of a proof is valid."""
RENEWALS = Allowance("renewals", 10, timedelta(hours=1))
"""New receipt codes that one network address may ask for."""
PROOFS = Allowance("proofs", 10, timedelta(hours=1))
"""Proofs that one network address may ask for."""
PROOFS_OF_CONTACT = Allowance("proofs of a contact", 3, timedelta(hours=1))
LOOKS = Allowance("looks at proofs", 60, timedelta(hours=1))
"""How often one network address may show a proof."""


class RenewReceiptCode(Body):
    """A new receipt code is to be sent to the registered contact."""


class AskProof(Body):
    """The contact to which a code is to be sent: the phone or the e-mail address that was registered."""

    phone: Phone | None = None
    email: MailAddress | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.phone is None) == (self.email is None):
            raise wrong(
                "手机号和邮箱请填写其中一项", "give the phone or the e-mail address, one of them", "phone"
            )
        return self

    @property
    def part(self) -> tuple[str, str]:
        """Which part of a contact it is, and its value."""
        return ("phone", self.phone) if self.phone else ("email", self.email or "")
