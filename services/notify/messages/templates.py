"""The templates of messages in one language, rendered in a sandbox, with their filters."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import jinja2
from jinja2 import meta
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, RootModel

from services.notify.document import CaseDocument
from services.notify.messages.speech import Speech
from services.notify.messages.words import Language
from shared.files.yaml_mistakes import Place

FOLDER = Path(__file__).parent
NonEmpty = Annotated[str, Field(min_length=1)]
PARTS = ("subject", "body")


class Template(BaseModel):
    """Subject and body of a message.

    Its variables are the fields of the event, `matter`, and for a unit or a bank also `addressee`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: NonEmpty
    body: NonEmpty

    def render(self, fields: dict[str, Any], case: CaseDocument, speech: Speech) -> tuple[str, str]:
        """Subject and body, with these values of its variables."""
        variables = fields | {"_case": case, "_speech": speech}
        return _compiled(self.subject).render(variables), _compiled(self.body).render(variables)

    def variables(self) -> Iterator[tuple[str, str]]:
        """The variables it uses: part of the template, and name."""
        for part in PARTS:
            for name in sorted(meta.find_undeclared_variables(ENVIRONMENT.parse(getattr(self, part)))):
                yield part, name


class Texts(RootModel[dict[str, Template]]):
    """The templates of one language, by name."""

    model_config = ConfigDict(frozen=True)


def file_of(language: Language) -> str:
    """The name of the file with a language's templates."""
    return f"templates.{language}.yaml"


def syntax_mistakes(texts: Texts) -> Iterator[tuple[Place, str]]:
    """The templates that cannot be compiled."""
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
    case: CaseDocument = context["_case"]
    speech: Speech = context["_speech"]
    return speech.unit(case.unit_name(code))


@jinja2.pass_context
def _bank_name(context: Context, code: str) -> str:
    case: CaseDocument = context["_case"]
    return case.bank_name(code)


@jinja2.pass_context
def _bank_names(context: Context, legs: Iterable[Any]) -> str:
    speech: Speech = context["_speech"]
    return speech.joined(leg.bank_name or leg.bank for leg in legs)


@jinja2.pass_context
def _recipient_name(context: Context, recipient: str) -> str:
    case: CaseDocument = context["_case"]
    speech: Speech = context["_speech"]
    return addressee(recipient, case, speech)


def addressee(recipient: str, case: CaseDocument, speech: Speech) -> str:
    """The name of a recipient."""
    kind, _, code = recipient.partition(":")
    if kind == "bank":
        return case.bank_name(code)
    if kind in ("unit", "head"):
        name = speech.unit(case.unit_name(code))
        return speech.head(name) if kind == "head" else name
    return speech.word(kind)


def _speech_filter(name: str) -> Callable[..., str]:
    """A filter that calls this method of the recipient's `Speech`."""

    @jinja2.pass_context
    def speech_filter(context: Context, value: Any) -> str:
        words: str = getattr(context["_speech"], name)(value)
        return words

    return speech_filter


ENVIRONMENT = SandboxedEnvironment(undefined=jinja2.StrictUndefined)
ENVIRONMENT.filters |= {
    **{
        name: _speech_filter(name)
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


@cache
def _compiled(source: str) -> jinja2.Template:
    """The template, with its globals as a plain dict: Jinja copies them at each rendering."""
    template = ENVIRONMENT.from_string(source)
    template.globals = dict(template.globals)
    return template
