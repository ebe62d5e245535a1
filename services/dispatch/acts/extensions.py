"""Longer limits (延期)."""

from typing import Literal

from services.dispatch.acts.base import LegAct
from shared.events import DeadlineKind, PackWord, Rank
from shared.rules.time.limits import Limit
from shared.web.bodies import Line


class RequestExtension(LegAct):
    """`ground` is one of the pack's, where it names some."""

    act: Literal["request_extension"] = "request_extension"
    deadline: PackWord = DeadlineKind.COMPLETION
    limit: Limit
    ground: PackWord | None = None
    reason: Line


class Extend(LegAct):
    """The unit's head extends in writing itself, where the pack leaves it to that rank."""

    act: Literal["extend"] = "extend"
    deadline: PackWord = DeadlineKind.COMPLETION
    limit: Limit
    ground: PackWord | None = None
    reason: Line
    signed_by: Line


class DecideExtension(LegAct):
    """`rank` is the approver's, where the office records what a higher one decided on paper."""

    act: Literal["decide_extension"] = "decide_extension"
    approved: bool
    approver: Line
    rank: Rank | None = None
    reason: Line
