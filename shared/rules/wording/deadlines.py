"""Why a deadline of a case ends when it does, in words."""

from shared.rules.judging.state import Deadline
from shared.rules.time.notices import LAST_YEAR
from shared.rules.wording.explain import explain
from shared.rules.wording.words import ground


def explain_deadline(deadline: Deadline) -> dict[str, str]:
    """Why a deadline ends when it does, by the calendar it was reckoned by; keys "zh" and "en"."""
    calendar, clause = deadline.calendar, ground(deadline.clause)
    if deadline.limit is None:
        zh, en = (
            ("随程序约定", "Agreed in the procedure")
            if deadline.in_turn
            else ("交办时指定", "Set at dispatch")
        )
        assert deadline.due_at is not None
        local = deadline.due_at.astimezone(calendar.zone)
        return {
            "zh": f"{zh}：{local:%Y-%m-%d %H:%M} 到期（{clause.zh}）。",
            "en": f"{en}: due {local:%Y-%m-%d %H:%M} ({clause.en}).",
        }
    try:
        return explain(
            deadline.limit, deadline.started_at, calendar, deadline.hours, deadline.pauses, deadline.clause
        )
    except (ValueError, OverflowError):
        return {
            "zh": f"到期日在日历所及（至 {LAST_YEAR} 年）之后，不能确定（{clause.zh}）。",
            "en": f"It ends beyond the calendar, which reaches to {LAST_YEAR} ({clause.en}).",
        }
