"""Files as people send them, made here: whole ones of every kind, broken ones, and disguised ones."""

import io
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import xlsxwriter
from PIL import ExifTags, Image

from tests.city import City

GPS = "1 Shanghai Road"
OWNER = "Phone of Wang"
PROPERTIES = {
    "author": "王大山",
    "company": "示例制造有限公司",
    "manager": "李小川",
    "subject": "Firm of Wang",
}
"""What an Office file says of itself."""


def photo(form: str = "JPEG", size: tuple[int, int] = (640, 480), *, turned: bool = False) -> bytes:
    """A picture with what a phone writes into it: place, owner, a comment; `turned`: it lies on its side."""
    picture = Image.effect_noise(size, 40).convert("RGB")
    exif = picture.getexif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Artist] = "Maker", OWNER
    exif[ExifTags.Base.ImageDescription] = GPS
    if turned:
        exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (33.0, 52.0, 1.0)
    out, more = io.BytesIO(), {"comment": OWNER.encode()} if form == "JPEG" else {}
    picture.save(out, form, exif=exif, **more)
    return out.getvalue()


def pdf() -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"
    )


_MAIN = {
    "docx": ("word/document.xml", "wordprocessingml.document.main+xml"),
    "xlsx": ("xl/workbook.xml", "spreadsheetml.sheet.main+xml"),
    "pptx": ("ppt/presentation.xml", "presentationml.presentation.main+xml"),
    "docm": ("word/document.xml", "ms-word.document.macroEnabled.main+xml"),
}


def office(kind: str, content: bytes = b"<x/>" * 500) -> bytes:
    """docx, xlsx, pptx, docm or ofd."""
    if kind == "ofd":
        return zipped({"OFD.xml": b"<ofd:OFD/>", "Doc_0/Document.xml": b"<ofd:Document/>"})
    part, type_ = _MAIN[kind]
    types = f'<Types><Override PartName="/{part}" ContentType="application/vnd.x.{type_}"/></Types>'
    return zipped({"[Content_Types].xml": types.encode(), part: content})


