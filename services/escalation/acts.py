"""What people may do to cards, lifts and publications: the bodies of the routes."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.rules.time.limits import Limit
from shared.web.bodies import Body, Code, Line


class Act(Body):
    """One thing done to one case."""


class CardAct(Act):
    """One thing done to one card."""

    card_id: UUID


class Serve(CardAct):
    """The office hands a card to its unit."""


class Acknowledge(CardAct):
    """The unit acknowledges its card."""


class Contest(CardAct):
    """The unit contests its card."""

    reason: Line


class Uphold(CardAct):
    """The office heard the unit that contests its card, and the card stands."""

    reason: Line


class Withdraw(CardAct):
    """The office takes a card back."""

    reason: Line


class Instruct(Act):
    """The leader orders something; `limit` replaces the time for lifted handling, from now.

    `confirmed`: a limit that looks like a typing mistake is meant as it stands.
    """

    instruction: Annotated[str, Field(min_length=1, max_length=2_000)]
    task_force: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    limit: Limit | None = None
    confirmed: bool = False


class Gather(Act):
    """The office gathered what a lift waits for (汇总梳理): who did what, what is in the way."""

    summary: Annotated[str, Field(min_length=1, max_length=2_000)]


class NameLeader(Act):
    """The office names another leader, by code or by post, for a lifted case."""

    leader: Code
    reason: Line


class SignOff(Act):
    """The leader signs the lifted handling off."""


class PublicationAct(Act):
    """One thing done to one proposed publication."""

    publication_id: UUID


class AnswerPublication(PublicationAct):
    """The unit answers what is to be published of it."""

    text: Annotated[str, Field(min_length=1, max_length=2_000)]


class DecidePublication(PublicationAct):
    """The office ends the review. `heard`: the unit was heard otherwise; `reason` says how.

    What is published has a day on which it expires.
    """

    published: bool
    expires_on: date | None = None
    heard: bool = False
    reason: Line
