"""A page of a list, and the cursor of the page after it."""

import base64
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Depends, Query, Response

from shared.service.errors import Invalid
from shared.web.request import json

MOST = 500
LARGEST = 2**63 - 1  # a bigint of the database


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: `limit` items after a position, or the first ones where `after` is None."""

    after: list[Any] | None
    limit: int

    @property
    def after_text(self) -> str:
        """The position where the list is ordered by one text; empty for the first page."""
        return str(self.after[0]) if self.after else ""

    def answer(self, rows: list[dict[str, Any]], *position: str) -> Response:
        """The items and the next cursor. `rows` has up to `limit + 1` items, ordered by `position`."""
        return json({"items": rows[: self.limit], "next": self.after_last(rows, *position)})

    def after_last(self, rows: list[dict[str, Any]], *position: str) -> str | None:
        """The cursor of the page after this one; None where this is the last."""
        if len(rows) <= self.limit:
            return None
        return cursor([rows[self.limit - 1][name] for name in position])


def cursor(position: list[Any]) -> str:
    """The cursor of a position: integers and texts."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode()


async def page(
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> Page:
    """The page that the query asks for. Refuses (`Invalid`) a cursor that no page gave."""
    return Page(position(cursor, "cursor"), limit)


def position(cursor: str | None, parameter: str) -> list[Any] | None:
    """The position that a cursor names; None without one. Refuses (`Invalid`) what cannot be read."""
    if cursor is None:
        return None
    try:
        after = orjson.loads(base64.urlsafe_b64decode(cursor))
    except ValueError:
        after = None
    if not isinstance(after, list) or not after or not all(map(_is_position, after)):
        raise no_cursor(parameter)
    return after


def no_cursor(parameter: str = "cursor") -> Invalid:
    """The refusal of a cursor that no page gave."""
    return Invalid(
        "游标无效：请不带 cursor，从头读取", "this cursor is none of ours: start without one", parameter
    )


def _is_position(part: Any) -> bool:
    return (isinstance(part, int) and abs(part) <= LARGEST) or (isinstance(part, str) and part.isprintable())


Paged = Annotated[Page, Depends(page)]
