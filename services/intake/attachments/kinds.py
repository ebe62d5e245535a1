"""The kinds of files that are taken. A file's kind follows from its content, never from its name."""

from pathlib import Path
from typing import NamedTuple

from services.intake.attachments.document import Kind
from shared.service.errors import Invalid, Unsupported


class FileKind(NamedTuple):
    """A kind of file: what it is, its media type, and how its name ends."""

    kind: Kind
    media_type: str
    ending: str


JPEG = FileKind(Kind.PHOTO, "image/jpeg", ".jpg")
PNG = FileKind(Kind.PHOTO, "image/png", ".png")
WEBP = FileKind(Kind.PHOTO, "image/webp", ".webp")
HEIC = FileKind(Kind.PHOTO, "image/heic", ".jpg")
"""A picture of an iPhone; it is stored as JPEG."""
PDF = FileKind(Kind.PDF, "application/pdf", ".pdf")
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = FileKind(Kind.TEXT, f"{_OFFICE}wordprocessingml.document", ".docx")
XLSX = FileKind(Kind.SPREADSHEET, f"{_OFFICE}spreadsheetml.sheet", ".xlsx")
PPTX = FileKind(Kind.PRESENTATION, f"{_OFFICE}presentationml.presentation", ".pptx")
OFFICE = frozenset({DOCX, XLSX, PPTX})
OFD = FileKind(Kind.TEXT, "application/ofd", ".ofd")  # GB/T 33190
DOC = FileKind(Kind.TEXT, "application/msword", ".doc")
XLS = FileKind(Kind.SPREADSHEET, "application/vnd.ms-excel", ".xls")
PPT = FileKind(Kind.PRESENTATION, "application/vnd.ms-powerpoint", ".ppt")
MP3 = FileKind(Kind.RECORDING, "audio/mpeg", ".mp3")
M4A = FileKind(Kind.RECORDING, "audio/mp4", ".m4a")
WAV = FileKind(Kind.RECORDING, "audio/wav", ".wav")
AMR = FileKind(Kind.RECORDING, "audio/amr", ".amr")

TAKEN_ZH = "图片（JPEG、PNG、WebP、HEIC）、PDF、Office 和 WPS 文件、OFD、录音（MP3、M4A、WAV、AMR）"
TAKEN_EN = (
    "pictures (JPEG, PNG, WebP, HEIC), PDF, files of Office and WPS, OFD, recordings (MP3, M4A, WAV, AMR)"
)


def not_taken(
    zh: str = "无法识别文件类型", en: str = "what kind of file this is cannot be told"
) -> Unsupported:
    """The refusal of a kind of file, with the reason."""
    return Unsupported(f"{zh}；可以上传：{TAKEN_ZH}", f"{en}; taken are {TAKEN_EN}", "body")


def broken(zh: str, en: str) -> Invalid:
    """The refusal of a file that is not whole."""
    return Invalid(
        f"文件已损坏或者不完整：{zh}，请重新导出后再上传",
        f"the file is broken: {en}; save it anew and send that",
        "body",
    )


def head(path: Path, size: int) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as content:
        return content.read(size)


def tail(path: Path, size: int) -> bytes:
    """The last bytes of a file."""
    with path.open("rb") as content:
        content.seek(max(0, path.stat().st_size - size))
        return content.read()
