"""What all acts at dispatch have in common.

Texts of acts are evidence and stay in this service; events carry none of them but short reasons.
"""

from uuid import UUID

from shared.events import Rank
from shared.web.bodies import Body, Line


class AppealAct(Body):
    """An act on one appeal."""


class LegAct(AppealAct):
    """An act on one leg of an appeal."""

    leg_id: UUID


class HigherWord(Body):
    """Who approved an act that takes a higher rank; the office records what was decided on paper."""

    approver: Line | None = None
    rank: Rank | None = None
