"""Tells recordings by their content: MP3, M4A, WAV and AMR. Films are not taken."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from services.intake.attachments.kinds import AMR, HEIC, M4A, MP3, WAV, FileKind, broken, head, not_taken

LARGEST_INDEX = 8 * 2**20
"""Bytes of the index (`moov`) of an MP4 file that are read."""
_HANDLER = re.compile(rb"hdlr.{8}(soun|vide)", re.DOTALL)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1")
_BITRATES = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second of MPEG 1, and of 2 and 2.5, layer III (ISO 11172-3, 13818-3)."""
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
FRAMES = 3
"""So many frames of an MP3 file are followed."""


def look_at_amr(path: Path) -> FileKind | None:
    """AMR, narrow or wide band (RFC 4867, 5); None for any other file."""
    return AMR if head(path, 9).startswith((b"#!AMR\n", b"#!AMR-WB\n")) else None


def look_at_wav(path: Path) -> FileKind | None:
    """WAV; None for any other file. Invalid where its sound breaks off."""
    start = head(path, 12)
    if start[:4] != b"RIFF" or start[8:] != b"WAVE":
        return None
    with path.open("rb") as content:
        content.seek(12)
        sizes = dict(_chunks(content))
    if b"fmt " not in sizes or b"data" not in sizes:
        raise broken("缺少录音内容", "there is no sound in it")
    if sizes[b"data"] not in (0, 0xFFFFFFFF) and sizes[b"data"] > path.stat().st_size:
        raise broken("录音不完整", "its sound breaks off")
    return WAV


def _chunks(content: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """The names and sizes of the chunks of a RIFF file, up to its sound."""
    while len(chunk := content.read(8)) == 8:
        name, size = chunk[:4], int.from_bytes(chunk[4:], "little")
        yield name, size
        if name == b"data":
            return
        content.seek(size + size % 2, 1)


def look_at_mp4(path: Path) -> FileKind | None:
    """M4A, or a picture in the same container (HEIC); None for any other file.

    Unsupported for a film; Invalid where its index is missing.
    """
    start = head(path, 64)
    if start[4:8] != b"ftyp":
        return None
    if start[8:12] in _HEIC_BRANDS and b"heic" in start:
        return HEIC
    with path.open("rb") as content:
        index = _box(content, b"moov")
    if index is None:
        raise broken("录音不完整", "its index is missing: the recording breaks off")
    handlers = set(_HANDLER.findall(index))
    if b"vide" in handlers:
        raise not_taken("不接收视频", "films are not taken")
    return M4A if b"soun" in handlers else None


def _box(content: IO[bytes], name: bytes) -> bytes | None:
    """The content of the first box of this name at the top level (ISO 14496-12, 4.2); None without one."""
    while len(header := content.read(8)) == 8:
        size, at = int.from_bytes(header[:4], "big"), 8
        if size == 1:
            size, at = int.from_bytes(content.read(8), "big"), 16
        if header[4:] == name:
            box = content.read(min(max(size - at, 0), LARGEST_INDEX))
            return box if len(box) == min(size - at, LARGEST_INDEX) else None
        if size < at:  # nought: up to the end of the file
            return None
        content.seek(size - at, 1)
    return None


def look_at_mp3(path: Path) -> FileKind | None:
    """MP3: after a tag several frames follow each other; None for any other file."""
    with path.open("rb") as content:
        start = content.read(10)
        content.seek(_after_tag(start))
        for number in range(FRAMES):
            header = content.read(4)
            if number and not header:
                break  # a very short recording
            if (length := _frame_length(header)) is None:
                return None
            content.seek(length - 4, 1)
    return MP3


def _after_tag(start: bytes) -> int:
    """Where the sound begins, after a tag in front (ID3v2, 3.1)."""
    if start[:3] != b"ID3" or len(start) < 10:
        return 0
    size = 0
    for part in start[6:10]:
        size = size << 7 | part & 0x7F
    return size + 10


def _frame_length(header: bytes) -> int | None:
    """The bytes of a frame of layer III by its header; None where it is no such header."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return None
    version, bitrate, rate = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or rate == 3 or not 0 < bitrate < 15:
        return None
    bits = (144_000 if version == 3 else 72_000) * _BITRATES[version == 3][bitrate]
    return bits // _RATES[version][rate] + (header[2] >> 1 & 1)
