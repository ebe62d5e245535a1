"""How a page of a list is answered: times in the city's zone, the next cursor, a count where one is asked."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Response

from services.desks.finding.queries import MOST_COUNTED
from services.desks.rows.cases import Row
from shared.web.paging import Page, cursor
from shared.web.request import json


def answer(page: Page, rows: list[Row], sort: str, id_: str, zone: ZoneInfo, **more: Any) -> Response:
    """The rows of a page; `rows` has one more where there is a next page. `id_` names the id of a row."""
    shown, after = rows[: page.limit], None
    if len(rows) > page.limit:
        last = shown[-1]
        after = cursor([sort, last["position"], last[id_]])
    items = [
        {name: value for name, value in row.items() if name != "position"} for row in in_zone(shown, zone)
    ]
    return json({"items": items, "next": after, **more})


def in_zone(rows: Iterable[Row], zone: ZoneInfo) -> list[Row]:
    """Rows with their moments in a time zone."""
    return [
        {
            name: value.astimezone(zone) if isinstance(value, datetime) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def counted(value: int) -> dict[str, Any]:
    """A count, capped."""
    return {"value": min(value, MOST_COUNTED), "more": value > MOST_COUNTED}
