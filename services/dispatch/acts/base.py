"""What all acts at dispatch have in common.

Texts of acts are evidence and stay in this service; events carry none of them.
"""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.events import Rank
from shared.named import Named
from shared.web.bodies import Body, Line

Remarks = Annotated[str, Field(min_length=1, max_length=2_000)]
"""What staff of the appeal read beside an act (备注), and the enterprise never does."""


class AppealAct(Body):
    """An act on one appeal."""


class LegAct(AppealAct):
    """An act on one leg of an appeal."""

    leg_id: UUID


class Visibility(Named):
    """Who reads the text of an act: the enterprise too, or the office and its units alone."""

    PUBLIC = "public", "公开"
    INTERNAL = "internal", "内部"


class Marked(Body):
    """An act whose writer says who reads its text.

    A reply, a completion and what the office decides for the enterprise have no such mark: they are for it.
    """

    visibility: Visibility = Visibility.PUBLIC


class HigherWord(Body):
    """Who approved an act that takes a higher rank; the office records what was decided on paper."""

    approver: Line | None = None
    rank: Rank | None = None
