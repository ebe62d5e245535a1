"""A file that is read again while the process runs, so that what changes in it counts without a restart."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import structlog

LOOK_S = 1.0
"""How often whoever asks for the content looks whether the file has changed, in seconds."""

T = TypeVar("T")
_LOG = structlog.get_logger()


class WatchedFile(Generic[T]):
    """What a file holds. A changed file counts within `look_s` seconds.

    One that cannot be used (ValueError) or read (OSError) does not: all stays, and the log says why.
    """

    def __init__(self, path: Path, read: Callable[[Path], T], look_s: float = LOOK_S) -> None:
        self._path = path
        self._read = read
        self._look_s = look_s
        self._next_look = time.monotonic() + look_s
        self._version = _version(path)
        self._content = read(path)

    def content(self) -> T:
        """What the file holds now, or held last when it could be used."""
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + self._look_s
            if (version := _version(self._path)) != self._version:
                self._version = version
                self._read_again()
        return self._content

    def _read_again(self) -> None:
        try:
            self._content = self._read(self._path)
        except (ValueError, OSError) as error:
            _LOG.error("the file stays as it was read last", file=str(self._path), reason=str(error))


def _version(path: Path) -> tuple[int, ...] | None:
    """What changes with a file; None where there is none."""
    if not path.exists():
        return None
    status = path.stat()
    return status.st_mtime_ns, status.st_ino, status.st_size
