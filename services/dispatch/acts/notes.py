"""What staff say among themselves of an appeal: notes, and urging (催办). The enterprise reads neither."""

from typing import Annotated, Literal

from pydantic import Field

from services.dispatch.acts.base import AppealAct, LegAct
from shared.web.bodies import Line

NoteText = Annotated[str, Field(min_length=1, max_length=2_000)]


class Note(AppealAct):
    """An internal note (内部备注): staff who may read the appeal read it, the enterprise never does."""

    act: Literal["note"] = "note"
    text: NoteText


class Urge(LegAct):
    """The office urges the unit of a leg (催办). `text` is for the unit; it reads it in the case."""

    act: Literal["urge"] = "urge"
    text: Line
