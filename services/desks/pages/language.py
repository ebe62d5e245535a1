"""The language and the senior mode of a page: chosen by a link, kept in a cookie."""

from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

from services.desks.people.cookies import HOST_PREFIX, named

LANGUAGE, SENIOR = "huying-language", "huying-senior"
KEPT_S = 365 * 86_400


class Language(StrEnum):
    """The languages of pages."""

    ZH = "zh-CN"
    EN = "en"


def chosen_language(request: Request) -> Language:
    """The language that the person chose; else English for browsers that do not read Chinese."""
    chosen = kept(request, LANGUAGE)
    if chosen in list(Language):
        return Language(chosen)
    accepted = request.headers.get("accept-language", "zh").lower()
    return Language.EN if accepted and "zh" not in accepted and "*" not in accepted else Language.ZH


def is_senior(request: Request) -> bool:
    """Whether pages are shown large, in one column (长者模式)."""
    return kept(request, SENIOR) == "1"


def say(language: Language, zh: str, en: str) -> str:
    """The text in the language."""
    return en if language is Language.EN else zh


def kept(request: Request, name: str) -> str | None:
    """A choice that the browser keeps, from before TLS was on too."""
    return request.cookies.get(HOST_PREFIX + name) or request.cookies.get(name)


def keep(answer: Response, name: str, value: str, *, secure: bool) -> None:
    """Keep a choice for a year."""
    name = named(name, secure=secure)
    answer.set_cookie(name, value, KEPT_S, path="/", secure=secure, httponly=True, samesite="lax")
