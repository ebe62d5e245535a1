"""What may be done to an appeal at intake: the bodies of its routes and of its import.

Names, phones and texts stay in this service; events carry the enterprise's name, the title and short
reasons alone.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.intake.fields import AppealFields, UnitName
from shared.addresses.credit_codes import CreditCode
from shared.addresses.mail import MailAddress
from shared.addresses.masking import NotMasked
from shared.addresses.phones import Phone
from shared.events import Kind, Rating, RatingReason
from shared.named import Named
from shared.web.bodies import Body, Code, Line, PastTime, Shape, Text, wrong
from shared.web.numbers import CaseName

Name = Annotated[str, Field(min_length=1, max_length=200)]
ContactName = Annotated[str, Field(min_length=1, max_length=200), NotMasked]
PackId = Annotated[
    str,
    Field(max_length=80),
    Shape(
        r"^[a-z0-9]+(-[a-z0-9]+)*$",
        "规则包代码由小写字母和数字组成，以连字符相连，如 bozhou-2024",
        "the id of a pack has small letters and digits, joined by hyphens, like bozhou-2024",
    ),
]
Comment = Annotated[str, Field(min_length=1, max_length=2_000)]


class Enterprise(Body):
    """Who asks, whom a unit contacts, and where messages go: `language` is what they are written in."""

    name: Name
    credit_code: CreditCode | None = None
    contact_name: ContactName | None = None
    phone: Phone | None = None
    email: MailAddress | None = None
    language: Literal["zh-CN", "en"] | None = None


class AppealAct(Body):
    """An act on one appeal."""


class Register(AppealFields, AppealAct):
    """An appeal comes in. `channel` is written by code or Chinese name, as the city's table has it.

    `locality` is the code or the name of a unit.
    """

    channel: Annotated[str, Field(min_length=1, max_length=50)]
    kind: Kind
    title: Name
    text: Text
    locality: UnitName | None = None
    enterprise: Enterprise | None = None


class NewAppeal(Register):
    """An appeal comes in now; `procedure` is the id of a pack beside the city's usual one.

    `again`: it is meant, although the same was registered minutes ago. `answer`: what a clerk answered on
    the spot to a consultation, which closes it.
    """

    procedure: PackId | None = None
    again: bool = False
    answer: Text | None = None


Clearable = Literal[
    "category",
    "urgency",
    "urgency_reason",
    "place",
    "complained_of",
    "wished_on",
    "answer_wanted",
    "contacts",
    "remarks",
    "locality",
]


class CorrectedEnterprise(Body):
    """What is to be put right of the enterprise; what is left out stays as it is."""

    name: Name | None = None
    credit_code: CreditCode | None = None
    contact_name: ContactName | None = None
    phone: Phone | None = None
    email: MailAddress | None = None
    language: Literal["zh-CN", "en"] | None = None


class Correct(AppealFields, AppealAct):
    """Staff put right what was registered (更正). What is left out stays as it is; `cleared` is emptied."""

    reason: Line
    kind: Kind | None = None
    locality: UnitName | None = None
    enterprise: CorrectedEnterprise | None = None
    cleared: frozenset[Clearable] = frozenset()


class ErasePersons(AppealAct):
    """The personal data of an ended appeal are erased, here and at the services that hear of it."""


class Withdraw(AppealAct):
    """The enterprise takes its appeal back."""

    reason: Line


Reasons = Annotated[tuple[RatingReason, ...], Field(max_length=len(RatingReason))]


class RateUnit(Body):
    """The enterprise's verdict on one unit's part."""

    unit: Code
    rating: Rating
    solved: bool | None = None
    reasons: Reasons = ()


class SaidOfHandling(Body):
    """What an enterprise may say beside its rating: whether its problem is solved, why, and of each unit."""

    comment: Comment | None = None
    solved: bool | None = None
    reasons: Reasons = ()
    units: Annotated[tuple[RateUnit, ...], Field(max_length=20)] = ()


class Rate(AppealAct, SaidOfHandling):
    """The enterprise's verdict (好差评) in five grades; the two lowest allow a reopening."""

    rating: Rating


class FollowUp(AppealAct, SaidOfHandling):
    """Somebody independent called the enterprise after completion (回访); it may have rated in that call."""

    reached: bool
    rating: Rating | None = None
    called_at: PastTime | None = None


class Reopen(AppealAct):
    """The office starts the next round after a bad rating, as far as the pack allows it."""

    reason: Line


class ComplaintAbout(Named):
    """What a complaint to the office is about."""

    REPLY = "reply", "回复"
    HANDLING = "handling", "办理"


class Complain(AppealAct):
    """The enterprise complains to the office about a reply, or about how its appeal is handled."""

    about: ComplaintAbout
    text: Text


class AddFacts(AppealAct):
    """Facts are added to the appeal (补充); the units read them."""

    text: Text


class Urge(AppealAct):
    """Haste is asked for (催办), once a working day unless the settings say otherwise."""


class CorrectContact(AppealAct):
    """How the enterprise is reached from now on; what is left out it no longer gives."""

    contact_name: ContactName | None = None
    phone: Phone | None = None
    email: MailAddress | None = None
    language: Literal["zh-CN", "en"] | None = None

    @model_validator(mode="after")
    def _is_reached(self) -> Self:
        if self.phone is None and self.email is None:
            raise wrong("请填写手机号或者邮箱", "give a phone or an e-mail address", "phone")
        return self


class AskReopening(AppealAct):
    """The enterprise asks that its appeal be handled again; the office decides."""

    reason: Text


class DecideReopening(AppealAct):
    """The office handles the appeal again, as far as its pack allows, or says why not."""

    granted: bool
    reason: Line


class RenewCode(AppealAct):
    """A new receipt code is about to be sent; `hash` is of it."""

    hash: str


class UseNewCode(AppealAct):
    """A new receipt code was used; `hash` is of it."""

    hash: str


class ObjectToReferral(AppealAct):
    """The enterprise objects to being guided elsewhere, until it was received there."""

    reason: Text


class Merge(AppealAct):
    """The appeal repeats the problem of `lead` and is handled with it (并单)."""

    lead: CaseName
    reason: Line


class Unmerge(AppealAct):
    """The appeal is handled by itself again."""

    reason: Line
