"""How a page is made: templates, words, times in the city's zone, links that keep the language."""

import math
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from huying.console.words import SERVICES, Language, say, service_name

ROOT = "/ops"
LEAST = 0.001
"""Less is shown as nothing."""
TABS = (
    ("map", ""),
    ("traces", "traces"),
    ("figures", "figures"),
    ("progress", "progress"),
    ("parked", "parked"),
)
LIVE = frozenset({"map", "figures", "progress"})
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self';"
    " connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
STATIC = {"console.css": "text/css", "console.js": "text/javascript"}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("huying.console", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["length_of"] = length_of
    return made


@cache
def static(name: str) -> str:
    """A file of the pages."""
    return (Path(__file__).parent / "pages" / name).read_text("utf-8")


def page(name: str, language: Language, zone: ZoneInfo, query: dict[str, str], **shown: Any) -> Response:
    """The page `name` with what it shows; `query` is what its address asked."""

    def link(path: str, **asked: Any) -> str:
        return address(path, language, **asked)

    def moment(at: datetime) -> str:
        return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")

    def moment_ns(at_ns: int) -> str:
        return moment(from_ns(at_ns)) + f".{at_ns // 1_000_000 % 1000:03d}"

    environment = _environment().overlay()
    environment.filters |= {
        "moment": moment,
        "moment_ns": moment_ns,
        "clock": lambda at: at.astimezone(zone).strftime("%H:%M:%S"),
    }
    path = shown.pop("path", dict(TABS).get(name, name))
    html = environment.get_template(f"{shown.pop('template', name)}.html").render(
        page=name,
        lang=language,
        root=ROOT,
        tabs=TABS,
        live=name in LIVE,
        link=link,
        other_language=address(path, "zh" if language == "en" else "en", **query),
        t=lambda key: say(key, language),
        name=lambda code: service_name(code, language),
        number=number,
        rate=lambda value: "–" if value is None else f"{number(value)}{say('per_s', language)}",
        colour=colour,
        **shown,
    )
    return HTMLResponse(html, headers=HEADERS)


def address(path: str, language: Language, **asked: Any) -> str:
    """A page's address with its query, in a language."""
    query = {name: str(value) for name, value in asked.items() if value not in ("", None, False)}
    if language == "en":
        query["lang"] = "en"
    return f"{ROOT}/{quote(path)}" + (f"?{urlencode(query)}" if query else "")


def from_ns(at_ns: int) -> datetime:
    """A span's time; one that no calendar has is the last that it has."""
    return datetime.fromtimestamp(min(at_ns / 1e9, 250_000_000_000), UTC)


def colour(service: str) -> int:
    """The colour of a service, 0 to 4; 5 for one that is not ours."""
    codes = list(SERVICES)
    return codes.index(service) if service in codes else len(codes)


def length_of(ns: float) -> str:
    """A length of time, short: 12.3 ms, 4.56 s, 2 min 3 s, 5 h 10 min."""
    if ns < 1_000_000:
        return f"{ns / 1000:.0f} µs"
    if ns < 1_000_000_000:
        return f"{ns / 1e6:.3g} ms"
    if ns < 60_000_000_000:
        return f"{ns / 1e9:.3g} s"
    minutes, seconds = divmod(round(ns / 1e9), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def number(value: float | None) -> str:
    """A figure, short."""
    if value is None or not math.isfinite(value):
        return "–"
    if value >= 1_000_000:
        return f"{value / 1_000_000:.3g}M"
    if value >= 10_000:
        return f"{value / 1000:.3g}k"
    if 0 < value < LEAST:
        return "0"
    return (
        f"{value:.0f}"
        if value >= 100 or value == int(value)
        else f"{value:.2g}"
        if value < 1
        else f"{value:.3g}"
    )
