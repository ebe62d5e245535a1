"""The hash chain over what a service said of each case, and the lines in which events are exported. Pure.

Canonical is an event's CloudEvents 1.0 JSON, byte for byte as `canonical` writes it. An event's link is the
SHA-256 of the link before it in its case (32 zero bytes before the first) and those bytes. A head is the
SHA-256 of the head before it and of all links since, in the order in which the service said them.
"""

import re
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import orjson

START = bytes(32)
_LINE = re.compile(
    rb'\{"sequence":"([1-9][0-9]*)","caseposition":([1-9][0-9]*),"caselink":"([0-9a-f]{64})",'
    rb'("specversion":"1\.0","id":"([^"\\]*)",.*)',
    re.DOTALL,
)
_GONE = re.compile(
    rb'\{"sequence":"([1-9][0-9]*)","caseposition":([1-9][0-9]*),"caselink":"([0-9a-f]{64})",'
    rb'"gone":"([0-9a-f-]{36})","subject":"([^"\\]*)"\}'
)
_SUBJECT = re.compile(rb'"subject":"([^"\\]*)"')
_NUMBER = re.compile(rb'"registration_number":"([^"\\]*)"')


def canonical(service: str, key: str, id_: UUID, type_: str, occurred_at: datetime, body: str) -> bytes:
    """One event as CloudEvents 1.0 JSON; `body` is its data, as the outbox has it."""
    return b"".join(
        (
            b'{"specversion":"1.0","id":"',
            str(id_).encode(),
            b'","source":"/huying/',
            service.encode(),
            b'","type":',
            orjson.dumps(type_),
            b',"subject":',
            orjson.dumps(key),
            b',"time":"',
            occurred_at.isoformat().encode(),
            b'","datacontenttype":"application/json","data":',
            body.replace("\n", " ").encode(),
            b"}",
        )
    )


def link(before: bytes, parse_line: bytes) -> bytes:
    """The link of the canonical event `said` after the one `before`."""
    return sha256(before + parse_line).digest()


class RunningDigest:
    """The head over all links added since the head `before`."""

    def __init__(self, before: bytes = START) -> None:
        self._sum = sha256(before)

    def add(self, one: bytes) -> None:
        """Go on with the next link."""
        self._sum.update(one)

    def head(self) -> bytes:
        """The head up to here."""
        return self._sum.digest()


class ChainedEvent(NamedTuple):
    """An event as a file has it. `number` counts the service's events, `position` those of its case, from 1.

    `event` is the canonical event; None for one that the chain holds and the outbox had no more.
    """

    number: int
    position: int
    link: bytes
    id: str
    key: str
    event: bytes | None

    def line(self) -> bytes:
        """As a file has it."""
        start = b'{"sequence":"%d","caseposition":%d,"caselink":"%s",' % (
            self.number,
            self.position,
            self.link.hex().encode(),
        )
        if self.event is None:
            return start + b'"gone":"%s","subject":"%s"}' % (self.id.encode(), self.key.encode())
        return start + self.event[1:]

    @property
    def case(self) -> str:
        """The case's number, or its id where the event does not hold it."""
        found = _NUMBER.search(self.event or b"")
        return found[1].decode(errors="replace") if found else self.key


def parse_line(line: bytes) -> ChainedEvent | None:
    """The event of a line; None where the line is none."""
    if found := _LINE.fullmatch(line):
        number, position, digest, rest, id_ = found.groups()
        subject = _SUBJECT.search(rest)
        if subject is None:
            return None
        key, event = subject[1], b"{" + rest
    elif found := _GONE.fullmatch(line):
        number, position, digest, id_, key = found.groups()
        event = None
    else:
        return None
    hexed = bytes.fromhex(digest.decode())
    return ChainedEvent(
        int(number),
        int(position),
        hexed,
        id_.decode(errors="replace"),
        key.decode(errors="replace"),
        event,
    )
