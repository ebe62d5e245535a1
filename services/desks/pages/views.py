"""The views of a work list: each is a filter, and its number is that of its rows."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from services.desks.pages.calls import Calls
from services.desks.pages.phrases import SOON_DAYS, Phrases
from services.desks.pages.viewer import Viewer


class View(NamedTuple):
    """A view: its name in addresses, its sign and words, and the colour of its number."""

    key: str
    sign: str
    zh: str
    en: str
    kind: str = ""


VIEWS = {
    view.key: view
    for view in (
        View("overdue", "■", "已超期", "Overdue", "over"),
        View("today", "◆", "今日到期", "Due today", "today"),
        View("soon", "◔", "三天内", "Within three days"),
        View("all", "●", "全部在办", "All"),
        View("paused", "‖", "已暂停", "Paused"),
    )
}


def query_of(view: View, phrases: Phrases) -> dict[str, str]:
    """The query of the list behind a view."""
    midnight = _midnight(phrases)
    match view.key:
        case "overdue":
            return {"overdue": "true", "paused": "false"}
        case "today":
            return {"overdue": "false", "due_before": _shown(midnight + timedelta(days=1))}
        case "soon":
            return {"overdue": "false", "due_before": _shown(midnight + timedelta(days=1 + SOON_DAYS))}
        case "paused":
            return {"paused": "true"}
        case _:
            return {}


async def counts_of(calls: Calls, viewer: Viewer, phrases: Phrases) -> dict[str, Any]:
    """How many rows each view has."""
    answers = await asyncio.gather(
        *(
            calls.get(viewer, "desks", "/legs", count="true", limit=1, **query_of(view, phrases))
            for view in VIEWS.values()
        )
    )
    return {view.key: answer["count"] for view, answer in zip(VIEWS.values(), answers, strict=True)}


def _midnight(phrases: Phrases) -> datetime:
    return phrases.now.astimezone(phrases.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _shown(moment: datetime) -> str:
    """Just after midnight, since what is due at 24:00 belongs to the day before."""
    return (moment + timedelta(seconds=1)).isoformat()
