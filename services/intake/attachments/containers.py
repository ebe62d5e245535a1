"""Looks into files that hold others: Office and OFD files (zip), older files of Office and WPS (OLE)."""

import struct
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

import olefile

from services.intake.attachments.kinds import (
    DOC,
    DOCX,
    OFD,
    PPT,
    PPTX,
    XLS,
    XLSX,
    FileKind,
    broken,
    head,
    not_taken,
    tail,
)
from shared.service.errors import Unsupported

MOST_ENTRIES = 10_000
LARGEST_DIRECTORY = 2 * 2**20
"""Bytes of a zip's directory. It is read as a whole, and its entries need ten times the space."""
MOST_UNPACKED = 400 * 2**20
"""Bytes that a file may unpack to."""
ALWAYS_UNPACKED, MOST_TIMES_UNPACKED = 32 * 2**20, 100
"""Above so many bytes a file unpacks to no more than so many times its size: each part of it is read."""
LARGEST_TYPES = 2**20
_END = struct.Struct("<4s4H2LH")
_LONGEST_COMMENT = 0xFFFF
_TYPES = "[Content_Types].xml"
_MAIN_PARTS = {
    b"wordprocessingml.document.main+xml": DOCX,
    b"spreadsheetml.sheet.main+xml": XLSX,
    b"presentationml.presentation.main+xml": PPTX,
    b"presentationml.slideshow.main+xml": PPTX,
}
_OLE_STREAMS = {"WordDocument": DOC, "Workbook": XLS, "Book": XLS, "PowerPoint Document": PPT}
_MACROS = {"vba", "macros", "_vba_project_cur"}
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    struct.error,
)
_OLE_UNREADABLE = (OSError, ValueError, LookupError, struct.error, TypeError, AttributeError)


def look_into_zip(path: Path) -> FileKind | None:
    """The kind of a file that is a zip; None for any other file.

    Unsupported for a zip of another kind, or with macros; Invalid for a broken one.
    """
    if not head(path, 4).startswith(b"PK\x03\x04"):
        return None
    _check_directory(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            _check_unpacked(sum(entry.file_size for entry in archive.infolist()), path.stat().st_size)
            kind = _kind(names, _types(archive))
            damaged = archive.testzip()
    except _UNREADABLE as error:
        raise broken("无法打开", "it cannot be opened") from error
    if damaged is not None:
        raise broken("校验不符", "a part of it fails its checksum")
    return kind


def _check_directory(path: Path) -> None:
    """Refuse a zip whose directory is missing, or larger than any document's."""
    end = tail(path, _END.size + _LONGEST_COMMENT)
    place = end.rfind(b"PK\x05\x06")
    if place < 0 or len(end) - place < _END.size:
        raise broken("缺少结尾部分", "its end is missing")
    _, _, _, _, entries, size, _, _ = _END.unpack_from(end, place)
    if entries > MOST_ENTRIES or size > LARGEST_DIRECTORY:
        raise not_taken("文件内部条目过多", "the file has too many parts")


def _check_unpacked(size: int, packed: int) -> None:
    if size > min(MOST_UNPACKED, max(ALWAYS_UNPACKED, MOST_TIMES_UNPACKED * packed)):
        raise not_taken("文件解压后过大", "the file unpacks to too much")


def _types(archive: zipfile.ZipFile) -> bytes:
    """What an Office file says of the types of its parts; empty for any other zip."""
    if _TYPES not in archive.namelist():
        return b""
    with archive.open(_TYPES) as content:
        return content.read(LARGEST_TYPES)


def _kind(names: Collection[str], types: bytes) -> FileKind:
    if b"macroEnabled" in types or any(name.lower().endswith("vbaproject.bin") for name in names):
        raise _with_macros()
    for part, kind in _MAIN_PARTS.items():
        if part in types:
            return kind
    if "OFD.xml" in names:
        return OFD
    raise not_taken("不接收压缩包", "archives are not taken")


def look_into_ole(path: Path) -> FileKind | None:
    """The kind of an older file of Office or WPS; None for any other file.

    Unsupported for one with macros or a password, or of another kind; Invalid for a broken one.
    """
    if head(path, len(olefile.MAGIC)) != olefile.MAGIC:
        return None
    try:
        with olefile.OleFileIO(str(path)) as container:
            folders = container.listdir(streams=True, storages=True)
    except _OLE_UNREADABLE as error:
        raise broken("无法打开", "it cannot be opened") from error
    if any(part.lower() in _MACROS for folder in folders for part in folder):
        raise _with_macros()
    names = {folder[0] for folder in folders if len(folder) == 1}
    if "EncryptedPackage" in names:
        raise not_taken("文件设有密码，请取消密码后再上传", "the file has a password: remove it first")
    for name, kind in _OLE_STREAMS.items():
        if name in names:
            return kind
    raise not_taken()


def _with_macros() -> Unsupported:
    return not_taken("文件含有宏，请另存为不含宏的格式", "the file has macros: save it without them")
