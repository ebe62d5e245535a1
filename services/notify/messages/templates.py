"""How messages are written: the templates of one language, sandboxed, with their filters."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import jinja2
from jinja2 import meta
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, RootModel

from services.notify.domain import CaseDocument
from services.notify.messages.words import Language, Speech
from shared.rules.pack.strict_yaml import Place

FOLDER = Path(__file__).parent
Text = Annotated[str, Field(min_length=1)]
PARTS = ("subject", "body")


class Template(BaseModel):
    """What is written. Beside the event's fields it knows `matter`, and to a unit or a bank `addressee`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: Text
    body: Text

    def render(self, known: dict[str, Any], file: CaseDocument, speech: Speech) -> tuple[str, str]:
        """Subject and body, for the case of `file`."""
        fields = known | {"_file": file, "_speech": speech}
        return _compiled(self.subject).render(fields), _compiled(self.body).render(fields)

    def variables(self) -> Iterator[tuple[str, str]]:
        """The part and name of everything it asks for."""
        for part in PARTS:
            for name in sorted(meta.find_undeclared_variables(ENVIRONMENT.parse(getattr(self, part)))):
                yield part, name


class Texts(RootModel[dict[str, Template]]):
    """The templates of one language, by name."""

    model_config = ConfigDict(frozen=True)


def file_of(language: Language) -> str:
    """The file's name of a language's templates."""
    return f"templates.{language}.yaml"


def unreadable(texts: Texts) -> Iterator[tuple[Place, str]]:
    """What is no template."""
    for name, template in texts.root.items():
        for part in PARTS:
            try:
                _compiled(getattr(template, part))
            except jinja2.TemplateSyntaxError as error:
                yield (name, part), f"is no template: {error.message}"


@jinja2.pass_context
def _limit_name(context: Context, deadline: str) -> str:
    title = context.get("title")
    speech: Speech = context["_speech"]
    return speech.limit_name(deadline, title if isinstance(title, dict) else {})


@jinja2.pass_context
def _unit_name(context: Context, code: str | None) -> str:
    file: CaseDocument = context["_file"]
    speech: Speech = context["_speech"]
    return speech.unit(file.unit_name(code))


@jinja2.pass_context
def _bank_name(context: Context, code: str) -> str:
    file: CaseDocument = context["_file"]
    return file.bank_name(code)


@jinja2.pass_context
def _bank_names(context: Context, legs: Iterable[Any]) -> str:
    speech: Speech = context["_speech"]
    return speech.joined(leg.bank_name or leg.bank for leg in legs)


@jinja2.pass_context
def _recipient_name(context: Context, recipient: str) -> str:
    file: CaseDocument = context["_file"]
    speech: Speech = context["_speech"]
    return addressee(recipient, file, speech)


def addressee(recipient: str, file: CaseDocument, speech: Speech) -> str:
    """Who a recipient is, in words."""
    kind, _, code = recipient.partition(":")
    if kind == "bank":
        return file.bank_name(code)
    if kind in ("unit", "head"):
        name = speech.unit(file.unit_name(code))
        return speech.head(name) if kind == "head" else name
    return speech.word(kind)


def _spoken(name: str) -> Callable[..., str]:
    """A filter that the recipient's `Speech` answers."""

    @jinja2.pass_context
    def spoken(context: Context, value: Any) -> str:
        told: str = getattr(context["_speech"], name)(value)
        return told

    return spoken


ENVIRONMENT = SandboxedEnvironment(undefined=jinja2.StrictUndefined)
ENVIRONMENT.filters |= {
    **{
        name: _spoken(name)
        for name in (
            *("word", "span", "due", "days", "day", "parts", "bare"),
            *("stage_name", "level_name", "ground_name", "destination"),
        )
    },
    "limit_name": _limit_name,
    "unit_name": _unit_name,
    "bank_name": _bank_name,
    "bank_names": _bank_names,
    "recipient_name": _recipient_name,
}
_compiled = cache(ENVIRONMENT.from_string)
