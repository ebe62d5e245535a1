"""E-mail by SMTP, with plain and HTML parts."""

import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from html import escape

import aiosmtplib

from services.notify.channels.base import (
    Accepted,
    ChannelDown,
    Letter,
    MailSettings,
    Refused,
    Retryable,
    Undelivered,
)

TIMEOUT_S = 30.0
_OURS = frozenset({421, 454, 530, 534, 535, 538, 554})
"""Reply codes (RFC 5321, RFC 4954) that speak of the server, the session or our account."""


class Mail:
    """Sends over one SMTP server, with a connection a letter."""

    def __init__(self, setup: MailSettings) -> None:
        self._setup = setup
        self._tls = ssl.create_default_context(cafile=setup.authority) if setup.security != "none" else None

    async def send(self, letter: Letter) -> Accepted:
        setup = self._setup
        client = aiosmtplib.SMTP(
            hostname=setup.host,
            port=setup.port,
            timeout=TIMEOUT_S,
            use_tls=setup.security == "tls",
            start_tls=setup.security == "starttls",
            tls_context=self._tls,
            username=setup.user,
            password=setup.password.get_secret_value() if setup.password else None,
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
        return Accepted(answer.strip()[:200] or None)

    async def close(self) -> None: ...

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._setup.sender
        message["To"] = Address(addr_spec=letter.address)
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = letter.at
        message["Message-ID"] = f"<{letter.id}@{self._setup.sender.rpartition('@')[2].rstrip('>')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body)
        message.add_alternative(html(letter), subtype="html")
        message["Content-Language"] = letter.language
        return message


def undelivered(code: int) -> Undelivered:
    """What an SMTP reply code means."""
    if code in _OURS:
        return ChannelDown(str(code), "the SMTP server refuses the session or the account")
    if 400 <= code < 500:
        return Retryable(str(code), "the mailbox cannot take it now")
    return Refused(str(code), "the mailbox does not exist or takes nothing from here")


def html(letter: Letter) -> str:
    """The body as HTML."""
    lines = "".join(f"<p>{escape(line)}</p>" for line in letter.body.splitlines() if line.strip())
    head = f'<!doctype html><html lang="{letter.language}"><title>{escape(letter.subject)}</title>'
    return f"{head}<body>{lines}</body></html>"
