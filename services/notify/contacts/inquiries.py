"""The timer that asks how enterprises are reached, and forgets what it learnt.

Events carry no names and phones. When a message must reach an enterprise that has no contact, notify asks the
service that registered the case. Messages wait while that service is away. The answer is saved among the
contacts as changed by that service; contacts that somebody entered here take precedence. It is forgotten when
the case has ended and nothing waits to be sent, at the latest after 30 days; a later message asks again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.notify.channels.settings import load
from services.notify.contacts import work as contacts
from services.notify.contacts.clients import EnterpriseContact, RegistrarClient, RegistrarUnavailable
from services.notify.deliveries.domain import STALE, ChannelKind
from services.notify.deliveries.planning import work as planning
from services.notify.document import FINANCING, INTAKE
from services.notify.settings import NotifySettings, settings_of
from shared.addresses.mail import mail_address
from shared.addresses.phones import mobile
from shared.cases import CASE
from shared.database.retry import keep_running
from shared.service.service import ServiceContext
from shared.telemetry.context import use_span
from shared.telemetry.spans import NUMBER, call_span

POLL_S = 0.5
TOGETHER = 8
"""How many inquiries are asked at once."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=30)
NOBODY = (
    "没有可用于已开通渠道的邮箱或手机号，无法通知企业 "
    "(nobody can be reached: no e-mail address or mobile phone for a channel that is set up)"
)
"""Why no message to an enterprise leaves the inbox; kept with its inquiry."""


def addresses(contact: EnterpriseContact, channels: Sequence[ChannelKind]) -> list[tuple[ChannelKind, str]]:
    """Where messages to an enterprise go: to one address, its e-mail rather than its mobile phone."""
    if ChannelKind.MAIL in channels and (mailbox := _mailbox(contact.email)):
        return [(ChannelKind.MAIL, mailbox)]
    number = mobile(contact.phone or "")
    return [(ChannelKind.SMS, number)] if number and ChannelKind.SMS in channels else []


def _mailbox(email: str | None) -> str | None:
    """The e-mail address; None for one that an earlier version accepted and no mail server takes."""
    try:
        return mail_address(email) if email else None
    except ValueError:
        return None


def wait_after(attempts: int) -> timedelta:
    """The wait after so many attempts: 30 seconds, doubling up to half an hour."""
    return min(FIRST_WAIT * (1 << min(attempts - 1, 20)), LONGEST_WAIT)


def registrars(settings: NotifySettings) -> dict[str, str]:
    """The addresses of the services that can be asked; none without the key for them."""
    urls = {INTAKE: settings.intake_url, FINANCING: settings.financing_url}
    return {name: url for name, url in urls.items() if url is not None and settings.intake_key is not None}


class ContactInquiries:
    """Asks for one notify service."""

    def __init__(self, context: ServiceContext, clients: Mapping[str, RegistrarClient]) -> None:
        self._context = context
        self._clients = clients
        self._channels = load(settings_of(context).channels).channels()

    async def turn(self) -> int:
        """Forget what is to be forgotten, and ask what is due; returns how many inquiries were asked."""
        async with self._context.engine.begin() as conn:
            at = await self._context.clock.stamp(conn)
            await contacts.forget_due(conn, at)
            due = await contacts.lease_due_inquiries(conn, at, TOGETHER)
        await asyncio.gather(*(self._ask(inquiry) for inquiry in due))
        return len(due)

    async def _ask(self, inquiry: Any) -> None:
        try:
            contact = await self._call(inquiry)
        except RegistrarUnavailable as error:
            await self._postpone(inquiry, error)
        else:
            await self._save(inquiry, contact)

    async def _call(self, inquiry: Any) -> EnterpriseContact:
        """Call the service that registered the case. Raises `RegistrarUnavailable`."""
        if inquiry.registrar not in self._clients:
            raise RegistrarUnavailable(f"the address of {inquiry.registrar} is not set")
        use_span(None)
        case = {CASE: str(inquiry.appeal_id), NUMBER: inquiry.registration_number}
        attributes = {"http.request.method": "GET", **case}
        with call_span("GET", attributes, self._context.telemetry, inquiry.registrar):
            return await self._clients[inquiry.registrar].contact_of(inquiry.appeal_id)

    async def _postpone(self, inquiry: Any, error: RegistrarUnavailable) -> None:
        """Ask again later, as long as the message that asked is not stale."""
        self._context.log.warning("nobody says how to reach an enterprise", reason=str(error))
        next_at = self._context.clock.now() + wait_after(inquiry.attempts)
        until = next_at if next_at <= inquiry.written_at + STALE else None
        async with self._context.engine.begin() as conn:
            await contacts.postpone_inquiry(conn, inquiry.appeal_id, until, str(error))

    async def _save(self, inquiry: Any, contact: EnterpriseContact) -> None:
        """Save the answer, and plan the messages that waited for it.

        The lock on the case keeps out a message written in between.
        """
        recipient = f"enterprise:{inquiry.appeal_id}"
        async with self._context.engine.begin() as conn:
            at = await self._context.clock.stamp(conn)
            has_ended = await contacts.lock_case(conn, inquiry.appeal_id)
            targets = addresses(contact, self._channels)
            if not await contacts.end_inquiry(conn, inquiry.appeal_id, None if targets else NOBODY):
                return
            forget_at = at if has_ended else at + contacts.KEPT
            await contacts.add_learnt(
                conn, at, recipient, inquiry.registrar, targets, contact.language, forget_at
            )
            await planning.plan_earlier(conn, at, recipient, self._channels)


async def inquire(context: ServiceContext) -> None:
    """Ask until cancelled. Without addresses and a key it only forgets."""
    settings = settings_of(context)
    key = settings.intake_key or ""
    clients = {name: RegistrarClient(name, url, key) for name, url in registrars(settings).items()}
    inquiries = ContactInquiries(context, clients)
    try:
        await keep_running(inquiries.turn, context.log, "contacts of enterprises", rest_s=POLL_S)
    finally:
        for client in clients.values():
            await client.close()
