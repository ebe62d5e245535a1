"""The hash chain over the events that a service published, and the lines in which they are exported. Pure.

The canonical form of an event is its CloudEvents 1.0 JSON, byte for byte as `canonical` writes it. A
link is the SHA-256 of the previous link of the case (32 zero bytes for the first) and the canonical form. A
head is the SHA-256 of the previous head and of all links since, in the order in which the service published.
"""

import re
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import orjson

START = bytes(32)
_LINE = re.compile(
    rb'\{"sequence":"([1-9][0-9]{0,17})","caseposition":([1-9][0-9]{0,8}),"caselink":"([0-9a-f]{64})",'
    rb'("specversion":"1\.0","id":"([^"\\]*)",.*)',
    re.DOTALL,
)
_GONE = re.compile(
    rb'\{"sequence":"([1-9][0-9]{0,17})","caseposition":([1-9][0-9]{0,8}),"caselink":"([0-9a-f]{64})",'
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


def link(previous: bytes, event: bytes) -> bytes:
    """The link of a canonical event after the `previous` link of its case."""
    return sha256(previous + event).digest()


class RunningDigest:
    """The head over the links that are added to it, after the head `previous`."""

    def __init__(self, previous: bytes = START) -> None:
        self._digest = sha256(previous)

    def add(self, next_link: bytes) -> None:
        self._digest.update(next_link)

    def head(self) -> bytes:
        """The head over the links added so far."""
        return self._digest.digest()


class ChainedEvent(NamedTuple):
    """An event with its link. `number` counts the service's events, `position` those of its case, from 1.

    `event` is the canonical event; None where the chain has its link and the outbox no longer had the event.
    """

    number: int
    position: int
    link: bytes
    id: str
    key: str
    event: bytes | None

    def line(self) -> bytes:
        """The event's line in an exported file."""
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
        number = _NUMBER.search(self.event or b"")
        return number[1].decode(errors="replace") if number else self.key


def parse_line(line: bytes) -> ChainedEvent | None:
    """The event of a line of an exported file; None where the line has another form."""
    if match := _LINE.fullmatch(line):
        number, position, digest, rest, id_ = match.groups()
        subject = _SUBJECT.search(rest)
        if subject is None:
            return None
        key, event = subject[1], b"{" + rest
    elif match := _GONE.fullmatch(line):
        number, position, digest, id_, key = match.groups()
        event = None
    else:
        return None
    return ChainedEvent(
        int(number),
        int(position),
        bytes.fromhex(digest.decode()),
        id_.decode(errors="replace"),
        key.decode(errors="replace"),
        event,
    )
