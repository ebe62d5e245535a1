"""Tells what kind of file a file is, by its content alone."""

from collections.abc import Callable
from pathlib import Path

import puremagic

from services.intake.attachments.containers import look_into_ole, look_into_zip
from services.intake.attachments.kinds import (
    JPEG,
    PDF,
    PNG,
    WEBP,
    FileKind,
    broken,
    head,
    not_taken,
    tail,
)
from services.intake.attachments.recordings import look_at_amr, look_at_mp3, look_at_mp4, look_at_wav

LARGEST_TRAILER = 4096
"""Bytes at the end of a PDF in which its last line stands."""


def look_at_picture(path: Path) -> FileKind | None:
    """JPEG, PNG or WebP; None for any other file. Whether it is whole shows when it is written anew."""
    start = head(path, 16)
    if start.startswith(b"\xff\xd8\xff"):
        return JPEG
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    return WEBP if start[:4] == b"RIFF" and start[8:12] == b"WEBP" else None


def look_at_pdf(path: Path) -> FileKind | None:
    """PDF; None for any other file. Invalid where its end is missing."""
    if head(path, 5) != b"%PDF-":
        return None
    if b"%%EOF" not in tail(path, LARGEST_TRAILER):
        raise broken("缺少结尾部分", "its end is missing")
    return PDF


LOOKS: dict[str, Callable[[Path], FileKind | None]] = {
    ".jpg": look_at_picture,
    ".png": look_at_picture,
    ".webp": look_at_picture,
    ".pdf": look_at_pdf,
    ".zip": look_into_zip,
    ".doc": look_into_ole,
    ".wav": look_at_wav,
    ".amr": look_at_amr,
    ".heic": look_at_mp4,
    ".m4a": look_at_mp4,
    ".mp4": look_at_mp4,
    ".3gp": look_at_mp4,
    ".mp3": look_at_mp3,
}
"""What looks closer at a file, by the ending that puremagic gives it."""


UNNAMED = (".mp3",)
"""Endings that puremagic does not give to all files of a kind: an MP3 may begin with any frame."""


def recognise(path: Path) -> FileKind:
    """The kind of a file. Unsupported for a kind that is not taken, Invalid for a broken file."""
    for ending in (*_endings(path), *UNNAMED):
        if (look := LOOKS.get(ending)) is not None and (kind := look(path)) is not None:
            return kind
    raise not_taken()


def _endings(path: Path) -> list[str]:
    """The endings that files with these first and last bytes have, the likeliest first."""
    with path.open("rb") as content:
        try:
            matches = puremagic.magic_stream(content)
        except (puremagic.PureError, ValueError):
            return []
    return list(dict.fromkeys(match.extension for match in matches))
