"""Times in answers: each with the offset that the zone of the jurisdiction has at that time.

Events, stored documents and databases hold times in UTC. Routes answer stored JSON as it is, so the times are
rewritten in the text of the answer, in the one place that every answer passes.
"""

import re
from collections.abc import AsyncIterable, AsyncIterator
from datetime import datetime, tzinfo
from functools import lru_cache

from fastapi import Response
from fastapi.responses import StreamingResponse

_TIME = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_ALONE = re.compile(_TIME)
_QUOTED = re.compile(rf'"({_TIME})"'.encode())
"""A quoted time; the pattern begins with a letter, so that the engine finds the places to look at quickly."""
_ESCAPED = ord("\\")


def with_offset_of(answer: Response, zone: tzinfo) -> Response:
    """`answer`, where it is JSON with the offset of `zone` at all its times."""
    if "json" not in (answer.headers.get("content-type") or ""):
        return answer
    if isinstance(answer, StreamingResponse):
        answer.body_iterator = _parts(answer.body_iterator, zone)
        return answer
    content = in_zone(bytes(answer.body), zone)
    if content != answer.body:
        answer.body = content
        answer.headers["content-length"] = str(len(content))
    return answer


def in_zone(content: bytes, zone: tzinfo) -> bytes:
    """JSON with the offset of `zone` at all its times."""

    def shown(time: re.Match[bytes]) -> bytes:
        start = time.start()
        if start and content[start - 1] == _ESCAPED:  # a quotation mark within a text
            return time[0]
        return b'"%s"' % _local(time[1].decode(), zone).encode()

    return _QUOTED.sub(shown, content)


def local(text: str, zone: tzinfo) -> str:
    """`text` with the offset of `zone` where it is a time and nothing else."""
    return text if _ALONE.fullmatch(text) is None else _local(text, zone)


@lru_cache(maxsize=8192)
def _local(time: str, zone: tzinfo) -> str:
    """The times of a case come again in each answer about it."""
    try:
        return datetime.fromisoformat(time).astimezone(zone).isoformat()
    except (ValueError, OverflowError):
        return time


async def _parts(parts: AsyncIterable[str | bytes | memoryview], zone: tzinfo) -> AsyncIterator[bytes]:
    """The parts of a streamed answer, each of which holds whole values."""
    async for part in parts:
        yield in_zone(part.encode() if isinstance(part, str) else bytes(part), zone)
