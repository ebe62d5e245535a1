"""Forms: what a page was sent, what is wrong with it, and how a page keeps what was typed."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.requests import Request

from services.desks.pages.calls import Mistake, Refused, mistakes_of
from services.desks.pages.multipart import MULTIPART, Multipart, Part, unreadable
from services.desks.people.sessions import check_own_page
from shared.service.errors import HuyingError, TooLarge, Unsupported
from shared.web.arriving import LIMIT, BodyBounds, read_bounded

ONCE, VERSION = "once", "version"
"""Hidden fields: the key of the form, by which a second click counts as the first, and the version seen."""
SHOWN_AGAIN = "shown_again"
"""A hidden field of a form that comes back after signing in: it is shown as it was typed, and not sent on."""
FILES = "files"
"""The field in which files are chosen. A form that is sent without its files has their names there."""
MOST_FIELDS = 200
PASSWORDS = ("password", "old", "new", "repeated")
"""Fields that count as they were typed, with blanks at their ends."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed, by the name of the field, and what is wrong with it.

    `lost_files`: files came with it, which a browser does not send twice.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    many: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()
    lost_files: bool = False

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a field that may be chosen several times."""
        return self.many.get(name, ())

    @property
    def once(self) -> str:
        """The key of the form: the one it came with, or a new one."""
        return self.values.get(ONCE) or uuid4().hex

    def headers(self) -> dict[str, str]:
        """The headers of the act: its key, and the version it was decided on."""
        headers = {"idempotency-key": f"form {self.once}"}
        if version := self.values.get(VERSION):
            headers["if-match"] = f'"{version}"'
        return headers

    def wrong(self, name: str) -> list[Mistake]:
        """What is wrong with a field."""
        return [mistake for mistake in self.mistakes if mistake.field == name]

    def refused(self, error: Refused | HuyingError, names: Mapping[str, str] | None = None) -> "Form":
        """The form with what was refused, at the page's fields; `names` has them by those of the service."""
        mistakes = error.mistakes if isinstance(error, Refused) else mistakes_of(error)
        known = names or {}
        return replace(
            self,
            mistakes=tuple(
                replace(mistake, field=known.get(mistake.field, mistake.field)) for mistake in mistakes
            ),
        )

    def kept(self) -> list[tuple[str, str]]:
        """The fields as they were sent, passwords left out, for hidden fields of a page that keeps them."""
        return [(name, value) for name in self.many if name not in PASSWORDS for value in self.all(name)]

    def with_mistakes(self, *mistakes: Mistake) -> "Form":
        return replace(self, mistakes=mistakes)

    def again(self) -> "Form":
        """The form with a new key and no version, for what is sent anew on what is there now."""
        return replace(self, values={**self.values, ONCE: uuid4().hex, VERSION: ""})


EMPTY = Form()


async def read_form(request: Request) -> Form:
    """What a page of ours was sent; files that come with it are passed over.

    Raises `Forbidden` for another site's, `Invalid` for what is no form.
    """
    form, files = await read_upload(request)
    return await without_files(form, files)


async def without_files(form: Form, files: AsyncIterator[Part]) -> Form:
    """The form where its files are not taken; they are read to their end, or no browser reads the answer."""
    async for _ in files:
        form = replace(form, lost_files=True)
    return form


async def read_upload(request: Request) -> tuple[Form, AsyncIterator[Part]]:
    """What a page of ours was sent, and the files with it as they arrive. Pages put files last in a form."""
    check_own_page(request, None)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == MULTIPART:
        pairs, files = await _fields_before_files(request)
    elif kind == "application/x-www-form-urlencoded":
        pairs, files = await _typed(request), _none()
    else:
        raise Unsupported("表单格式不对，请用本站页面提交", "send this from a page of ours", "Content-Type")
    form = _form_of(pairs)
    request.state.shown_again = bool(form[SHOWN_AGAIN])
    kept = {name: values for name, values in form.many.items() if name not in (SHOWN_AGAIN, FILES)}
    form = Form({name: values[-1] for name, values in kept.items()}, kept, lost_files=bool(form[FILES]))
    request.state.form = form
    return form, files


def _form_of(pairs: list[tuple[str, str]]) -> Form:
    many: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        typed = value if name in PASSWORDS else value.replace("\r\n", "\n").strip()
        many[name] = (*many.get(name, ()), typed)
    return Form({name: values[-1] for name, values in many.items()}, many)


async def _typed(request: Request) -> list[tuple[str, str]]:
    content = await read_bounded(request, BodyBounds())
    try:
        return parse_qsl(
            content.decode(), keep_blank_values=True, strict_parsing=False, max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise unreadable() from None


async def _fields_before_files(request: Request) -> tuple[list[tuple[str, str]], AsyncIterator[Part]]:
    pairs: list[tuple[str, str]] = []
    size, arriving = 0, Multipart(request).parts()
    async for part in arriving:
        if part.file_name is not None:
            return pairs, _files(part, arriving)
        content = b""
        async for data in part.content:
            size += len(data)
            if size > LIMIT:
                raise TooLarge("填写的内容过长", "what was typed is too long")
            content += data
        pairs.append((part.name, content.decode("utf-8", "replace")))
        if len(pairs) > MOST_FIELDS:
            raise unreadable()
    return pairs, _none()


async def _files(first: Part, arriving: AsyncIterator[Part]) -> AsyncIterator[Part]:
    """The files that were chosen. A browser sends a part without a name where none was."""
    if first.file_name:
        yield first
    async for part in arriving:
        if part.file_name:
            yield part


async def _none() -> AsyncIterator[Part]:
    return
    yield
