"""Draws hostile inputs: odd values, and valid JSON or bytes spoiled in some places. A seed gives all."""

import copy
import json
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

SEED = int(os.environ.get("HUYING_HOSTILE_SEED", "15"))
LONG = (pytest.mark.slow, pytest.mark.timeout(1_800))
"""Marks of the runs that take minutes."""
Place = tuple[str | int, ...]

TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\x07\x1b[31m",
    "\ud800",
    "\u202e\u200b\ufeff",
    "𠮷👍🏽\u0301",
    "'; drop table appeals; --",
    "{{7*7}}${jndi:ldap://x}",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "x" * 3_000,
    "null",
    "NaN",
    "0x10",
    "1e400",
    "٣",
    "²",
    "1970-01-01T00:00:00Z",
    "2026-11-09T09:00:00",
    "9999-12-31T23:59:59.999999-12:00",
    "9999-12-31T23:59:59.999999Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "2026-02-30T25:61:61+99:99",
    "-P1D",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-fffffffffffg",
)
NUMBERS = (0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 0.1, -0.0, 1e308, float("inf"), float("nan"))
BYTES = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf{}",
    b"null",
    b"[]",
    b"{",
    b"[" * 5_000,
    b'{"a":' * 2_000,
    b"9" * 5_000,
    b'{"a":1,"a":2}',
    b"\r\n\r\n",
    b"x" * 20_000,
)


class Drawn(random.Random):
    """The source of one run's inputs."""

    def text(self) -> str:
        """A text that somebody's program does not expect."""
        if self.random() < 0.5:
            return self.choice(TEXTS)
        most = self.choice((0x7F, 0xFF, 0xFFFF, 0x10FFFF))
        return "".join(chr(self.randint(0, most)) for _ in range(self.randint(0, 12)))

    def odd(self, depth: int = 0) -> Any:
        """A JSON value of any shape."""
        kinds = ("text", "text", "number", "constant", *(("list", "object") if depth < 3 else ()))
        match self.choice(kinds):
            case "text":
                return self.text()
            case "number":
                return self.choice((*NUMBERS, self.randint(-(10**6), 10**6)))
            case "constant":
                return self.choice((None, True, False))
            case "list":
                return [self.odd(depth + 1) for _ in range(self.randint(0, 3))]
        return {self.text(): self.odd(depth + 1) for _ in range(self.randint(0, 3))}

    def bytes_(self) -> bytes:
        """Bytes that are no text, no JSON, or too much of either."""
        return self.choice(BYTES) if self.random() < 0.6 else self.randbytes(self.randint(0, 60))

    def spoiled(self, valid: Any) -> Any:
        """A copy of a JSON value that is changed in one to three places, or another value."""
        changed = copy.deepcopy(valid)
        for _ in range(self.choice((1, 1, 1, 2, 3))):
            places = list(leaves(changed))
            if not places or self.random() < 0.03:
                return self.odd()
            self._change(changed, self.choice(places))
        return changed

    def _change(self, body: Any, place: Place) -> None:
        for part in place[:-1]:
            body = body[part]
        name = place[-1]
        match self.choice(("odd", "odd", "odd", "leave out", "wrap", "repeat", "add")):
            case "odd":
                body[name] = self.odd()
            case "leave out":
                del body[name]
            case "wrap":
                body[name] = self.choice(([body[name]], {"value": body[name]}, str(body[name])))
            case "repeat" if isinstance(body[name], list | str):
                body[name] = body[name] * self.choice((2, 50))
            case _ if isinstance(body, dict):
                body[self.text()] = self.odd()

    def spoiled_bytes(self, valid: bytes) -> bytes:
        """Valid bytes cut, doubled, mixed with others, or in another encoding."""
        place = self.randint(0, len(valid))
        match self.choice(("cut", "flip", "insert", "double", "encode", "other")):
            case "cut":
                return valid[:place]
            case "flip":
                flipped = bytearray(valid)
                for _ in range(self.randint(1, 4)):
                    flipped[self.randrange(len(flipped))] ^= 1 << self.randrange(8)
                return bytes(flipped)
            case "insert":
                return valid[:place] + self.bytes_() + valid[place:]
            case "double":
                return valid + valid
            case "encode":
                text = valid.decode(errors="replace")
                return text.encode(self.choice(("utf-16", "gb18030", "utf-32-be", "utf-7")))
        return self.bytes_()


def leaves(body: Any, *place: str | int) -> Iterator[Place]:
    """The places of all values in a JSON value, but for the whole."""
    if place:
        yield place
    if isinstance(body, dict | list):
        for name, value in body.items() if isinstance(body, dict) else enumerate(body):
            yield from leaves(value, *place, name)


def dumped(body: Any) -> bytes:
    """As JSON in ASCII: what is no text becomes an escape, as a careless client would send it."""
    return json.dumps(body).encode()
