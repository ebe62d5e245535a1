"""All acts on a case that pages offer: menus, forms and the bodies of requests are made from this table."""

from services.desks.pages.acts import (
    asking,
    cards,
    closing,
    conferring,
    deciding,
    dispatching,
    handling,
    lifting,
)
from services.desks.pages.acts.act import Act

ACTS: tuple[Act, ...] = (
    *lifting.ACTS,
    *handling.ACTS,
    *dispatching.ACTS,
    *closing.ACTS,
    *deciding.ACTS,
    *asking.ACTS,
    *cards.ACTS,
    *conferring.ACTS,
)
"""In the order in which they are offered."""
BY_KEY = {act.key: act for act in ACTS}
MEETS = {"contact": "contact", "reply": "reply", "completion": "complete", "promise": "complete"}
"""The act that meets a deadline of a leg."""
