"""Exports as a forger without a key would write them."""

import re
from collections.abc import Callable
from hashlib import sha256

from huying.archive import files as archive
from shared.audit import chain
from shared.audit.chain import ChainedEvent


def relinked(lines: list[bytes]) -> list[bytes]:
    """A file as a forger without a key would write it: links, heads and sums fit what `lines` say."""
    written: list[bytes] = []
    cases: dict[str, tuple[int, bytes]] = {}
    running, record = chain.RunningDigest(), chain.START
    for line in lines:
        if (event := chain.parse_line(line)) is not None and event.event is not None:
            position, before = cases.get(event.key, (0, chain.START))
            event = _readable(event)
            assert event.event is not None
            linked = event._replace(position=position + 1, link=chain.link(before, event.linked))
            cases[event.key] = linked.position, linked.link
            running.add(linked.link)
            line = linked.line()
        elif (row := archive.read_record(line)) is not None:
            line, record = archive.record_line(record, row.number, row.service, row.table, row.data.decode())
        else:
            metadata = archive.read_metadata_line(line)
            assert metadata is not None
            type_, source, data = metadata
            if type_ == archive.HEADER:
                data["key"] = None
            elif type_ == archive.SEAL:
                continue
            elif type_ == archive.HEAD:
                data = {"head": data["head"] | {"head": running.head().hex()}, "key": None, "signature": None}
                cases, running = {}, chain.RunningDigest()
            elif type_ == archive.END:
                sum_ = sha256(b"".join(line + b"\n" for line in written)).hexdigest()
                data = {"file": {"lines": len(written), "sum": sum_}, "key": None, "signature": None}
            line = archive.metadata_line(type_, source, data)
        written.append(line)
    return written


def _readable(event: ChainedEvent) -> ChainedEvent:
    """The event; without commitments where nobody can read what it commits to."""
    try:
        assert event.linked
    except ValueError:
        return event._replace(salt="", withheld=())
    return event


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda line: re.sub(old, new, line, count=1)
