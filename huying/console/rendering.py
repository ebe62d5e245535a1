"""Renders pages: templates, words in two languages, times in the city's zone, links in one language."""

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
from shared.web.pages import hashes_of_styles

ROOT = "/ops"
LEAST = 0.001
"""Smaller numbers are shown as 0."""
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
    "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self';"
    " img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
STATIC = {"console.css": "text/css", "console.js": "text/javascript"}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("huying.console", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["length_of"] = length_of
    return environment


@cache
def static(name: str) -> str:
    """A static file of the pages."""
    return (Path(__file__).parent / "pages" / name).read_text("utf-8")


def page(name: str, language: Language, zone: ZoneInfo, query: dict[str, str], **values: Any) -> Response:
    """The page `name`, rendered with `values`; `query` is the query of its address."""

    def link(path: str, **query: Any) -> str:
        return address(path, language, **query)

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
    path = values.pop("path", dict(TABS).get(name, name))
    html = environment.get_template(f"{values.pop('template', name)}.html").render(
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
        **values,
    )
    answer = HTMLResponse(html, headers=HEADERS)
    styles = "" if "<style>" not in html else hashes_of_styles(html)
    answer.headers["content-security-policy"] += f"; style-src 'self' {styles}"
    return answer


def address(path: str, language: Language, **parameters: Any) -> str:
    """The address of a page with its query, in a language."""
    query = {name: str(value) for name, value in parameters.items() if value not in ("", None, False)}
    if language == "en":
        query["lang"] = "en"
    return f"{ROOT}/{quote(path)}" + (f"?{urlencode(query)}" if query else "")


def from_ns(at_ns: int) -> datetime:
    """The time of a span in nanoseconds since 1970, capped at the latest that a datetime can hold."""
    return datetime.fromtimestamp(min(at_ns / 1e9, 250_000_000_000), UTC)


def colour(service: str) -> int:
    """The colour of a service, 0 to 4; 5 for an unknown one."""
    codes = list(SERVICES)
    return codes.index(service) if service in codes else len(codes)


def length_of(ns: float) -> str:
    """A duration, short: 12.3 ms, 4.56 s, 2 min 3 s, 5 h 10 min."""
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
    """A number, short: 12.3k, 4.56M."""
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
