"""How units, heads, leaders, the office and enterprises are reached, over HTTP."""

import re
from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Response
from pydantic import Field, model_validator
from sqlalchemy import text

from services.notify.deliveries.domain import ChannelKind
from services.notify.messages.words import Language
from services.notify.settings import settings_of
from shared.database.connection import Connection
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.service.errors import Forbidden, Invalid
from shared.web.bodies import Body
from shared.web.request import Reading, Requested, json
from shared.web.webhooks import check_url, key

router = APIRouter(tags=["notify"])

_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
Recipient = Annotated[
    str,
    Path(pattern=rf"^(office|regulator|(unit|head|leader|bank):[A-Za-z0-9_.-]{{1,40}}|enterprise:{_UUID})$"),
]
_ADDRESSES = {
    ChannelKind.MAIL: re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}"),
    ChannelKind.SMS: re.compile(r"\+?[0-9]{5,15}"),
}
_URL = re.compile(r"https?://[^\s/?#@]+(/\S*)?")


class Contact(Body):
    """One address. With `urgent_only` what may wait stays in the inbox."""

    channel: ChannelKind
    address: Annotated[str, Field(min_length=3, max_length=500)]
    secret: Annotated[str, Field(min_length=8, max_length=200)] | None = None
    urgent_only: bool = False

    @model_validator(mode="after")
    def reachable(self) -> Self:
        """ValueError for what is no address of its channel, or a webhook without a secret to sign with."""
        if _ADDRESSES.get(self.channel, _URL).fullmatch(self.address) is None:
            raise ValueError(f"this is no address for {self.channel}")
        if self.channel == ChannelKind.WEBHOOK:
            key(self.secret or "")
        return self


class Contacts(Body):
    """All addresses of one recipient, in place of those there were; its language too, where it is given."""

    contacts: tuple[Contact, ...] = Field(max_length=10)
    language: Language | None = None


def _check_own(caller: Caller, recipient: str) -> None:
    """The office changes every contact, a clerk an enterprise's, a unit, a leader and a bank their own."""
    kind, _, code = recipient.partition(":")
    own = {AccountRole.UNIT: ("unit", "head"), AccountRole.LEADER: ("leader",), AccountRole.BANK: ("bank",)}
    if caller.role == AccountRole.OFFICE or (caller.role == AccountRole.OPERATOR and kind == "enterprise"):
        return
    if caller.role is None or kind not in own.get(caller.role, ()) or code != caller.code:
        raise Forbidden(
            "只能查看和修改本账号的联系方式", "an account sees and changes its own contacts alone"
        )


@router.get("/contacts/{recipient}")
async def contacts(recipient: Recipient, conn: Reading, request: Requested) -> Response:
    """How a recipient is reached; secrets are not shown."""
    _check_own(request.caller, recipient)
    return json(await _shown(conn, recipient))


async def _shown(conn: Connection, recipient: str) -> dict[str, Any]:
    preferred = await conn.execute(
        text("select language from preferences where recipient = :recipient"), {"recipient": recipient}
    )
    return {"language": preferred.scalar() or Language.ZH, "items": await _contacts(conn, recipient)}


async def _contacts(conn: Connection, recipient: str) -> list[dict[str, Any]]:
    rows = await conn.execute(
        text(
            """
            select channel, address, secret is not null as signed, urgent_only, changed_by, changed_at,
              gone_at
            from contacts where recipient = :recipient order by channel, address
            """
        ),
        {"recipient": recipient},
    )
    return [dict(row) for row in rows.mappings()]


_PREFER = text(
    """
    insert into preferences (recipient, language, changed_by, changed_at)
    values (:recipient, :language, :by, :at)
    on conflict (recipient) do update
    set language = excluded.language, changed_by = excluded.changed_by, changed_at = excluded.changed_at
    """
)


@router.put("/contacts/{recipient}")
async def set_contacts(recipient: Recipient, body: Contacts, request: Requested) -> Response:
    """Say how a recipient is reached from now on; what waits already goes to the old addresses."""
    _check_own(request.caller, recipient)
    places = [(contact.channel, contact.address) for contact in body.contacts]
    if len(set(places)) < len(places):
        raise Invalid("同一渠道的同一地址重复", "an address stands twice for one channel", "contacts")
    for contact in body.contacts:
        if contact.channel not in _ADDRESSES:
            check_url(contact.address, allow_private=settings_of(request.context).allow_private_webhooks)
    async with request.context.engine.begin() as conn:
        await conn.execute(
            text("delete from contacts where recipient = :recipient"), {"recipient": recipient}
        )
        await conn.execute(
            text(
                """
                insert into contacts
                  (recipient, channel, address, secret, urgent_only, changed_by, changed_at)
                select :recipient, channel, address, secret, urgent_only, :by, :at
                from unnest(
                  cast(:channels as text[]), cast(:addresses as text[]), cast(:secrets as text[]),
                  cast(:urgent_only as boolean[])
                ) as t (channel, address, secret, urgent_only)
                """
            ),
            {
                "recipient": recipient,
                "by": request.caller.name,
                "at": await request.context.clock.stamp(conn),
                "channels": [contact.channel for contact in body.contacts],
                "addresses": [contact.address for contact in body.contacts],
                "secrets": [contact.secret for contact in body.contacts],
                "urgent_only": [contact.urgent_only for contact in body.contacts],
            },
        )
        if body.language is not None:
            values = {"recipient": recipient, "language": body.language, "by": request.caller.name}
            await conn.execute(_PREFER, values | {"at": await request.context.clock.stamp(conn)})
        found = await _shown(conn, recipient)
    return json(found)
