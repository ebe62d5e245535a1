"""The file of a city's history: CloudEvents 1.0 JSON, one a line, plain or gzip.

The lines in order: a header; for each service its events in the order it wrote them, a seal after each day,
and a head at their end; records; the state of the tables; an end with the SHA-256 of all lines before it.
"""

import gzip
import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, NamedTuple

import orjson

from shared.audit import chain
from shared.files import bounded
from shared.files.bounded import UNPACKING_ERRORS

FORMAT = 2
"""Version of the file format that this release writes."""
READ_FORMATS = (1, 2)
"""Those that it reads. Version 1 has no event with withheld fields, and none that is closed."""
HEADER = "huying.export.v1"
SEAL = "huying.seal.v1"
HEAD = "huying.head.v1"
RECORD = "huying.record.v1"
STATE = "huying.state.v1"
END = "huying.end.v1"
LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of a line that is written or read. An event that can be sent has at most 1 MB."""
LONGEST_METADATA = 1024 * 1024
_RECORD = re.compile(
    rb'\{"recordlink":"([0-9a-f]{64})",("specversion":"1\.0","id":"([0-9]{1,18})","source":"/huying/([a-z]+)",'
    rb'"type":"huying\.record\.v1","subject":"([a-z_]+)","datacontenttype":"application/json","data":(\{.*\}))\}',
    re.DOTALL,
)


class Broken(ValueError):
    """A file differs from what was written. The message says where, and what was expected."""


def metadata_line(type_: str, source: str, data: object) -> bytes:
    """A line about the file itself, as a CloudEvent. Keys are sorted, so that only one spelling is valid."""
    event = {
        "specversion": "1.0",
        "id": f"{type_}:{source}",
        "source": f"/huying/{source}",
        "type": type_,
        "datacontenttype": "application/json",
        "data": data,
    }
    return orjson.dumps(event, option=orjson.OPT_SORT_KEYS)


def read_metadata_line(line: bytes) -> tuple[str, str, Any] | None:
    """Type, source and data of a line about the file; None where it is none or is spelled differently."""
    if len(line) > LONGEST_METADATA:
        return None
    try:
        event = orjson.loads(line)
        type_, source = event["type"], event["source"].removeprefix("/huying/")
        valid = metadata_line(type_, source, event["data"]) == line
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None
    return (type_, source, event["data"]) if valid else None


class Record(NamedTuple):
    """A row of a table as JSON. Each link covers the one before it, through all records of the file."""

    link: bytes
    content: bytes
    number: int
    service: str
    table: str
    data: bytes


def record_line(before: bytes, number: int, service: str, table: str, data: str) -> tuple[bytes, bytes]:
    """The line of a record, and its link."""
    content = (
        b'{"specversion":"1.0","id":"%d","source":"/huying/%s","type":"huying.record.v1","subject":"%s",'
        b'"datacontenttype":"application/json","data":%s}'
        % (number, service.encode(), table.encode(), data.encode())
    )
    link = chain.link(before, content)
    return b'{"recordlink":"%s",%s' % (link.hex().encode(), content[1:]), link


def read_record(line: bytes) -> Record | None:
    """The record of a line; None where it is none."""
    if (match := _RECORD.fullmatch(line)) is None:
        return None
    link, content, number, service, table, data = match.groups()
    return Record(
        bytes.fromhex(link.decode()),
        b"{" + content + b"}",
        int(number),
        service.decode(),
        table.decode(),
        data,
    )


class Writer:
    """Writes a file that gets its name only when it is complete. Only its owner may read it."""

    def __init__(self, path: Path) -> None:
        check_name(path)
        self.lines = 0
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._sum = sha256()
        self._raw: IO[bytes] | None = None
        self._out: Any = None

    def __enter__(self) -> "Writer":
        self._raw = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        zipped = self._path.suffix == ".gz"
        self._out = (
            gzip.GzipFile("", "wb", compresslevel=6, fileobj=self._raw, mtime=0) if zipped else self._raw
        )
        return self

    def write(self, line: bytes) -> None:
        """Write one more line. ValueError for one that no reader would take."""
        if len(line) >= LONGEST_LINE:
            raise ValueError(
                f"line {self.lines + 1} would be longer than {LONGEST_LINE:,} bytes: {line[:200]!r}"
                " / 该行过长，无法导出"
            )
        self._sum.update(line)
        self._sum.update(b"\n")
        self._out.write(line)
        self._out.write(b"\n")
        self.lines += 1

    def sum(self) -> bytes:
        """The SHA-256 of all lines so far."""
        return self._sum.digest()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self._raw is not None
        if self._out is not self._raw:
            self._out.close()
        if kind is None:
            self._raw.flush()
            os.fsync(self._raw.fileno())
        self._raw.close()
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink()


def check_name(path: Path) -> None:
    """ValueError for a name that does not end in .ndjson.gz or .ndjson."""
    if path.suffix not in (".gz", ".ndjson"):
        raise ValueError(
            f"{path} is to be named .ndjson.gz or .ndjson: other compressions are not there"
            " / 文件名须以 .ndjson.gz 或 .ndjson 结尾"
        )


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, plain or gzip, without line ends.

    `Broken` where it is cut off, cannot be unpacked, or has a line without end. FileRefused where it is no
    file, or unpacks to more than a file of this size holds.
    """
    count = 0
    try:
        with bounded.opened(path) as raw:
            while line := raw.readline(LONGEST_LINE + 1):
                count += 1
                if len(line) > LONGEST_LINE:
                    raise Broken(
                        f"line {count} is longer than {LONGEST_LINE:,} bytes, as no exported line is"
                        f" / 第 {count} 行超过 {LONGEST_LINE:,} 字节，不是导出的文件"
                    )
                if not line.endswith(b"\n"):
                    raise Broken(
                        f"line {count} breaks off: the file was cut / 第 {count} 行不完整，文件被截断"
                    )
                yield line[:-1]
    except UNPACKING_ERRORS as error:
        raise Broken(f"after line {count} the file cannot be unpacked: {error} / 文件损坏") from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error} / 文件无法读取") from error
