"""Pauses (暂停计时): time that does not count."""

from typing import Annotated, Literal

from pydantic import Field

from services.dispatch.acts.base import LegAct
from shared.events import PackWord, Rank
from shared.web.bodies import Line


class RequestPause(LegAct):
    """The unit asks that time stop counting. `ground` is one of the pack's, where it names some."""

    act: Literal["request_pause"] = "request_pause"
    reason: Line
    ground: PackWord | None = None


class DecidePause(LegAct):
    """`rank` as for an extension, `runs_on` as for a pause."""

    act: Literal["decide_pause"] = "decide_pause"
    approved: bool
    approver: Line
    rank: Rank | None = None
    reason: Line
    runs_on: Annotated[tuple[PackWord, ...], Field(max_length=20)] = ()


class Pause(LegAct):
    """`ground` is one of the pack's, where it names some; `rank` as for an extension.

    A limit given as a moment moves by what is paused; `runs_on` names those that this pause does not move.
    """

    act: Literal["pause"] = "pause"
    reason: Line
    ground: PackWord | None = None
    runs_on: Annotated[tuple[PackWord, ...], Field(max_length=20)] = ()
    approver: Line
    rank: Rank | None = None


class Resume(LegAct):
    act: Literal["resume"] = "resume"
