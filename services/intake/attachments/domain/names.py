"""Names of files, as people gave them, made safe to show and to save under. Pure."""

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote, unquote_to_bytes

from shared.web.letters import visible

LONGEST = 100
"""Letters of a name, without its ending."""
_NO_LETTER = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_NO_FILE = re.compile(r'[<>:"|?*\\/]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""Names of devices on Windows, under which nothing can be saved there."""
_BLANKS = re.compile(r"\s+")


def cleaned(header: str | None, ending: str) -> str:
    """The name in a percent-encoded header, with the `ending` of its kind; `attachment` where none is left.

    Folders, control characters, changes of direction and what no file system takes are left out.
    """
    text = unquote_to_bytes(header or "").decode("utf-8", "replace")
    text = unicodedata.normalize("NFC", text).replace("\\", "/").rpartition("/")[2]
    text = _BLANKS.sub(" ", _NO_FILE.sub("_", _NO_LETTER.sub("", text)))
    path = PurePosixPath(visible(text).strip(". "))
    same_kind = path.suffix.lower() in _SAME.get(ending, {ending})
    stem = path.stem if same_kind else path.name
    stem = stem[:LONGEST].strip(". ") or "attachment"
    return f"{stem}_{ending}" if _DEVICE.fullmatch(stem) else stem + ending


_SAME = {
    ".jpg": {".jpg", ".jpeg", ".jpe", ".jfif", ".heic", ".heif"},
    ".mp4": {".mp4", ".m4a", ".3gp", ".aac"},
    ".doc": {".doc", ".wps", ".dot"},
    ".xls": {".xls", ".et"},
    ".ppt": {".ppt", ".dps"},
}
"""Endings that mean the same, by the one that is used; a picture from a phone is stored as JPEG."""


def disposition(name: str) -> str:
    """The Content-Disposition under which a browser saves a file of this name (RFC 6266, RFC 8187)."""
    plain = "".join(
        letter if (letter.isascii() and letter.isalnum()) or letter in "._- " else "_" for letter in name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
