"""E-mail by SMTP, with a plain and an HTML part."""

import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from html import escape

import aiosmtplib

from services.notify.channels.base import (
    Accepted,
    ChannelDown,
    Letter,
    Refused,
    Retryable,
    Undelivered,
    storable,
)
from services.notify.channels.settings import MailSettings

TIMEOUT_S = 30.0
_SERVER_CODES = frozenset({421, 454, 530, 534, 535, 538, 554})
"""Reply codes (RFC 5321, RFC 4954) about the server, the session or our account, not about the mailbox."""


class Mail:
    """Sends by one SMTP server, with a connection for each letter."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._tls = (
            ssl.create_default_context(cafile=settings.authority) if settings.security != "none" else None
        )

    async def send(self, letter: Letter) -> Accepted:
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            timeout=TIMEOUT_S,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self._tls,
            username=settings.user,
            password=settings.password.get_secret_value() if settings.password else None,
        )
        try:
            async with client:
                _, answer = await client.send_message(self._message(letter))
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise undelivered(error.recipients[0].code) from error
        except aiosmtplib.SMTPResponseException as error:
            raise undelivered(error.code) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise ChannelDown(type(error).__name__, "the SMTP server cannot be reached") from error
        return Accepted(storable(answer.strip()) or None)

    async def close(self) -> None: ...

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = Address(addr_spec=letter.address)
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = letter.at
        message["Message-ID"] = f"<{letter.id}@{self._settings.sender.rpartition('@')[2].rstrip('>')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body)
        message.add_alternative(html(letter), subtype="html")
        message["Content-Language"] = letter.language
        return message


def undelivered(code: int) -> Undelivered:
    """The error that an SMTP reply code stands for."""
    if code in _SERVER_CODES:
        return ChannelDown(str(code), "the SMTP server refuses the session or the account")
    if 400 <= code < 500:
        return Retryable(str(code), "the mailbox cannot take it now")
    return Refused(str(code), "the mailbox does not exist or takes nothing from here")


def html(letter: Letter) -> str:
    """The letter as an HTML page."""
    lines = "".join(f"<p>{escape(line)}</p>" for line in letter.body.splitlines() if line.strip())
    head = f'<!doctype html><html lang="{letter.language}"><title>{escape(letter.subject)}</title>'
    return f"{head}<body>{lines}</body></html>"
