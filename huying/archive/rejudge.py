"""Derives the judge's tables at a rebuild: escalation handles every event again and judges anew."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from huying.archive.databases import Urls
from huying.archive.refill import JUDGE
from huying.archive.rehear import handle_again, read_events
from services.escalation import queries, restore
from services.escalation.app import SERVICE as ESCALATION
from services.escalation.judge import EscalationJudge
from services.escalation.tables import CASES
from services.escalation.work import Work
from shared.judging.rulebook import rulebook
from shared.judging.settings import RulesSettings
from shared.messaging import wire
from shared.messaging.watermarks import save_watermarks
from shared.service.clock import EPOCH, TICK, DrivenClock
from shared.service.errors import HuyingError
from shared.service.service import ServiceContext

CASES_AT_ONCE = 200


def judge_on(url: str, header: Mapping[str, Any]) -> EscalationJudge:
    """The judge on escalation's new database. ValueError where a pack of the city is missing."""
    upto = header["judged_upto"]
    settings = RulesSettings(database=url, clock="driven", partitions=max(len(upto), 1), accounts=None)
    context = ServiceContext(ESCALATION, settings.model_copy(update={"seal_key": None}))
    for ref in header["packs"]:
        try:
            rulebook(context).pack_of(ref)
        except HuyingError as error:
            raise ValueError(
                f"{error}; set HUYING_PACK, HUYING_PROCEDURES and HUYING_PACK_SETTINGS as the city had them"
                " / 请按原城市设置规则包及其参数"
            ) from error
    return EscalationJudge(context, CASES)


async def derive(urls: Urls, judge: EscalationJudge, late: Sequence[UUID], header: Mapping[str, Any]) -> None:
    """Let the judge handle all events, restore what it issued itself, and judge what is due."""
    upto = {int(index): datetime.fromisoformat(at) for index, at in header["judged_upto"].items()}
    at = min(upto.values(), default=EPOCH) + TICK
    for service in ESCALATION.hears:
        await handle_again(service, urls[service], judge.context, at)
    await _restore(urls[JUDGE], judge.context, at)
    marks = {
        (f"{service}.events", index): wire.Watermark(upto=mark, after=0)
        for service in ESCALATION.hears
        for index, mark in upto.items()
    }
    async with judge.context.engine.begin() as conn:
        await queries.mark_late(conn, late)
        await save_watermarks(conn, "", marks)
    assert isinstance(judge.context.clock, DrivenClock)
    judge.context.clock.advance(max(upto.values(), default=EPOCH) + TICK)
    while await judge.turn(upto, CASES_AT_ONCE) == CASES_AT_ONCE:
        pass


async def _restore(url: str, context: ServiceContext, at: datetime) -> None:
    async for events in read_events(JUDGE, url):
        async with context.engine.begin() as conn:
            await restore.restore(Work(conn, at), events)
