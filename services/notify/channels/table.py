"""The table of delivery channels: for each its name on pages, its addresses, and how it is opened."""

import re
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from services.notify.channels.base import DeliveryChannel, DryRun
from services.notify.channels.mail import Mail
from services.notify.channels.robots import DINGTALK, WECOM, Robot
from services.notify.channels.settings import ChannelSettings
from services.notify.channels.sms import Sms
from services.notify.channels.webhook import Webhook
from services.notify.deliveries.domain import ChannelKind
from shared.addresses.mail import mail_address
from shared.addresses.phones import mobile
from shared.named import WrongValue
from shared.web.webhooks import PORTS, Caller

_URL = re.compile(r"https?://[^\s/?#@]+(/\S*)?")


def url(text: str) -> str:
    """The address of a webhook or robot. ValueError where it is no URL."""
    if _URL.fullmatch(text) is None:
        raise WrongValue(
            "this is no address for a webhook or robot: write https://host/path",
            "不是网络回调或机器人的地址，请写成 https://主机/路径",
        )
    return text


def sms_number(text: str) -> str:
    """A mobile number in one spelling. ValueError for a landline and for what is no number."""
    number = mobile(text)
    if number is None:
        raise WrongValue(
            "no SMS can go there: write the number of a mobile phone", "不能接收短信，请填写手机号码"
        )
    return number


class ChannelEntry(NamedTuple):
    """`address` gives an address of the channel in its one spelling, or raises ValueError.

    `open` makes the channel of its section of the settings, and of the caller for addresses by URL.
    """

    address: Callable[[str], str]
    open: Callable[[Any, Callable[[], Caller]], DeliveryChannel]


CHANNELS = {
    ChannelKind.MAIL: ChannelEntry(mail_address, lambda settings, _: Mail(settings)),
    ChannelKind.SMS: ChannelEntry(sms_number, lambda settings, _: Sms(settings)),
    ChannelKind.WEBHOOK: ChannelEntry(url, lambda settings, caller: Webhook(settings, caller())),
    ChannelKind.WECOM: ChannelEntry(url, lambda settings, caller: Robot(settings, WECOM, caller())),
    ChannelKind.DINGTALK: ChannelEntry(url, lambda settings, caller: Robot(settings, DINGTALK, caller())),
}


def open_channels(
    settings: ChannelSettings, *, allow_private: bool = False, ports: Collection[int] = PORTS
) -> dict[ChannelKind, DeliveryChannel]:
    """The channels that are set up.

    With `allow_private` webhooks and robots may have private addresses and any port, else one of `ports`.
    """
    if settings.dry_run:
        return {kind: DryRun() for kind in ChannelKind}

    def caller() -> Caller:
        return Caller(allow_private=allow_private, ports=ports)

    return {kind: CHANNELS[kind].open(getattr(settings, kind), caller) for kind in settings.channels()}
