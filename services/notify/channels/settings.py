"""The settings of the delivery channels: a YAML file that the city writes."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.notify.deliveries.domain import ChannelKind, DeliveryOutcome, QuietHours, SendingCap
from shared.addresses.hosts import HostName
from shared.files import strict_yaml


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MailSettings(_Strict):
    """An SMTP server. `security` is how the connection is encrypted, `authority` a file of its own CA."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender: str
    authority: Path | None = None


class SmsSettings(_Strict):
    """A signed HTTP gateway. `codes` adds the meaning of the provider's own codes to the known ones.

    At `status_url` it is asked for the receipts that do not come by themselves: first after `poll_after`,
    then after twice as long each time, until the message is as old as `poll_until`.
    """

    url: str = Field(pattern=r"^https?://")
    key_id: str
    secret: SecretStr
    sign: str
    codes: dict[str, DeliveryOutcome] = {}
    status_url: str | None = Field(default=None, pattern=r"^https?://")
    poll_after: timedelta = Field(default=timedelta(minutes=10), gt=timedelta())
    poll_until: timedelta = Field(default=timedelta(days=3), gt=timedelta())


class HttpSettings(_Strict):
    """Webhooks or robots: the hosts that may be called, each with its port unless that is the usual one.

    Case, port 443 and the spelling of an international name make no difference; what is no host is refused.
    """

    hosts: tuple[HostName, ...] = Field(min_length=1)


class ChannelSettings(_Strict):
    """The delivery channels of the city. With `dry_run` nothing leaves, but all is recorded as if it had."""

    dry_run: bool = False
    mail: MailSettings | None = None
    sms: SmsSettings | None = None
    webhook: HttpSettings | None = None
    wecom: HttpSettings | None = None
    dingtalk: HttpSettings | None = None
    quiet: QuietHours = QuietHours()
    cap: SendingCap = SendingCap()

    def channels(self) -> tuple[ChannelKind, ...]:
        """The channels that are set up; all of them on a dry run."""
        return tuple(kind for kind in ChannelKind if self.dry_run or getattr(self, kind) is not None)


@cache
def load(path: Path | None) -> ChannelSettings:
    """The settings in a YAML file; without one nothing leaves the inbox.

    `Mistakes` names the file and the line of each mistake.
    """
    return strict_yaml.read(path, ChannelSettings, lambda _: ()) if path else ChannelSettings()
