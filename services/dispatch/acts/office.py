"""What the office decides of an appeal: objections, findings, complaints, closure."""

from typing import Literal

from services.dispatch.acts.base import AppealAct, HigherWord, LegAct, Remarks
from shared.web.bodies import Line, Text


class DecideObjection(LegAct):
    """`by` is who decided, where that is not the account that records it."""

    act: Literal["decide_objection"] = "decide_objection"
    upheld: bool
    reason: Line
    by: Line | None = None


class Find(AppealAct):
    """The appeal was found reasonable, or not (合理性认定).

    `understanding`: whether the enterprise accepted what was explained to it.
    """

    act: Literal["find"] = "find"
    reasonable: bool
    by: Line
    reason: Line
    understanding: bool | None = None


class DecideComplaint(AppealAct):
    """The office answers the enterprise's complaint to it. `justified`: the enterprise was right.

    `reason` is what the enterprise reads.
    """

    act: Literal["decide_complaint"] = "decide_complaint"
    justified: bool
    reason: Line


class Close(AppealAct, HigherWord):
    """`text` is what the enterprise reads, `remarks` (销号备注) what staff alone do.

    `reason`, `approver` and `rank` are given where the pack asks for a higher word.
    """

    act: Literal["close"] = "close"
    text: Text | None = None
    remarks: Remarks | None = None
    reason: Line | None = None
