"""Files that people choose on pages, handed on to intake as they arrive, one after the other."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.requests import Request

from services.desks.pages.calls import Mistake, Refused, mistakes_of
from services.desks.pages.forms import FILES, Form
from services.desks.pages.multipart import Part
from services.desks.pages.routing import calls_in
from services.desks.pages.viewer import Viewer
from shared.service.errors import Unavailable

MOST_NAME = 1_300
"""The header of a name has 4,000 characters; in it a Chinese character takes nine."""
NONE_CHOSEN = Mistake(FILES, "请选择文件", "choose a file")


class Place(NamedTuple):
    """Where files go: the route of intake, as whom, and the headers that open it."""

    viewer: Viewer | None
    path: str
    headers: dict[str, str]


async def hand_over(
    request: Request, form: Form, files: AsyncIterator[Part], place: Place
) -> tuple[int, list[Mistake]]:
    """How many files were taken, and why others were not. By a key of its own each is taken once."""
    taken, mistakes, number = 0, [], 0
    async for file in files:
        number += 1
        named = quote((file.file_name or "")[-MOST_NAME:], safe="")[-4_000:]
        headers = {"idempotency-key": f"form {form.once} {number}", "file-name": named, **place.headers}
        try:
            await calls_in(request).upload(place.viewer, "intake", place.path, file.content, headers)
        except (Refused, Unavailable) as error:
            mistakes += _of_file(error, file.file_name or "")
        else:
            taken += 1
    return taken, mistakes


def _of_file(error: Refused | Unavailable, name: str) -> list[Mistake]:
    """What is wrong with a file, with its name; at the field in which it was chosen."""
    refused = error.mistakes if isinstance(error, Refused) else mistakes_of(error)
    return [
        replace(mistake, field=FILES, zh=f"{name}：{mistake.zh}", en=f"{name}: {mistake.en}")
        for mistake in refused
    ]


async def limits(request: Request) -> dict[str, Any] | None:
    """Which files are taken; None where intake does not answer or takes none."""
    try:
        answer: dict[str, Any] = await calls_in(request).get(None, "intake", "/attachment-limits")
    except (Refused, Unavailable):
        return None
    return {**answer, "megabytes": f"{answer['most_bytes'] / 2**20:.4g}"} if answer["open"] else None
