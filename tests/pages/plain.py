"""A browser without script, style and pictures: opens pages, fills in their forms and sends them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

import httpx

from shared.roles import AccountRole
from tests.pages.desks import DesksCity

CHOSEN_KINDS = frozenset({"radio", "checkbox", "option"})
NEVER_SENT = frozenset({"submit", "button", "reset", "file"})


@dataclass
class Control:
    """A field of a form, or one of the values that a field may have."""

    name: str
    kind: str
    value: str
    is_sent: bool = True


@dataclass
class Button:
    """What sends a form: its own field, and its words."""

    name: str
    value: str
    words: str = ""


@dataclass
class PageForm:
    """A form as the page has it."""

    path: str
    method: str
    controls: list[Control] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)

    def named(self, name: str) -> list[Control]:
        return [control for control in self.controls if control.name == name]

    def fill(self, name: str, *values: str) -> None:
        """Type a text, or choose values. AssertionError for a field or a value that the form has not."""
        controls = self.named(name)
        assert controls, f"no field {name} in {sorted({control.name for control in self.controls})}"
        if controls[0].kind not in CHOSEN_KINDS:
            controls[0].value = values[0]
            return
        missing = set(values) - {control.value for control in controls}
        assert not missing, f"{name} has no {missing}, but {[control.value for control in controls]}"
        for control in controls:
            control.is_sent = control.value in values

    def typed(self, name: str) -> list[str]:
        """What would be sent of a field."""
        return [control.value for control in self.named(name) if control.is_sent]

    def pairs(self, button: Button) -> list[tuple[str, str]]:
        """What is sent by a button."""
        pairs = [(each.name, each.value) for each in self.controls if each.is_sent and each.name]
        return [*pairs, (button.name, button.value)] if button.name else pairs


class _Reader(HTMLParser):
    """Reads links and forms; a field may name by `form` another one than that around it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.forms: list[PageForm] = []
        self._by_id: dict[str, PageForm] = {}
        self._elsewhere: list[tuple[str, Control]] = []
        self._form: PageForm | None = None
        self._select = ""
        self._area: Control | None = None
        self._button: Button | None = None
        self._link = ""
        self._words = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attributes}
        match tag:
            case "a":
                self._link, self._words = named.get("href", ""), ""
            case "form":
                self._form = PageForm(named.get("action", ""), named.get("method", "get").upper())
                self.forms.append(self._form)
                self._by_id[named.get("id", "")] = self._form
            case "input" if named.get("type") not in NEVER_SENT:
                kind = named.get("type", "text")
                is_sent = kind not in CHOSEN_KINDS or "checked" in named
                self._add(Control(named.get("name", ""), kind, named.get("value", "on"), is_sent), named)
            case "select":
                self._select = named["name"]
            case "option":
                self._add(Control(self._select, "option", named["value"], "selected" in named), named)
            case "textarea":
                self._area = Control(named["name"], "area", "")
                self._add(self._area, named)
            case "button" if named.get("type") != "button" and self._form is not None:
                self._button = Button(named.get("name", ""), named.get("value", ""))
                self._form.buttons.append(self._button)

    def _add(self, control: Control, named: dict[str, str]) -> None:
        if control.kind == "text" and "value" not in named:
            control.value = ""
        if "form" in named:
            self._elsewhere.append((named["form"], control))
        elif self._form is not None:
            self._form.controls.append(control)

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "a":
                self.links.append((self._link, " ".join(self._words.split())))
            case "form":
                self._form = None
            case "select" if self._form is not None:
                options = self._form.named(self._select)
                if not any(option.is_sent for option in options):
                    options[0].is_sent = True
            case "textarea":
                self._area = None
            case "button":
                self._button = None

    def handle_data(self, data: str) -> None:
        self._words += data
        if self._area is not None:
            self._area.value += data
        if self._button is not None:
            self._button.words += data

    def close(self) -> None:
        super().close()
        for name, control in self._elsewhere:
            self._by_id[name].controls.append(control)


@dataclass
class Shown:
    """A page that came: its text, links and forms."""

    answer: httpx.Response
    links: list[tuple[str, str]]
    forms: list[PageForm]

    @classmethod
    def of(cls, answer: httpx.Response) -> "Shown":
        reader = _Reader()
        reader.feed(answer.text)
        reader.close()
        return cls(answer, reader.links, reader.forms)

    @property
    def text(self) -> str:
        return self.answer.text

    def link(self, words: str, part: str = "") -> str:
        """The address of the link with these words, with `part` in it."""
        paths = [path for path, shown in self.links if words in shown and part in path]
        assert paths, f"no link {words} {part} on {self.answer.url}: {self.links}"
        return paths[0]

    def row(self, number: str, words: str) -> str:
        """The address of a link with these words in the row of a case."""
        rows = [row for row in self.text.split("<article")[1:] if number in row]
        assert rows, f"no row of {number} on {self.answer.url}"
        reader = _Reader()
        reader.feed(rows[0].partition("</article>")[0])
        paths = [path for path, shown in reader.links if words in shown]
        assert paths, f"no link {words} in the row of {number}: {reader.links}"
        return paths[0]

    def form(self, words: str, part: str = "") -> tuple[PageForm, Button]:
        """The form with a button of these words, and that button; `part` is in the form's address."""
        for form in self.forms:
            for button in form.buttons:
                if words in button.words and part in form.path:
                    return form, button
        raise AssertionError(f"no button {words} {part} on {self.answer.url}")


class Plain:
    """The browser of one person."""

    def __init__(
        self, desks: DesksCity, cookies: httpx.Cookies, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._client = httpx.AsyncClient(
            base_url=desks.url, cookies=cookies, timeout=30, follow_redirects=True, transport=transport
        )
        self._origin = {"origin": desks.url}

    @classmethod
    async def of(cls, desks: DesksCity, role: AccountRole, code: str | None = None) -> "Plain":
        """A browser in which a person of this role is signed in."""
        return cls(desks, await desks.session(role, code))

    async def __aenter__(self) -> "Plain":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def open(self, path: str, status: int = 200) -> Shown:
        """Go to a page."""
        return self._shown(await self._client.get(path), status)

    async def send(
        self, shown: Shown, words: str, part: str = "", status: int = 200, **typed: str | Sequence[str]
    ) -> Shown:
        """Fill in the form whose button has these words, and press it."""
        form, button = shown.form(words, part)
        for name, values in typed.items():
            form.fill(name, *([values] if isinstance(values, str) else values))
        content = urlencode(form.pairs(button))
        kind = {"content-type": "application/x-www-form-urlencoded"}
        path = form.path or str(shown.answer.url)
        if form.method == "GET":
            return self._shown(await self._client.get(f"{path}?{content}"), status)
        answer = await self._client.post(path, content=content, headers={**self._origin, **kind})
        return self._shown(answer, status)

    @staticmethod
    def _shown(answer: httpx.Response, status: int) -> Shown:
        assert answer.status_code == status, f"{answer.url}: {answer.status_code} {answer.text[-2500:]}"
        return Shown.of(answer)
