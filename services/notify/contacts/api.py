"""Contacts over HTTP: how units, heads, leaders, the office, banks and enterprises are reached."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field, model_validator

from services.notify.answers import KnownContacts
from services.notify.channels.table import CHANNELS, url
from services.notify.contacts import queries, work
from services.notify.contacts.work import NewContact
from services.notify.deliveries.domain import ChannelKind
from services.notify.messages.words import Language
from services.notify.settings import NotifySettings, settings_of
from shared.appeals.readers import FieldKind
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.service.errors import Forbidden, Invalid
from shared.web.bodies import Body, Shape
from shared.web.reads import put_on_record
from shared.web.request import Reading, Requested, json
from shared.web.webhooks import check_url, key

router = APIRouter(tags=["notify"])

_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
Recipient = Annotated[
    str,
    Path(),
    Shape(
        rf"^(office|regulator|(unit|head|leader|bank):[A-Za-z0-9_.-]{{1,40}}|enterprise:{_UUID})$",
        "收件人为 office、regulator，或形如 unit:roads、head:roads、leader:mayor、bank:abc、"
        "enterprise:诉求标识",
        "a recipient is office, regulator, or like unit:roads, head:roads, leader:mayor, bank:abc,"
        " enterprise:id",
    ),
]


class Contact(Body):
    """One address. With `urgent_only` only urgent messages go there; the rest stays in the inbox."""

    channel: ChannelKind
    address: Annotated[str, Field(min_length=3, max_length=500)]
    secret: Annotated[str, Field(min_length=8, max_length=200)] | None = None
    urgent_only: bool = False

    @model_validator(mode="after")
    def reachable(self) -> Self:
        """ValueError where the channel has no such address, or a webhook lacks the secret that signs it."""
        address = CHANNELS[self.channel].address(self.address)
        if self.channel == ChannelKind.WEBHOOK:
            key(self.secret or "")
        return self if address == self.address else self.model_copy(update={"address": address})


class Contacts(Body):
    """All addresses of one recipient, which replace the earlier ones; its language too, where it is given."""

    contacts: tuple[Contact, ...] = Field(max_length=10)
    language: Language | None = None


def _check_own(caller: Caller, recipient: str) -> None:
    """Raises `Forbidden` unless the caller may see and change these contacts.

    The office may for everybody, a clerk for enterprises, a unit, a leader and a bank for themselves.
    """
    kind, _, code = recipient.partition(":")
    own = {AccountRole.UNIT: ("unit", "head"), AccountRole.LEADER: ("leader",), AccountRole.BANK: ("bank",)}
    if caller.role == AccountRole.OFFICE or (caller.role == AccountRole.OPERATOR and kind == "enterprise"):
        return
    if caller.role is None or kind not in own.get(caller.role, ()) or code != caller.code:
        raise Forbidden(
            "只能查看和修改本账号的联系方式", "an account sees and changes its own contacts alone"
        )


def enterprise_of(recipient: str) -> UUID | None:
    """The case of which the recipient is the enterprise; None for any other recipient."""
    kind, _, id_ = recipient.partition(":")
    return UUID(id_) if kind == "enterprise" else None


@router.get(
    "/contacts/{recipient}",
    summary="查看联系方式 / Read how a recipient is reached",
    response_model=KnownContacts,
)
async def contacts(
    recipient: Recipient, conn: Reading, request: Requested, http_request: Request
) -> Response:
    """How a recipient is reached; secrets are not shown. That an enterprise's was read is on record."""
    _check_own(request.caller, recipient)
    if (appeal_id := enterprise_of(recipient)) is not None:
        await put_on_record(http_request, [appeal_id], [FieldKind.CONTACT.value], purpose="delivery")
    return json(await queries.contacts_of(conn, recipient))


@router.put(
    "/contacts/{recipient}",
    summary="设置联系方式 / Replace the addresses of a recipient",
    response_model=KnownContacts,
)
async def set_contacts(recipient: Recipient, body: Contacts, request: Requested) -> Response:
    """Replace the addresses of a recipient; messages that wait already go to the old addresses."""
    caller = request.caller
    _check_own(caller, recipient)
    _check_addresses(body.contacts, settings_of(request.context))
    async with request.context.engine.begin() as conn:
        at = await request.context.clock.stamp(conn)
        new = [
            NewContact(contact.channel, contact.address, contact.secret, contact.urgent_only)
            for contact in body.contacts
        ]
        await work.replace(conn, at, recipient, new, caller.name)
        if body.language is not None:
            await work.set_language(conn, at, recipient, body.language, caller.name)
        shown = await queries.contacts_of(conn, recipient)
    return json(shown)


def _check_addresses(contacts: Sequence[Contact], settings: NotifySettings) -> None:
    """Raises `Invalid` for an address that stands twice, or a URL that may not be called."""
    targets = [(contact.channel, contact.address) for contact in contacts]
    if len(set(targets)) < len(targets):
        raise Invalid("同一渠道的同一地址重复", "an address stands twice for one channel", "contacts")
    for contact in contacts:
        if CHANNELS[contact.channel].address is url:
            check_url(
                contact.address, allow_private=settings.allow_private_webhooks, ports=settings.webhook_ports
            )
