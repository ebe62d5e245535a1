"""Whether a completed appeal may be reopened: by its pack's rule, else by the usual one. Pure."""

from datetime import datetime

from services.intake.document import AppealDocument
from services.intake.timeline import clock_time, rating_name
from shared.rules.pack.desks import Reopening
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import Title
from shared.rules.time import ends
from shared.rules.time.calendar import Calendar
from shared.service.errors import Conflict

MOST_TIMES = 20
"""Where the pack sets no number: each time starts deadlines, and a judgement states all of them."""
USUAL = Reopening(
    choice=Title(
        zh="企业不满意的，应当再听取一次。", en="An enterprise that is not satisfied is heard again."
    )
)


def check_reopening(
    appeal: AppealDocument,
    pack: Pack,
    calendar: Calendar,
    at: datetime,
    *,
    asked: bool = False,
    decided: bool = True,
) -> None:
    """Raise `Conflict`, with the reason, for a reopening at `at` that the pack does not allow.

    `asked`: the enterprise asked for it. That says as much as a bad rating, so that none is needed.
    `decided`: the office decides now; before that the finding may still come.
    """
    rule = pack.reopening or USUAL
    if not asked:
        _check_rating(appeal, rule)
    if decided:
        _check_finding(appeal, rule)
    _check_times(appeal, rule)
    _check_limit(appeal, rule, pack, calendar, at)


def _check_rating(appeal: AppealDocument, rule: Reopening) -> None:
    if appeal.rating is None or not rule.allows(appeal.rating.rating):
        names = [rating_name(rating) for rating in sorted(rule.ratings)]
        raise Conflict(
            f"只有评价为“{'”“'.join(zh for zh, _ in names)}”的诉求可以重新办理（{rule.basis.zh}）",
            f"only an appeal rated {' or '.join(en for _, en in names)} can be reopened ({rule.basis.en})",
        )


def _check_finding(appeal: AppealDocument, rule: Reopening) -> None:
    if not rule.finding:
        return
    if appeal.finding is None:
        raise Conflict(
            f"尚未作合理性认定，认定合理后方可重新办理（{rule.basis.zh}）",
            f"not found reasonable yet: record the finding first ({rule.basis.en})",
        )
    if not appeal.finding.reasonable:
        raise Conflict(
            f"该诉求经认定不合理，不能重新办理（{rule.basis.zh}）",
            f"found not reasonable, so it cannot be reopened ({rule.basis.en})",
        )


def _check_times(appeal: AppealDocument, rule: Reopening) -> None:
    times = appeal.reopenings
    if rule.times is None and times >= MOST_TIMES:
        raise Conflict(
            f"已重新办理 {times} 次，已达上限",
            f"reopened {times} times already: no more than {MOST_TIMES} fit",
        )
    if rule.times is not None and times >= rule.times:
        raise Conflict(
            f"已重新办理 {times} 次，最多 {rule.times} 次（{rule.basis.zh}）",
            f"reopened {times} times already, and no more than {rule.times} are allowed ({rule.basis.en})",
        )


def _check_limit(
    appeal: AppealDocument, rule: Reopening, pack: Pack, calendar: Calendar, at: datetime
) -> None:
    until = _until(appeal, rule, pack, calendar)
    if until is not None and at > until:
        last = clock_time(until, calendar.zone)
        raise Conflict(
            f"重新办理的期限已于 {last} 届满（{rule.basis.zh}）",
            f"it could be reopened until {last} ({rule.basis.en})",
        )


def _until(appeal: AppealDocument, rule: Reopening, pack: Pack, calendar: Calendar) -> datetime | None:
    """The last moment at which it may be reopened.

    None where the pack sets no limit, the completion was not heard of yet, or the calendar ends before.
    """
    completed_at = appeal.completed_at()
    if rule.within is None or completed_at is None:
        return None
    try:
        return ends.due(pack.limit(rule.within), completed_at, calendar, pack.table().hours.plain).due_at
    except (ValueError, OverflowError):
        return None
