"""E-mail addresses, as a mail server without extensions takes them. Pure: nothing is looked up."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shared.addresses.masking import NotMasked
from shared.web.letters import plain


def mail_address(text: str) -> str:
    """The address with its domain in ASCII (RFC 5891). ValueError where no mail can be sent to it."""
    try:
        checked = validate_email(plain(text), check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        raise PydanticCustomError(
            "mail_address", "is no e-mail address: {reason}", {"reason": str(error)}
        ) from error
    assert checked.ascii_email is not None  # `allow_smtputf8` is off
    return checked.ascii_email


MailAddress = Annotated[str, Field(max_length=254), NotMasked, AfterValidator(mail_address)]
"""An e-mail address; what is kept is what a mail server takes."""
