"""What comes of an appeal at its units: refusals, requests for a lift, completion, promises, referral."""

from datetime import date

from pydantic import Field

from shared.events.base import Event, KeptWords
from shared.events.dispatch import LegEvent
from shared.named import Named
from shared.rules.terms import Rank


class AppealRefused(LegEvent):
    """The unit said no (说不)."""

    type = "appeal.refused.v1"
    source = "dispatch"

    reason: KeptWords = ""


class LiftRequested(LegEvent):
    """The unit's head asked, signed, that a leader take the appeal."""

    type = "lift.requested.v1"
    source = "dispatch"

    reason: KeptWords = ""


class Outcome(Named):
    """What a unit's completion says (办结)."""

    SOLVED = "solved", "已解决"
    PLANNED = "planned", "已列入计划"
    EXPLAINED = "explained", "已解释说明"


class AppealCompleted(LegEvent):
    """The unit says it is done (办结). `passed_on`: of the appeal that this one is handled with."""

    type = "appeal.completed.v1"
    source = "dispatch"

    outcome: Outcome
    passed_on: bool = Field(default=False, exclude_if=lambda passed_on: not passed_on)


class AppealPromised(LegEvent):
    """The unit promised a day by which it will be done (说到做到): a deadline of its own, no completion.

    `rank` is by whose word the day lies beyond what the pack lets a unit promise by itself.
    """

    type = "appeal.promised.v1"
    source = "dispatch"

    planned_on: date
    rank: Rank | None = None


class FindingMade(Event):
    """The appeal was found reasonable, or not (合理性认定).

    `understanding`: whether the enterprise accepted the explanation; None where none was needed.
    """

    type = "finding.made.v1"
    source = "dispatch"

    reasonable: bool
    by: KeptWords = ""
    reason: KeptWords = ""
    understanding: bool | None = None


class AppealReferred(Event):
    """The matter belongs elsewhere and the enterprise was guided there (引导)."""

    type = "appeal.referred.v1"
    source = "dispatch"

    to: str
    reason: KeptWords = ""


class ReferralReceived(Event):
    """The body that the enterprise was guided to has the matter now: the case ends. `receiver` took it."""

    type = "referral.received.v1"
    source = "dispatch"

    to: str
    receiver: KeptWords = ""


class ReferralReturned(Event):
    """The matter comes back: the place did not take it, or the enterprise objected and the office agrees.

    The legs that were not completed start their next round.
    """

    type = "referral.returned.v1"
    source = "dispatch"

    to: str
    reason: KeptWords = ""
    objected: bool = False
