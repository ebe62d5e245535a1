"""Forms with files, read as they arrive: no file is ever held whole."""

from collections import deque
from collections.abc import AsyncIterator
from enum import Enum
from typing import NamedTuple

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from shared.service.errors import Invalid
from shared.web.streamed import Bounds, parts

BOUNDS = Bounds(most=128 * 2**20, least_rate=16 * 1024)
"""Of a whole form. How large one file may be, the service says that takes it."""
MULTIPART = "multipart/form-data"


class _Kind(Enum):
    BEGUN, HEADER, VALUE, HEADER_ENDED, DATA, ENDED = range(6)


class Part(NamedTuple):
    """A field of a form, or a file: then it has a name, which is empty where none was chosen."""

    name: str
    file_name: str | None
    content: AsyncIterator[bytes]


class Multipart:
    """The parts of a form, one after the other. What of a part is not read is passed over."""

    def __init__(self, request: Request) -> None:
        _, options = parse_options_header(request.headers.get("content-type"))
        if not options.get(b"boundary"):
            raise unreadable()
        self._tokens: deque[tuple[_Kind, bytes]] = deque()
        self._arriving = parts(request, BOUNDS)
        self._is_in_part = False
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": lambda: self._note(_Kind.BEGUN),
                    "on_header_field": lambda data, start, end: self._note(_Kind.HEADER, data[start:end]),
                    "on_header_value": lambda data, start, end: self._note(_Kind.VALUE, data[start:end]),
                    "on_header_end": lambda: self._note(_Kind.HEADER_ENDED),
                    "on_part_data": lambda data, start, end: self._note(_Kind.DATA, data[start:end]),
                    "on_part_end": lambda: self._note(_Kind.ENDED),
                },
            )
        except MultipartParseError:
            raise unreadable() from None

    def _note(self, kind: _Kind, data: bytes = b"") -> None:
        self._tokens.append((kind, data))

    async def _next(self) -> tuple[_Kind, bytes] | None:
        while not self._tokens:
            arrived = await anext(self._arriving, None)
            if arrived is None:
                return None
            try:
                self._parser.write(arrived)
            except MultipartParseError:
                raise unreadable() from None
        return self._tokens.popleft()

    async def parts(self) -> AsyncIterator[Part]:
        """The parts. Raises `Invalid` for what is no such form, or breaks off."""
        while (token := await self._next()) is not None:
            if token[0] is not _Kind.BEGUN:
                raise unreadable()
            self._is_in_part = True
            yield await self._part()
            while self._is_in_part:
                await self._data()

    async def _part(self) -> Part:
        """The part that begins: its name and its file's name stand in a header before its content."""
        header, value, disposition = b"", b"", b""
        while self._tokens or self._is_in_part:
            if self._tokens and self._tokens[0][0] in (_Kind.DATA, _Kind.ENDED):
                break
            token = await self._next()
            if token is None:
                raise broken_off()
            match token:
                case _Kind.HEADER, data:
                    header += data
                case _Kind.VALUE, data:
                    value += data
                case _Kind.HEADER_ENDED, _:
                    if header.lower() == b"content-disposition":
                        disposition = value
                    header, value = b"", b""
        _, options = parse_options_header(disposition)
        file_name = options.get(b"filename")
        return Part(
            _decoded(options.get(b"name", b"")),
            None if file_name is None else _decoded(file_name),
            self._content(),
        )

    async def _content(self) -> AsyncIterator[bytes]:
        while self._is_in_part:
            if data := await self._data():
                yield data

    async def _data(self) -> bytes:
        """The next piece of the part; empty where the part has ended."""
        token = await self._next()
        if token is None:
            raise broken_off()
        if token[0] is _Kind.ENDED:
            self._is_in_part = False
        return token[1]


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def unreadable() -> Invalid:
    """The error of what is no form."""
    return Invalid("表单无法读取，请刷新页面后重试", "this form cannot be read: load the page again")


def broken_off() -> Invalid:
    """The error of a form that does not come to its end."""
    return Invalid("上传中断，文件不完整，请重新选择文件", "the upload broke off: choose the file again")
