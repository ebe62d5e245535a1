"""Referral (引导): the matter belongs elsewhere."""

from typing import Literal

from services.dispatch.acts.base import AppealAct, HigherWord
from shared.web.bodies import Line, Text


class Refer(AppealAct, HigherWord):
    """`approver` and `rank` are given for a lifted appeal whose leader has not signed it off."""

    act: Literal["refer"] = "refer"
    to: Line
    reason: Line


class ReceiveElsewhere(AppealAct):
    """The body to which the enterprise was guided received the matter.

    `receiver` is its desk or who took it, `reference` the number that the matter has there.
    """

    act: Literal["receive_elsewhere"] = "receive_elsewhere"
    receiver: Line
    reference: Line | None = None
    text: Text | None = None


class TakeBack(AppealAct):
    """The office takes a referred appeal back; `objected`: because the enterprise objected, with reason."""

    act: Literal["take_back"] = "take_back"
    objected: bool
    reason: Line
