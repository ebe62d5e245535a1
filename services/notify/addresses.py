"""How addresses are stored: encrypted, bound to their recipient, and found by their blind index."""

from typing import NamedTuple

from services.notify.deliveries.domain import ChannelKind
from shared.database.connection import Connection

ADDRESS, SECRET = "address", "contacts.secret"
"""What addresses and secrets are bound to. A delivery has its contact's address as it is stored there."""


class StoredAddress(NamedTuple):
    """An address in the database."""

    address: str
    address_index: str


def stored(conn: Connection, recipient: str, channel: ChannelKind, address: str) -> StoredAddress:
    """An address of a recipient as it is stored."""
    return StoredAddress(conn.cell(ADDRESS, recipient).encrypt(address), index(conn, channel, address))


def index(conn: Connection, channel: ChannelKind, address: str) -> str:
    """The blind index by which an address of a channel is found, whoever's it is."""
    return conn.ring.index(f"{ADDRESS} {channel}", address)


def address_of(conn: Connection, recipient: str, address: str) -> str:
    """A stored address of a recipient, decrypted."""
    return conn.cell(ADDRESS, recipient).decrypt(address)


def secret_of(conn: Connection, recipient: str, secret: str | None) -> str | None:
    """A stored secret of a contact, decrypted."""
    return None if secret is None else conn.cell(SECRET, recipient).decrypt(secret)
