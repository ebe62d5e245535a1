"""Whether a completed appeal may be reopened: what its pack says, or what is usual where it says nothing."""

from datetime import datetime

from services.intake.file import File
from services.intake.telling import clock_time, rating_name
from shared.rules.pack.desks import Reopening
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import Title
from shared.rules.time import limits
from shared.rules.time.calendar import Calendar
from shared.service.errors import Conflict

USUAL = Reopening(
    choice=Title(
        zh="企业不满意的，应当再听取一次。", en="An enterprise that is not satisfied is heard again."
    )
)


def check_reopening(file: File, pack: Pack, calendar: Calendar, at: datetime) -> None:
    """Refuse (`Conflict`) a reopening at `at` that the pack does not allow, with the reason."""
    rule = pack.reopening or USUAL
    _check_rating(file, rule)
    _check_finding(file, rule)
    _check_times(file, rule)
    _check_time(file, rule, pack, calendar, at)


def _check_rating(file: File, rule: Reopening) -> None:
    if file.rating is None or file.rating.rating not in rule.ratings:
        names = [rating_name(rating) for rating in sorted(rule.ratings)]
        raise Conflict(
            f"只有评价为“{'”“'.join(zh for zh, _ in names)}”的诉求可以重新办理（{rule.told.zh}）",
            f"only an appeal rated {' or '.join(en for _, en in names)} can be reopened ({rule.told.en})",
        )


def _check_finding(file: File, rule: Reopening) -> None:
    if not rule.finding:
        return
    if file.finding is None:
        raise Conflict(
            f"尚未作合理性认定，认定合理后方可重新办理（{rule.told.zh}）",
            f"not found reasonable yet: record the finding first ({rule.told.en})",
        )
    if not file.finding.reasonable:
        raise Conflict(
            f"该诉求经认定不合理，不能重新办理（{rule.told.zh}）",
            f"found not reasonable, so it cannot be reopened ({rule.told.en})",
        )


def _check_times(file: File, rule: Reopening) -> None:
    times = len(file.earlier_ratings)
    if rule.times is not None and times >= rule.times:
        raise Conflict(
            f"已重新办理 {times} 次，最多 {rule.times} 次（{rule.told.zh}）",
            f"reopened {times} times already, and no more than {rule.times} are allowed ({rule.told.en})",
        )


def _check_time(file: File, rule: Reopening, pack: Pack, calendar: Calendar, at: datetime) -> None:
    until = _until(file, rule, pack, calendar)
    if until is not None and at > until:
        last = clock_time(until, calendar.zone)
        raise Conflict(
            f"重新办理的期限已于 {last} 届满（{rule.told.zh}）",
            f"it could be reopened until {last} ({rule.told.en})",
        )


def _until(file: File, rule: Reopening, pack: Pack, calendar: Calendar) -> datetime | None:
    """The last moment; None for none, or where the completion was not heard of or the calendar ends."""
    done_at = file.completed_at()
    if rule.within is None or done_at is None:
        return None
    try:
        return limits.due(pack.limit(rule.within), done_at, calendar, pack.table().hours).due_at
    except (ValueError, OverflowError):
        return None
