"""An appeal comes in."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shared.events.base import Event
from shared.rules.terms import Kind


class Channel(StrEnum):
    """How an appeal came in (渠道)."""

    HOTLINE = "hotline"  # 12345
    WEB = "web"
    PROVINCIAL_PLATFORM = "provincial_platform"  # 省为企业服务平台
    SATURDAY_SESSION = "saturday_session"  # 周六面对面
    SUNDAY_CONSULTATION = "sunday_consultation"  # 周日要素会商
    FAMILY_TALK = "family_talk"  # 家属恳谈会
    SUPERVISION_CODE = "supervision_code"  # 码上监督
    VISIT = "visit"  # 包保走访
    ANONYMOUS_LETTER = "anonymous_letter"  # 无署名意见书
    FINANCE_WINDOW = "finance_window"  # 融资服务窗口
    BUSINESS_TALK = "business_talk"  # 政商恳谈
    ON_SITE_SESSION = "on_site_session"  # 赴企业现场办公


class AppealReceived(Event):
    """An appeal was registered and has its number.

    `receipt_hash` is the SHA-256 of the receipt code: who holds the code may read what is the enterprise's.
    `language` is what the enterprise wants to be written to in. Without a `credit_code` it is left out.
    """

    type = "appeal.received.v1"
    source = "intake"

    channel: Channel
    kind: Kind
    title: str
    enterprise: str | None = None
    credit_code: str | None = Field(default=None, exclude_if=lambda code: code is None)
    locality: str | None = None
    pack: str
    source_id: str | None = None
    receipt_hash: str | None = None
    language: Literal["zh-CN", "en"] | None = None
