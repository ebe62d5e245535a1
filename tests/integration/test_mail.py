"""E-mail against a real SMTP server: encrypted, logged in, in plain and HTML, and its refusals."""

import asyncio
import contextlib
import email.policy
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from huying.local.embedded import free_port
from services.notify.channels.base import ChannelDown, Letter, Refused, Retryable, Undelivered
from services.notify.channels.mail import Mail
from services.notify.channels.settings import MailSettings
from services.notify.messages.words import Language

LETTER = Letter(
    id="0f3a",
    address="gxj@bozhou.example",
    secret=None,
    subject="黄牌提醒（BZ-20260213-00042）",
    body="市工信局：\n诉求 <紧急> 已超期。",
    numbers=("BZ-20260213-00042",),
    at=datetime(2026, 2, 13, 2, 30, tzinfo=UTC),
    language=Language.ZH,
)


class Mailbox:
    """What arrived, and the answer to whoever writes to an address."""

    def __init__(self) -> None:
        self.arrived: list[EmailMessage] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        parser = BytesParser(EmailMessage, policy=email.policy.default)
        self.arrived.append(parser.parsebytes(envelope.content))
        return "250 2.0.0 queued as 77"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost with its key in one file."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    wanted = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *wanted], check=True, capture_output=True)
    (folder / "both.pem").write_text(cert.read_text() + key.read_text())
    return folder / "both.pem"


@contextlib.asynccontextmanager
async def serving(mailbox: Mailbox, certificate: Path) -> AsyncIterator[MailSettings]:
    """A server that wants STARTTLS and a login, and how to reach it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def log_in(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    port = free_port()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(
            mailbox,
            hostname="localhost",
            enable_SMTPUTF8=True,
            tls_context=context,
            require_starttls=True,
            authenticator=log_in,
            auth_required=True,
        ),
        "localhost",
        port,
    )
    try:
        yield MailSettings.model_validate(
            {
                "host": "localhost",
                "port": port,
                "user": "huying",
                "password": "right",
                "sender": "呼应 <huying@bozhou.example>",
                "authority": certificate,
            }
        )
    finally:
        server.close()
        await server.wait_closed()


async def test_a_letter_arrives_encrypted_and_logged_in_with_plain_and_html_parts(certificate: Path) -> None:
    mailbox = Mailbox()
    async with serving(mailbox, certificate) as settings:
        accepted = await Mail(settings).send(LETTER)
    (arrived,) = mailbox.arrived
    assert accepted.provider_id is not None
    assert "queued as 77" in accepted.provider_id
    assert arrived["Subject"] == LETTER.subject
    assert arrived["To"] == "gxj@bozhou.example"
    assert arrived["Message-ID"] == "<0f3a@bozhou.example>"
    plain, html = (arrived.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert plain.get_content().split() == LETTER.body.split()
    assert html is not None
    assert "诉求 &lt;紧急&gt; 已超期。" in html.get_content()


@pytest.mark.parametrize("language", Language)
async def test_a_letter_says_which_language_it_is_in(certificate: Path, language: Language) -> None:
    mailbox = Mailbox()
    async with serving(mailbox, certificate) as settings:
        await Mail(settings).send(replace(LETTER, language=language))
    (arrived,) = mailbox.arrived
    html = arrived.get_body(("html",))
    assert arrived["Content-Language"] == language
    assert html is not None
    assert f'<html lang="{language}">' in html.get_content()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("550 5.1.1 no such mailbox", Refused),
        ("452 4.2.2 mailbox full", Retryable),
        ("421 4.3.2 shutting down", ChannelDown),
    ],
)
async def test_what_the_server_answers_has_one_meaning(
    certificate: Path, answer: str, kind: type[Undelivered]
) -> None:
    mailbox = Mailbox()
    mailbox.answers[LETTER.address] = answer
    async with serving(mailbox, certificate) as settings:
        with pytest.raises(Undelivered) as failure:
            await Mail(settings).send(LETTER)
    assert type(failure.value) is kind
    assert mailbox.arrived == []


@pytest.mark.parametrize(
    "wrong",
    [{"password": "wrong"}, {"port": 1}, {"security": "none"}, {"authority": None}],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_a_wrong_setup_is_our_affair_and_is_tried_again(
    certificate: Path, wrong: dict[str, Any]
) -> None:
    mailbox = Mailbox()
    async with serving(mailbox, certificate) as settings:
        mistaken = MailSettings.model_validate(
            {**settings.model_dump(), **wrong, "password": wrong.get("password", "right")}
        )
        with pytest.raises(ChannelDown):
            await Mail(mistaken).send(LETTER)
    assert mailbox.arrived == []
