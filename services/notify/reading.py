"""Messages and deliveries as their reader sees them: what their kind of field is for. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.addresses.masking import masked_mail, masked_phone
from shared.appeals.readers import APPEAL_READERS, FieldKind
from shared.roles import AccountRole
from shared.web.fields import FieldTable, Place


def masked_address(address: str) -> str:
    """A mail address or a phone, masked."""
    return masked_mail(address) if "@" in address else masked_phone(address)


WORDS = Place(FieldKind.TEXT, empty="")
FIELDS = FieldTable(
    APPEAL_READERS,
    {"subject": WORDS, "body": WORDS, "address": Place(FieldKind.CONTACT, mask=masked_address)},
)
"""`address` is an enterprise's, and masked. Those of offices are read whole, so that they can be mended."""


def as_read_by(role: AccountRole | None, row: Mapping[str, Any]) -> dict[str, Any]:
    """A message, a delivery or a line of the timeline as the role sees it."""
    shown = FIELDS.shown(row, role)
    if "address" in row and not row["recipient"].startswith("enterprise:"):
        shown["address"] = row["address"]
    return shown