def workbook(text: str) -> bytes:
    """A workbook as a firm's program writes it, with who made it and for which firm."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    book.set_properties(PROPERTIES)
    book.set_custom_property("经办", PROPERTIES["author"])
    book.add_worksheet().write("A1", text)
    book.close()
    return out.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def ole(*streams: str) -> bytes:
    """An OLE container (MS-CFB, version 3) with empty streams of these names: as many as fit one sector."""
    end, free, fat = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", free) * 108
    table = struct.pack("<2I", fat, end) + struct.pack("<I", free) * 126
    names = ["Root Entry", *streams]
    directory = b"".join(_entry(name, number, len(names)) for number, name in enumerate(names))
    return header + table + directory.ljust(512, b"\0")


def _entry(name: str, number: int, count: int) -> bytes:
    none, end = 0xFFFFFFFF, 0xFFFFFFFE
    text = name.encode("utf-16-le") + b"\0\0"
    right = number + 1 if 0 < number < count - 1 else none
    child = 1 if number == 0 and count > 1 else none
    kind = 5 if number == 0 else 2
    entry = text.ljust(64, b"\0") + struct.pack("<HBB3I", len(text), kind, 1, none, right, child)
    return entry + bytes(36) + struct.pack("<IQ", end, 0)


def mp3(seconds: int = 1) -> bytes:
    """Frames of silence: MPEG 1, layer III, 128 kbit/s, 44.1 kHz."""
    return (
        b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + (b"\xff\xfb\x90\x00" + bytes(413)) * (38 * seconds)
    )


def wav(seconds: int = 1) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16_000 * seconds))
    return out.getvalue()


def amr() -> bytes:
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50


def mp4(handler: bytes = b"soun", brand: bytes = b"M4A ") -> bytes:
    """An MP4 with one track: sound, or pictures (`vide`)."""
    track = _box(b"hdlr", bytes(8) + handler + bytes(12))
    index = _box(b"moov", _box(b"trak", _box(b"mdia", track)))
    return _box(b"ftyp", brand + bytes(4) + b"isommp42") + _box(b"mdat", bytes(1000)) + index


def _box(name: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + name + content


WHOLE: dict[str, tuple[bytes, str, str, str]] = {
    "photo of a phone": (photo(), "photo", "image/jpeg", ".jpg"),
    "PNG": (photo("PNG"), "photo", "image/png", ".png"),
    "WebP": (photo("WEBP"), "photo", "image/webp", ".webp"),
    "PDF": (pdf(), "pdf", "application/pdf", ".pdf"),
    "docx": (office("docx"), "text", "wordprocessingml.document", ".docx"),
    "xlsx": (office("xlsx"), "spreadsheet", "spreadsheetml.sheet", ".xlsx"),
    "pptx": (office("pptx"), "presentation", "presentationml.presentation", ".pptx"),
    "OFD": (office("ofd"), "text", "application/ofd", ".ofd"),
    "doc": (ole("WordDocument", "1Table"), "text", "application/msword", ".doc"),
    "xls": (ole("Workbook"), "spreadsheet", "application/vnd.ms-excel", ".xls"),
    "ppt": (ole("PowerPoint Document"), "presentation", "application/vnd.ms-powerpoint", ".ppt"),
    "MP3": (mp3(), "recording", "audio/mpeg", ".mp3"),
    "MP3 without a tag": (mp3()[20:], "recording", "audio/mpeg", ".mp3"),
    "M4A": (mp4(), "recording", "audio/mp4", ".m4a"),
    "sound of an Android phone": (mp4(brand=b"mp42"), "recording", "audio/mp4", ".m4a"),
    "WAV": (wav(), "recording", "audio/wav", ".wav"),
    "AMR": (amr(), "recording", "audio/amr", ".amr"),
}
"""Files that are taken: content, kind, the end of the media type, the ending of the name."""


def bomb() -> bytes:
    """A small PNG that unpacks to 2,500 megapixels."""
    header = struct.pack(">2I5B", 50_000, 50_000, 8, 2, 0, 0, 0)
    return (
        photo("PNG")[:8] + _png_chunk(b"IHDR", header) + _png_chunk(b"IDAT", b"") + _png_chunk(b"IEND", b"")
    )


def _png_chunk(name: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")


def _damaged(content: bytes) -> bytes:
    """`content` with some bytes in its middle changed."""
    middle = len(content) // 2
    return (
        content[:middle] + bytes(255 - byte for byte in content[middle : middle + 8]) + content[middle + 8 :]
    )


REFUSED: dict[str, tuple[bytes | Callable[[], bytes], int, str, str]] = {
    "nothing": (b"", 422, "文件是空的", "empty"),
    "a program called a photo": (b"MZ\x90\x00" + bytes(500), 415, "可以上传", "taken are"),
    "a program of Linux": (b"\x7fELF" + bytes(500), 415, "可以上传", "taken are"),
    "a page called a photo": (b"<html><script>alert(1)</script></html>", 415, "可以上传", "taken are"),
    "a drawing with a script": (
        b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
        415,
        "可以上传",
        "taken",
    ),
    "a page behind the first bytes of a picture": (b"\xff\xd8\xff<script>", 422, "图片无法读取", "picture"),
    "half a photo": (photo()[:5_000], 422, "图片无法读取", "cannot be read"),
    "half a PNG": (photo("PNG")[:5_000], 422, "图片无法读取", "cannot be read"),
    "a picture that unpacks to gigabytes": (bomb(), 415, "像素过多", "too large"),
    "half a PDF": (pdf()[:40], 422, "缺少结尾", "its end is missing"),
    "half a docx": (office("docx")[:200], 422, "缺少结尾", "its end is missing"),
    "a damaged docx": (_damaged(office("docx")), 422, "损坏", "broken"),
    "a docx with macros": (office("docm"), 415, "含有宏", "macros"),
    "a docx that hides macros": (
        zipped({"[Content_Types].xml": b"wordprocessingml.document.main+xml", "word/vbaProject.bin": b"x"}),
        415,
        "含有宏",
        "macros",
    ),
    "a doc with macros": (ole("WordDocument", "Macros"), 415, "含有宏", "macros"),
    "a document with a password": (ole("EncryptedPackage", "EncryptionInfo"), 415, "密码", "password"),
    "an installer": (ole("Installer"), 415, "可以上传", "taken are"),
    "an archive": (zipped({"virus.exe": b"MZ"}), 415, "压缩包", "archives"),
    "an archive of many parts": (
        lambda: zipped({str(n): b"" for n in range(10_001)}),
        415,
        "条目过多",
        "many parts",
    ),
    "an archive that unpacks to gigabytes": (
        lambda: zipped({"a": bytes(401 * 2**20)}),
        415,
        "解压后过大",
        "unpacks",
    ),
    "a document that unpacks to a thousand times its size": (
        lambda: office("docx", bytes(33 * 2**20)),
        415,
        "解压后过大",
        "unpacks",
    ),
    "a film": (mp4(b"vide", b"isom"), 415, "视频", "films"),
    "a film called M4A": (mp4(b"vide"), 415, "视频", "films"),
    "half an M4A": (mp4()[:500], 422, "不完整", "breaks off"),
    "half a WAV": (wav()[:5_000], 422, "不完整", "breaks off"),
    "text": ("货车无法进出。".encode(), 415, "可以上传", "taken are"),
    "a GIF": (b"GIF89a" + bytes(200), 415, "可以上传", "taken are"),
}
"""Files that are refused: content (what takes long to make is made when asked for), status, and words of the
refusal in both languages.
"""


async def attach(
    city: City,
    account: str | None,
    appeal: dict[str, Any],
    content: bytes,
    name: str = "现场.jpg",
    query: str = "",
    **headers: str,
) -> httpx.Response:
    """Send a file, as an account, or as the enterprise by its receipt code."""
    path = f"/intake/appeals/{appeal['appeal_id']}/attachments{query}"
    if account is None:
        path = f"/intake/status/{appeal['registration_number']}/attachments"
        headers = {"receipt_code": appeal["receipt_code"], **headers}
    return await city.send(account, "POST", path, content, file_name=quote(name), **headers)


def kept(city: City) -> list[Path]:
    """All files in the folder of attachments, those on their way in too."""
    folder = city.services["intake"].settings.attachments  # type: ignore[attr-defined]
    return sorted(path for path in folder.rglob("*") if path.is_file())
