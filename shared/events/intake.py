"""An appeal comes in, and what the city's staff put right of it."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.events.base import Event, Words
from shared.named import Named
from shared.rules.terms import Kind

ChannelCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""The code of a channel (渠道) in the city's table."""
CategoryCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,20}(\.[A-Za-z0-9_-]{1,20}){0,3}$")]
"""The code of a category (诉求分类) in the city's table: one to four levels with points between them."""
DivisionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}([0-9]{3}([0-9]{3})?)?$")]
"""An administrative code (行政区划代码): six digits (GB/T 2260), nine for a town, twelve for a village."""


class Urgency(Named):
    """How fast something must be done (紧急程度)."""

    NORMAL = "normal", "一般"
    URGENT = "urgent", "紧急"
    EMERGENCY = "emergency", "特急"


class Confidentiality(Named):
    """Who learns which enterprise asks (保密)."""

    NAMED = "named", "公开"  # the units too
    WITHHELD = "withheld", "对承办单位保密", "保密"  # the office and the hotline alone
    ANONYMOUS = "anonymous", "匿名"  # nobody knows it


def left_out(value: object) -> bool:
    """Whether a field that earlier versions do not know is left out: it says nothing."""
    return value is None or value == ()


class Channel(Named):
    """The channels (渠道) that every version knows. The city's table may have more of them."""

    HOTLINE = "hotline", "热线", "12345", "12345热线"
    WEB = "web", "网上"
    PROVINCIAL_PLATFORM = "provincial_platform", "省为企业服务平台"
    SATURDAY_SESSION = "saturday_session", "周六政企面对面", "周六面对面"
    SUNDAY_CONSULTATION = "sunday_consultation", "周日项目要素会商", "周日要素会商"
    FAMILY_TALK = "family_talk", "民营企业家属恳谈会", "家属恳谈会"
    SUPERVISION_CODE = "supervision_code", "码上监督"
    VISIT = "visit", "联系包保走访", "包保走访"
    ANONYMOUS_LETTER = "anonymous_letter", "无署名意见书"
    FINANCE_WINDOW = "finance_window", "融资服务窗口"
    BUSINESS_TALK = "business_talk", "政商恳谈"
    ON_SITE_SESSION = "on_site_session", "赴企业现场办公"


class AppealFields(Event):
    """What is known of an appeal beside its title: codes alone. What is not said is left out."""

    category: CategoryCode | None = Field(default=None, exclude_if=left_out)
    urgency: Urgency | None = Field(default=None, exclude_if=left_out)
    division: DivisionCode | None = Field(default=None, exclude_if=left_out)
    complained_of: str | None = Field(default=None, exclude_if=left_out)
    confidentiality: Confidentiality | None = Field(default=None, exclude_if=left_out)
    answer_wanted: bool | None = Field(default=None, exclude_if=left_out)
    wished_on: date | None = Field(default=None, exclude_if=left_out)

    @property
    def withholds(self) -> bool | None:
        """Whether the units do not learn who asks; None where the event does not say it."""
        return None if self.confidentiality is None else self.confidentiality != Confidentiality.NAMED


class AppealReceived(AppealFields):
    """An appeal was registered and has its number.

    `receipt_hash` is the SHA-256 of the receipt code: who holds the code may read what is the enterprise's.
    `language` is what the enterprise wants to be written to in. `complained_of` is the unit that the
    appeal is about. Where the name is withheld, `enterprise` and
    `credit_code` are left out and `title` does not hold them.
    `first_asked` is the unit that the enterprise asked first and that registered the appeal.
    """

    type = "appeal.received.v1"
    source = "intake"

    channel: ChannelCode
    kind: Kind
    title: Words
    enterprise: Words | None = None
    credit_code: Words | None = Field(default=None, exclude_if=left_out)
    locality: str | None = None
    pack: str
    source_id: str | None = None
    receipt_hash: Words | None = None
    language: Literal["zh-CN", "en"] | None = None
    first_asked: str | None = Field(default=None, exclude_if=left_out)


class AppealAnswered(Event):
    """A consultation was answered while it was registered, which closes it. The answer stays with intake."""

    type = "appeal.answered.v1"
    source = "intake"


class AppealCorrected(AppealFields):
    """Staff put right what was registered: the fields that changed, each with its new value.

    `cleared` names the fields that have no value any more. `title` and `enterprise` are said where they are
    other words now: the title without the name, where the name is withheld from now on, and both
    again where it is not. Reasons and contacts stay with intake.
    """

    type = "appeal.corrected.v1"
    source = "intake"

    kind: Kind | None = Field(default=None, exclude_if=left_out)
    locality: str | None = Field(default=None, exclude_if=left_out)
    cleared: tuple[str, ...] = Field(default=(), exclude_if=left_out)
    title: Words | None = Field(default=None, exclude_if=left_out)
    enterprise: Words | None = Field(default=None, exclude_if=left_out)
