"""Transfer (转接) to 110, 119, 120 and other hotlines, with its receipt. The appeal stays here. Pure.

A referral is what ends a case elsewhere; decision 0051 says why a transfer does not.
"""

from collections.abc import Iterator

from services.dispatch.acts.transfers import Receipt, ReceiveTransfer, Transfer
from services.dispatch.document import AppealDocument, AppealState, TransferReceipt, TransferRecord
from services.dispatch.domain.bounds import check_transfers
from services.dispatch.domain.context import ActContext
from shared import events
from shared.events import Event
from shared.service.errors import Conflict, Invalid, NotFound


def transfer(appeal: AppealDocument, act: Transfer, context: ActContext) -> Iterator[Event]:
    """Hand the matter over to a hotline; no clock stops by it."""
    appeal.require(AppealState.RECEIVED, AppealState.ASSIGNED)
    check_transfers(appeal)
    record = TransferRecord(
        number=len(appeal.transfers) + 1, to=act.to, reason=act.reason, transferred_at=context.at
    )
    if act.receipt:
        record.receipt = _receipt(act.receipt, context)
    appeal.transfers = [*appeal.transfers, record]
    fields = {"number": record.number, "to": record.to}
    yield appeal.event(events.AppealTransferred, context.at, **fields, received=record.receipt is not None)


def receive(appeal: AppealDocument, act: ReceiveTransfer, context: ActContext) -> Iterator[Event]:
    """Record who took the matter there, also after closure: the other hotline may be slow to say."""
    if act.number > len(appeal.transfers):
        raise NotFound("没有这次转接", "this appeal has no such transfer", "number")
    record = appeal.transfers[act.number - 1]
    if record.receipt is not None:
        raise Conflict("该转接已登记回执", "the receipt of this transfer is there already", "number")
    record.receipt = _receipt(act.receipt, context)
    yield appeal.event(events.TransferReceived, context.at, number=record.number, to=record.to)


def _receipt(receipt: Receipt, context: ActContext) -> TransferReceipt:
    """The receipt as recorded now; the matter may have been taken before it was written down here."""
    received_at = receipt.received_at or context.at
    if received_at > context.at:
        raise Invalid(
            "对方接收时间在将来，请核对",
            "the other hotline cannot have taken it in the future: look at the time again",
            "receipt.received_at",
        )
    fields = receipt.model_dump(include={"receiver", "reference"})
    return TransferReceipt(**fields, received_at=received_at, recorded_at=context.at)
