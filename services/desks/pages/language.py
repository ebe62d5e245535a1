"""The language and the senior mode of a page: chosen by a link, kept in a cookie."""

from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

LANGUAGE, SENIOR = "huying-language", "huying-senior"
KEPT_S = 365 * 86_400


class Language(StrEnum):
    """The languages of pages."""

    ZH = "zh-CN"
    EN = "en"


def chosen_language(request: Request) -> Language:
    """The language that the person chose; else English for browsers that do not read Chinese."""
    chosen = request.cookies.get(LANGUAGE)
    if chosen in list(Language):
        return Language(chosen)
    accepted = request.headers.get("accept-language", "zh").lower()
    return Language.EN if accepted and "zh" not in accepted and "*" not in accepted else Language.ZH


def is_senior(request: Request) -> bool:
    """Whether pages are shown large, in one column (长者模式)."""
    return request.cookies.get(SENIOR) == "1"


def say(language: Language, zh: str, en: str) -> str:
    """The text in the language."""
    return en if language is Language.EN else zh


def keep(answer: Response, name: str, value: str, *, secure: bool) -> None:
    """Keep a choice for a year."""
    answer.set_cookie(name, value, KEPT_S, path="/", secure=secure, httponly=True, samesite="lax")
