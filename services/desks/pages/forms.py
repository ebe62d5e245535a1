"""Forms: what a page was sent, what is wrong with it, and how a page keeps what was typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.requests import Request

from services.desks.pages.calls import Mistake, Refused, mistakes_of
from services.desks.people.sessions import check_own_page
from shared.service.errors import HuyingError, Invalid, Unsupported
from shared.web.arriving import BodyBounds, read_bounded

ONCE, VERSION = "once", "version"
"""Hidden fields: the key of the form, by which a second click counts as the first, and the version seen."""
MOST_FIELDS = 200
PASSWORDS = ("password", "old", "new", "repeated")
"""Fields that count as they were typed, with blanks at their ends."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed, by the name of the field, and what is wrong with it."""

    values: Mapping[str, str] = field(default_factory=dict)
    many: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

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

    def with_mistakes(self, *mistakes: Mistake) -> "Form":
        return replace(self, mistakes=mistakes)

    def again(self) -> "Form":
        """The form with a new key and no version, for what is sent anew on what is there now."""
        return replace(self, values={**self.values, ONCE: uuid4().hex, VERSION: ""})


EMPTY = Form()


async def read_form(request: Request) -> Form:
    """What a page of ours was sent. Raises `Forbidden` for another site's, `Invalid` for what is no form."""
    check_own_page(request, None)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Unsupported("表单格式不对，请用本站页面提交", "send this from a page of ours", "Content-Type")
    content = await read_bounded(request, BodyBounds())
    try:
        pairs = parse_qsl(
            content.decode(), keep_blank_values=True, strict_parsing=False, max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise Invalid(
            "表单无法读取，请刷新页面后重试", "this form cannot be read: load the page again"
        ) from None
    many: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        typed = value if name in PASSWORDS else value.replace("\r\n", "\n").strip()
        many[name] = (*many.get(name, ()), typed)
    return Form({name: values[-1] for name, values in many.items()}, many)
