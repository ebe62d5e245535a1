"""Receipt codes that are renewed. A new one replaces the old when it is first used, not before. Pure.

So nobody who asks for a new code in another's name locks the enterprise out.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.intake import acts
from services.intake.document import AppealDocument
from services.intake.domain.context import ActContext
from services.intake.own_acts import RenewedCode
from shared import events
from shared.events import Event
from shared.service.errors import Conflict
from shared.service.receipts import opens

MOST_RENEWALS = 3
"""New codes of one case that are valid until one is used, and that are sent in `RENEWAL_SPAN`."""
RENEWAL_SPAN = timedelta(days=1)


def may_renew(appeal: AppealDocument, at: datetime) -> bool:
    """Whether a new code may be sent: there is a contact, and not too many were sent lately."""
    enterprise = appeal.enterprise
    lately = [code for code in appeal.renewed if code.made_at > at - RENEWAL_SPAN]
    reached = enterprise is not None and bool(enterprise.phone or enterprise.email)
    return reached and len(lately) < MOST_RENEWALS


def renew(appeal: AppealDocument, act: acts.RenewCode, context: ActContext) -> Iterator[Event]:
    """Keep the hash of a code that is about to be sent. Nobody is told of it by an event."""
    if not may_renew(appeal, context.at):
        raise Conflict("暂不能补发回执码", "no new receipt code can be sent now")
    renewed = [*appeal.renewed, RenewedCode(hash=act.hash, made_at=context.at)]
    appeal.renewed = renewed[-MOST_RENEWALS:]
    yield from ()


def renewed_hash(appeal: AppealDocument, code: str) -> str | None:
    """The hash of a new code that is used for the first time; None for any other code."""
    return next((renewed.hash for renewed in appeal.renewed if opens(code, renewed.hash)), None)


def use_new_code(appeal: AppealDocument, act: acts.UseNewCode, context: ActContext) -> Iterator[Event]:
    """Put a new code in force; the old one and other new ones open the appeal no more."""
    if act.hash not in [renewed.hash for renewed in appeal.renewed]:
        return  # somebody used it at the same time
    appeal.receipt_hash, appeal.renewed = act.hash, []
    yield appeal.event(events.ReceiptCodeRenewed, context.at, receipt_hash=act.hash)
