"""Files that people give: opened only where they are files, unpacked and read within bounds.

A device, a pipe, or a packed file that unpacks without end costs one sentence, not the memory of the machine.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import Any, BinaryIO

CHUNK = 64 * 1024
FEW_BYTES = 64 * 1024 * 1024
MOST_UNPACKED = 100
"""How many times its size a packed file may hold, beyond `FEW_BYTES`; text packs about ten to one."""
_GZIP = b"\x1f\x8b"


class FileRefused(ValueError):
    """A file cannot be used at all. The message names the file and what to do."""


def size(path: Path) -> int:
    """The size of a file in bytes. OSError; FileRefused for a folder, a device or a pipe."""
    status = path.stat()
    if not S_ISREG(status.st_mode):
        raise FileRefused(
            f"{path}: 不是普通文件，请给出文件路径 / is a folder, a device or a pipe: give the path of a file"
        )
    return status.st_size


def content(path: Path, most: int) -> bytes:
    """A small file as a whole. OSError; FileRefused for more than `most` bytes."""
    if size(path) <= most:
        with path.open("rb") as raw:
            read = raw.read(most + 1)
        if len(read) <= most:
            return read
    raise FileRefused(f"{path}: 超过 {most:,} 字节 / is larger than {most:,} bytes: make it smaller")


@contextmanager
def opened(path: Path, *, most: int | None = None, packed: bool | None = None) -> Iterator[BinaryIO]:
    """A file of at most `most` bytes, unpacked. `packed`: by gzip; None for a file that says so itself.

    OSError or one of UNPACKING_ERRORS where it cannot be read; FileRefused where it is none or too large.
    Of a packed file the read that passes the bound says so: its own word of its size is not believed.
    """
    length = size(path)
    with path.open("rb") as raw:
        if packed is None:
            packed = raw.peek(len(_GZIP))[: len(_GZIP)] == _GZIP
        if packed:
            bound = max(FEW_BYTES, MOST_UNPACKED * length)
            most = bound if most is None else min(most, bound)
            yield io.BufferedReader(_Unpacked(path, gzip.GzipFile(fileobj=raw), most), CHUNK)
        elif most is not None and length > most:
            raise _too_large(path, most)
        else:
            yield raw


def _too_large(path: Path, most: int) -> FileRefused:
    """The refusal of a file that holds more than `most` bytes."""
    bound = f"{most // 1024**2:,} MiB"
    return FileRefused(
        f"{path}: 解压后超过 {bound}，请拆分或重新打包"
        f" / holds more than {bound} unpacked: split it, or pack it anew"
    )


class _Unpacked(io.RawIOBase):
    """The content of a packed file. FileRefused where there is more of it than `most` bytes."""

    def __init__(self, path: Path, packed: gzip.GzipFile, most: int) -> None:
        self._path = path
        self._packed = packed
        self._most = self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = self._packed.read(min(len(buffer), CHUNK))
        self._left -= len(read)
        if self._left < 0:
            raise _too_large(self._path, self._most)
        buffer[: len(read)] = read
        return len(read)


UNPACKING_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading a packed file raises where it is cut off or damaged."""
