"""What looks like a typing mistake: a moment that is over is refused, an odd one needs a word. Pure.

A limit that nobody could keep would card a unit for the slip of somebody else's finger. An import reports
what was, and nothing of it is refused.
"""

from datetime import datetime, timedelta

from services.dispatch.domain.context import ActContext
from services.dispatch.domain.ends import Spans, ends_at, usual_limit
from shared.events import PackWord
from shared.rules.time.limits import Limit, LimitUnit
from shared.rules.wording.words import Bilingual
from shared.service.errors import Invalid

TIMES_THE_USUAL = 100
WITHOUT_USUAL = timedelta(days=366)
"""How far ahead an end may lie without a word, where the pack has no limit to compare it with."""
OFFICE_HOUR = Limit(number=1, unit=LimitUnit.WORKING_HOURS)


def check_ahead(end: datetime, context: ActContext, field: str) -> None:
    """Raise `Invalid` for an end that is over already."""
    if not context.past and end <= context.at:
        raise Invalid(
            f"{_shown(end, context)} 已过，不能作为到期时刻：请核对日期",
            f"{_shown(end, context)} is over: it cannot be when a limit ends; look at the date again",
            field,
        )


def check_usual(
    end: datetime,
    deadline: PackWord,
    kind: str,
    hours: Spans | None,
    context: ActContext,
    field: str,
    *,
    confirmed: bool,
) -> None:
    """Raise `Invalid` for an end that is oddly near or far, unless it is `confirmed`."""
    if context.past or confirmed:
        return
    if odd := _oddity(end, deadline, kind, hours, context):
        raise Invalid(
            f"到期时刻为 {_shown(end, context)}，{odd.zh}：请核对；确认无误的，请加上 confirmed: true 再提交",
            f"this ends at {_shown(end, context)}, {odd.en}: look at it again; if it is meant, "
            "send it with confirmed: true",
            field,
        )


def _oddity(
    end: datetime, deadline: PackWord, kind: str, hours: Spans | None, context: ActContext
) -> Bilingual | None:
    if end < ends_at(OFFICE_HOUR, hours, context.at, context):
        return Bilingual("此前工作时间不足一小时", "before anybody could work for one office hour")
    usual = usual_limit(deadline, kind, context)
    if usual is None and end - context.at > WITHOUT_USUAL:
        return Bilingual("在一年以后", "more than a year ahead")
    if usual and end - context.at > TIMES_THE_USUAL * (
        ends_at(usual, hours, context.at, context) - context.at
    ):
        return Bilingual(
            f"超过通常时限的 {TIMES_THE_USUAL} 倍", f"more than {TIMES_THE_USUAL} times the usual limit"
        )
    return None


def _shown(moment: datetime, context: ActContext) -> str:
    try:
        return f"{moment.astimezone(context.calendar.zone):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):  # beyond the calendar
        return str(moment.year)
