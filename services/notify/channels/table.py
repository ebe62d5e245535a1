"""The table of delivery channels: for each its name on pages, its addresses, and how it is opened."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from services.notify.channels.base import DeliveryChannel, DryRun
from services.notify.channels.mail import Mail
from services.notify.channels.robots import DINGTALK_CODES, WECOM_CODES, Robot
from services.notify.channels.settings import ChannelSettings
from services.notify.channels.sms import Sms
from services.notify.channels.webhook import Webhook
from services.notify.deliveries.domain import ChannelKind
from shared.web.webhooks import Caller

MAIL_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}")
PHONE = re.compile(r"\+?[0-9]{5,15}")
URL = re.compile(r"https?://[^\s/?#@]+(/\S*)?")


class ChannelEntry(NamedTuple):
    """`open` makes the channel of its section of the settings, and of the caller for addresses by URL."""

    title: str
    address: re.Pattern[str]
    open: Callable[[Any, Callable[[], Caller]], DeliveryChannel]


CHANNELS = {
    ChannelKind.MAIL: ChannelEntry("邮件", MAIL_ADDRESS, lambda settings, _: Mail(settings)),
    ChannelKind.SMS: ChannelEntry("短信", PHONE, lambda settings, _: Sms(settings)),
    ChannelKind.WEBHOOK: ChannelEntry("接口推送", URL, lambda settings, caller: Webhook(settings, caller())),
    ChannelKind.WECOM: ChannelEntry(
        "企业微信", URL, lambda settings, caller: Robot(settings, WECOM_CODES, caller())
    ),
    ChannelKind.DINGTALK: ChannelEntry(
        "钉钉", URL, lambda settings, caller: Robot(settings, DINGTALK_CODES, caller())
    ),
}


def open_channels(
    settings: ChannelSettings, *, allow_private: bool = False
) -> dict[ChannelKind, DeliveryChannel]:
    """The channels that are set up. With `allow_private` webhooks and robots may have private addresses."""
    if settings.dry_run:
        return {kind: DryRun() for kind in ChannelKind}

    def caller() -> Caller:
        return Caller(allow_private=allow_private)

    return {kind: CHANNELS[kind].open(getattr(settings, kind), caller) for kind in settings.channels()}
