"""Cases that are alike are judged once, and come out as if each had been judged. All cases are invented."""

import random
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from huying.simulate import profiles
from huying.simulate.judging import CaseJudge, case_result
from huying.simulate.local_days import LocalDays
from huying.simulate.recorded_case import RecordedAct, RecordedCase
from huying.simulate.results import CaseResult, CsvRenderer
from services.dispatch.document import Unit
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.rules.pack.time_rules import HoursChange
from shared.rules.time.limits import Limit, LimitUnit

SETTINGS = Path(profiles.__file__).parents[1] / "local" / "samples" / "settings.yaml"
HOW = profiles.load("appeals-zh")
CITIES = (
    "bozhou-2024@2",
    "bowu-2022@2",
    "xuancheng-2024@2",
    "qingyang-2023",
    "xx-city-2022",
    "case-limits@2",
    pytest.param(str(Path(__file__).parents[2] / "packs" / "every_word.yaml"), id="every-word"),
)
ZONE = ZoneInfo("Asia/Shanghai")
UNITS = [Unit(code=code, name=code, kind="department") for code in ("a", "b")]
TIMES = ["00:00", "00:00:01", "08:30", "11:44", "14:30", "17:29:59", "17:30", "17:30:01", "23:59"]
START = date(2024, 2, 7)
DAYS = 14
"""Wednesday to Tuesday, the Spring Festival and a make-up workday after it among them."""
UPTO = datetime(2024, 2, 24, 10, tzinfo=ZONE).astimezone(UTC)


def moment(chance: random.Random, after: datetime | None = None, on: date | None = None) -> datetime:
    day = on or START + timedelta(days=chance.randrange(DAYS))
    at = datetime.combine(day, time.fromisoformat(chance.choice(TIMES)), ZONE).astimezone(UTC)
    return max(at, after) if after else at


def invented(chance: random.Random, number: int) -> RecordedCase:
    """Some acts at one moment, some at the moment the case brings as its limit, some not at all."""
    received = at = moment(chance)
    due_at = chance.choice([moment(chance), moment(chance, on=UPTO.date()), None, None, None])
    acts = []
    for act_name in HOW.acts:
        if chance.random() < 0.7:
            at = chance.choice([at, moment(chance, at), max(due_at or at, at)])
            acts += [RecordedAct(act_name, at, "")] if at <= UPTO else []
    unit = chance.choice(UNITS)
    return RecordedCase(number, str(number), received, "", "", None, None, unit, due_at, tuple(acts))


OTHER_HOURS = {
    "after hours": {"after_hours": "next_working_day"},
    "a change": {"changes": (HoursChange(since=date(2024, 2, 18), spans=(("09:00", "17:30"),)),)},
    "by night": {"spans": (("17:30", "08:30"),), "after_hours": "next_working_day"},
    "to midnight": {"spans": (("00:00", "24:00"),), "after_hours": "next_working_day"},
}


@pytest.mark.parametrize("cases", [600, pytest.param(2_500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("pack_id", CITIES)
def test_a_case_comes_out_the_same_whether_it_is_judged_or_like_another(pack_id: str, cases: int) -> None:
    judged_alike(pack_files.load(pack_id, SETTINGS), cases)


@pytest.mark.parametrize("hours", OTHER_HOURS)
def test_so_it_does_by_hours_that_change_run_past_midnight_or_move_receipts(hours: str) -> None:
    rules = pack_files.load("bowu-2022@2")
    changed = rules.office_hours.model_copy(update=OTHER_HOURS[hours])
    judged_alike(rules.model_copy(update={"office_hours": changed}).without_reminder(), 600)


def judged_alike(rules: Pack, cases: int) -> None:
    chance = random.Random(rules.id)
    judge, renderer = CaseJudge(HOW, rules, UPTO), CsvRenderer(LocalDays(HOW.tz))
    like_another = 0
    for number in range(cases):
        case = invented(chance, number)
        expected = case_result(case.source_id, "", judge.judgement(case))
        result, rows = judge.judged(case)
        assert rows == renderer.rows(expected), case
        assert figures(result) == figures(expected), case
        like_another += result.source_id != case.source_id
    assert like_another > cases / 20


def figures(result: CaseResult) -> tuple[object, ...]:
    """What is counted and compared of a result."""
    verdicts = sorted((d.leg, d.round, d.deadline, d.verdict) for d in result.deadlines)
    return result.state, result.cards, result.rounds, result.lifted_at is None, verdicts


def test_a_pack_that_counts_office_hours_after_dispatch_judges_each_case_itself() -> None:
    rules = pack_files.load("bozhou-2024@2")
    (first, *others) = rules.limits
    by_hours = first.model_copy(update={"limit": Limit(number=4, unit=LimitUnit.WORKING_HOURS)})
    judge = CaseJudge(HOW, rules.model_copy(update={"limits": (by_hours, *others)}).without_reminder(), UPTO)
    chance = random.Random(1)
    for number in range(300):
        result, _ = judge.judged(invented(chance, number))
        assert result.source_id == str(number)
