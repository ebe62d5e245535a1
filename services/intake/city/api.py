"""The tables of the city over HTTP, and what came in by which channel."""

from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.intake.city import queries
from services.intake.city.answers import CategoryShown, ChannelCounted, ChannelShown
from services.intake.resources import city_tables
from shared.judging.rulebook import rulebook
from shared.service.errors import Invalid
from shared.web.answers import Items
from shared.web.request import Called, Reading, Requested, json

router = APIRouter(tags=["intake"])


@router.get("/categories", summary="诉求分类 / Categories of appeals", response_model=Items[CategoryShown])
async def categories(request: Requested) -> Response:
    """The city's categories from the top level down; one is written by its code or its Chinese name."""
    items = [
        {
            "code": category.code,
            "level": category.level,
            "parent": category.parent,
            "zh": category.zh[-1],
            "en": category.en[-1],
            "path": category.path,
        }
        for category in city_tables(request.context).categories.all
    ]
    return json({"items": items})


@router.get("/channels", summary="渠道 / Channels", response_model=Items[ChannelShown])
async def channels(request: Requested) -> Response:
    """The city's channels. Anyone may register over those that are open to all, clerks over every one."""
    rows = city_tables(request.context).channels.all
    return json({"items": [row.model_dump(mode="json", by_alias=True) for row in rows]})


@router.get(
    "/channels/statistics",
    summary="分渠道统计 / Appeals by channel",
    response_model=Items[ChannelCounted],
)
async def statistics(
    conn: Reading,
    called: Called,
    request: Requested,
    since: Annotated[date, Query()],
    until: Annotated[date, Query()],
) -> Response:
    """Appeals that came in from the day `since` to the day `until`, both counted, by channel."""
    if until < since:
        raise Invalid("结束日期早于开始日期", "the period ends before it begins", "until")
    zone, sight = request.context.zone, rulebook(request.context).sight(called.role)
    begins = datetime.combine(since, time(), zone)
    ends = datetime.combine(until + timedelta(days=1), time(), zone)
    counted = await queries.by_channel(conn, sight, begins, ends)
    rows = {row.code: row for row in city_tables(request.context).channels.all}
    none = dict.fromkeys(queries.COUNTED, 0)
    items = [
        {
            "code": code,
            "zh": rows[code].zh if code in rows else code,
            "en": rows[code].en if code in rows else code,
            "class": rows[code].channel_class if code in rows else None,
            **counted.get(code, none),
        }
        for code in dict.fromkeys([*rows, *sorted(counted)])
    ]
    return json({"items": items})
