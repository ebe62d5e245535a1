"""Why a deadline of a case ends when it does, in words."""

from datetime import datetime

from shared.rules.judging.state import Deadline
from shared.rules.time.notices import LAST_YEAR
from shared.rules.time.pauses import Pause
from shared.rules.wording.explain import explain
from shared.rules.wording.words import Bilingual, ground

_GIVEN = Bilingual("{by}：{at} 到期（{clause}）。", "{by}: due {at} ({clause}).")
_PLANNED = "planned"
_GIVEN_BY = {True: ("承办单位承诺", "Promised by the unit"), False: ("交办时指定", "Set at dispatch")}
_DUE_MINUTE = Bilingual("{at} 到期，该分钟之内仍为按时。", "Due {at}; all of that minute is in time.")
_MOVES = Bilingual("{start} 至 {end} 暂停，顺延 {length}。", "Paused {start} to {end}: later by {length}.")
_PAUSED = Bilingual(
    "{start} 起暂停，恢复后按暂停的时间顺延。", "Paused since {start}; later by that time when it ends."
)
_RAN_ON = Bilingual(
    "{start} 至 {end} 暂停期间照常计算，不顺延。", "Ran on while paused {start} to {end}: not later."
)
_RUNS_ON = Bilingual("{start} 起暂停期间照常计算，不顺延。", "Runs on while paused since {start}: not later.")
_SUM = Bilingual(
    "应还 {sum} 元；计划商定后的付款累计达到本期及此前各期之和，方为还清。",
    "{sum} yuan are due: met when what was paid since the plan reaches this and all earlier instalments.",
)
_BEYOND = Bilingual(
    f"到期日在日历所及（至 {LAST_YEAR} 年）之后，不能确定（{{clause}}）。",
    f"It ends beyond the calendar, which reaches to {LAST_YEAR} ({{clause}}).",
)


def explain_deadline(deadline: Deadline) -> dict[str, str]:
    """Why a deadline ends when it does, by the calendar it was reckoned by; keys "zh" and "en"."""
    if deadline.limit is None:
        return _explain_given(deadline)
    try:
        return explain(
            deadline.limit,
            deadline.started_at,
            deadline.calendar,
            deadline.hours,
            deadline.pauses,
            deadline.clause,
            whole_minutes=deadline.whole_minutes,
            pauses_at_due=deadline.pauses_at_due,
        )
    except (ValueError, OverflowError):
        clause = ground(deadline.clause)
        return {"zh": _BEYOND.zh.format(clause=clause.zh), "en": _BEYOND.en.format(clause=clause.en)}


def _explain_given(deadline: Deadline) -> dict[str, str]:
    """The moment that was given, and what pauses made of it."""
    clause = ground(deadline.clause)
    zh, en = (
        ("随程序约定", "Agreed in the procedure")
        if deadline.in_turn
        else _GIVEN_BY[deadline.start == _PLANNED]
    )
    given_at = deadline.given_at or deadline.due_at
    assert given_at is not None
    at = _local(deadline, given_at)
    lines = [
        Bilingual(
            _GIVEN.zh.format(by=zh, at=at, clause=clause.zh), _GIVEN.en.format(by=en, at=at, clause=clause.en)
        )
    ]
    lines += [
        _about(deadline, pause, _MOVES, _PAUSED) for pause in deadline.pauses if _before_due(deadline, pause)
    ]
    lines += [_about(deadline, pause, _RAN_ON, _RUNS_ON) for pause in deadline.ran_on]
    if deadline.sum is not None:
        lines.append(Bilingual(_SUM.zh.format(sum=deadline.sum), _SUM.en.format(sum=deadline.sum)))
    if deadline.whole_minutes and deadline.due_at:
        due_at = _local(deadline, deadline.due_at)
        lines.append(Bilingual(_DUE_MINUTE.zh.format(at=due_at), _DUE_MINUTE.en.format(at=due_at)))
    return {"zh": "\n".join(line.zh for line in lines), "en": "\n".join(line.en for line in lines)}


def _before_due(deadline: Deadline, pause: Pause) -> bool:
    return deadline.due_at is None or pause.start < deadline.due_at


def _about(deadline: Deadline, pause: Pause, ended: Bilingual, open_: Bilingual) -> Bilingual:
    start = _local(deadline, pause.start)
    if pause.end is None:
        return Bilingual(open_.zh.format(start=start), open_.en.format(start=start))
    end, minutes = _local(deadline, pause.end), (pause.end - pause.start).total_seconds() / 60
    days, rest = divmod(minutes, 24 * 60)
    hours, rest = divmod(rest, 60)
    counted = [(days, "天", "day"), (hours, "小时", "hour"), (rest, "分钟", "minute")]
    counts = [(number, zh, en) for number, zh, en in counted if number] or [(0, "分钟", "minute")]
    length_zh = "".join(f" {number:g} {zh}" for number, zh, _ in counts).strip()
    length_en = " ".join(f"{number:g} {en}{'' if number == 1 else 's'}" for number, _, en in counts)
    return Bilingual(
        ended.zh.format(start=start, end=end, length=length_zh),
        ended.en.format(start=start, end=end, length=length_en),
    )


def _local(deadline: Deadline, moment: datetime) -> str:
    return f"{moment.astimezone(deadline.calendar.zone):%Y-%m-%d %H:%M}"
