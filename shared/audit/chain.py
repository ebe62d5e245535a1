"""The hash chain over the events that a service published, and the lines in which they are exported. Pure.

The canonical form of an event is its CloudEvents 1.0 JSON, byte for byte as `canonical` writes it. A
link is the SHA-256 of the previous link of the case (32 zero bytes for the first) and the canonical form. A
head is the SHA-256 of the previous head and of all links since, in the order in which the service published.

Of an event with words that stay with the city, what is linked is its open form: the canonical form without
these fields, with a commitment to the whole, the SHA-256 of a random salt and the canonical form. So a file
for the public verifies link by link without them, and a file with them proves each byte (decision 0070).
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import orjson

START = bytes(32)
_LINE = re.compile(
    rb'\{"sequence":"([1-9][0-9]{0,17})","caseposition":([1-9][0-9]{0,8}),"caselink":"([0-9a-f]{64})",'
    rb'(?:"salt":"([0-9a-f]{32})","withheld":"([a-z_]+(?:,[a-z_]+)*)",)?'
    rb'("specversion":"1\.0","id":"([^"\\]*)",.*)',
    re.DOTALL,
)
_CLOSED = re.compile(
    rb'\{"sequence":"([1-9][0-9]{0,17})","caseposition":([1-9][0-9]{0,8}),"caselink":"([0-9a-f]{64})",'
    rb'"closed":"([0-9a-f-]{36})","subject":"([^"\\]*)"\}'
)
_TYPE = re.compile(rb'"type":"([^"\\]*)"')
_DATA = b',"datacontenttype":"application/json","data":'
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


def open_form(event: bytes, salt: str, withheld: Collection[str]) -> bytes:
    """What is linked of a canonical event with `withheld` fields. ValueError where it is no event."""
    start, data, rest = event.partition(_DATA)
    fields = orjson.loads(rest[:-1])
    if not isinstance(fields, dict):
        raise ValueError("the data of the event are no object")
    left = {name: value for name, value in fields.items() if name not in withheld}
    commitment = sha256(bytes.fromhex(salt) + event).hexdigest().encode()
    return start + data + orjson.dumps(left) + b',"commitment":"' + commitment + b'"}'


def withheld_in(type_: str, body: str, fields: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Which fields of a body stay with the city; `fields` has all such fields by type."""
    if type_ not in fields:
        return ()
    data = orjson.loads(body)
    return tuple(name for name in fields[type_] if data.get(name))


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

    `event` is the canonical event; None where the chain has its link and the outbox no longer had the event,
    or where it is `closed`: an event with words that stay with the city, linked before there were open forms.
    `withheld` are the fields that its open form does not have, which `salt` commits to.
    """

    number: int
    position: int
    link: bytes
    id: str
    key: str
    event: bytes | None
    salt: str = ""
    withheld: tuple[str, ...] = ()
    closed: bool = False

    @property
    def linked(self) -> bytes:
        """What its link is made of. ValueError where the event cannot be read."""
        assert self.event is not None
        return open_form(self.event, self.salt, self.withheld) if self.withheld else self.event

    def for_public(self, fields: Mapping[str, Collection[str]]) -> "ChainedEvent":
        """The event without the words that stay with the city; `fields` has them by type."""
        if self.event is None:
            return self
        if self.withheld:
            return self._replace(event=self.linked, salt="", withheld=())
        start, _, rest = self.event.partition(_DATA)
        kind = _TYPE.search(start)
        if kind and withheld_in(kind[1].decode(), rest[:-1].decode(), fields):
            return self._replace(event=None, closed=True)
        return self

    def line(self) -> bytes:
        """The event's line in an exported file."""
        start = b'{"sequence":"%d","caseposition":%d,"caselink":"%s",' % (
            self.number,
            self.position,
            self.link.hex().encode(),
        )
        if self.closed:
            return start + b'"closed":"%s","subject":"%s"}' % (self.id.encode(), self.key.encode())
        if self.event is None:
            return start + b'"gone":"%s","subject":"%s"}' % (self.id.encode(), self.key.encode())
        if self.withheld:
            withheld = ",".join(self.withheld).encode()
            start += b'"salt":"%s","withheld":"%s",' % (self.salt.encode(), withheld)
        return start + self.event[1:]

    @property
    def case(self) -> str:
        """The case's number, or its id where the event does not hold it."""
        number = _NUMBER.search(self.event or b"")
        return number[1].decode(errors="replace") if number else self.key


def parse_line(line: bytes) -> ChainedEvent | None:
    """The event of a line of an exported file; None where the line has another form."""
    salt = withheld = None
    if match := _LINE.fullmatch(line):
        number, position, digest, salt, withheld, rest, id_ = match.groups()
        subject = _SUBJECT.search(rest)
        if subject is None:
            return None
        key, event = subject[1], b"{" + rest
    elif match := _GONE.fullmatch(line) or _CLOSED.fullmatch(line):
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
        salt.decode() if salt else "",
        tuple(withheld.decode().split(",")) if withheld else (),
        _CLOSED.fullmatch(line) is not None,
    )
