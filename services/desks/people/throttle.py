"""How fast anybody may try to sign in: slower after each failure, and never so that another is locked out.

A browser from which the account signed in before has a bucket of its own, which nobody else can fill. All
others share one of the name and address, and one of the address: whoever tries many names is slowed down too.
"""

import ipaddress
from dataclasses import dataclass
from hashlib import sha256
from typing import Self
from uuid import UUID

from services.desks.people.record import SIGN_INS
from services.desks.people.transactions import Act, acting
from services.desks.people.tries import queries
from shared.database.connection import Connection
from shared.events.people import RefusalReason
from shared.service.errors import TooMany
from shared.service.service import ServiceContext

FREE, FREE_OF_ADDRESS = 5, 50
"""Failures that cost no wait: of a name or device, and of an address, which a whole office may share."""


@dataclass
class _MustWait(Exception):
    """A bucket has no try to give."""

    bucket: str
    seconds: int


class Buckets:
    """The buckets of one try, with the failures that each bears without a wait."""

    def __init__(self, login: str, address: str, device: str | None) -> None:
        network = _network(address)
        self._own = _bucket("device", device) if device else _bucket("name", login, network)
        self._buckets = {self._own: FREE}
        if not device:
            self._buckets[_bucket("address", network)] = FREE_OF_ADDRESS

    @classmethod
    def of_address(cls, address: str) -> Self:
        """The bucket of an address alone, where no name is known yet."""
        buckets = cls("", address, None)
        buckets._own = _bucket("address", _network(address))
        buckets._buckets = {buckets._own: FREE_OF_ADDRESS}
        return buckets

    async def take(self, context: ServiceContext, address: str, account_id: UUID | None) -> None:
        """Take a try from every bucket, before anything is compared. Raises `TooMany` where one must wait.

        The first try that is refused in a wait is on record. All are counted, and those that follow write
        nothing, so that nobody fills the disk.
        """
        try:
            async with acting(context, address) as act:
                await self._take(act)
        except _MustWait as wait:
            async with acting(context, address) as act:
                if await queries.note_refusal(act.conn, wait.bucket):
                    await act.record.refused(account_id, RefusalReason.TOO_MANY)
                else:
                    context.telemetry.metrics.count(SIGN_INS, RefusalReason.TOO_MANY)
            raise _slow(wait.seconds) from None

    async def _take(self, act: Act) -> None:
        for bucket, free in self._buckets.items():  # in one order: no two tries wait for each other
            if not await queries.take_try(act.conn, bucket, free, act.at):
                raise _MustWait(bucket, await queries.wait_s(act.conn, bucket, free, act.at))

    async def undo(self, conn: Connection) -> None:
        """The try succeeded. The failures before it are forgotten, but not those of other names."""
        for bucket in self._buckets:
            await queries.undo_try(conn, bucket, forget=bucket == self._own)


def _slow(wait_s: int) -> TooMany:
    zh, en = f"尝试过于频繁，请在 {wait_s} 秒后再试", f"too many tries: try again in {wait_s} seconds"
    return TooMany(zh, en, retry_after_s=wait_s)


def _network(address: str) -> str:
    """An address as it is counted: of IPv6 the network of 64 bits, which one subscriber has."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{ip}/64", strict=False)) if ip.version == 6 else str(ip)


def _bucket(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()
