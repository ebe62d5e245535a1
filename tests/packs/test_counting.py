"""How time is counted since version 2 of the packs: whole minutes, reminders, and pauses of given moments."""

from typing import Any

import pytest

from shared.judging.deadlines import stated
from shared.rules.judging import acts
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.rules.wording.deadlines import explain_deadline
from tests.packs.histories import SETTINGS, Story, at, shown, working_days

HOURS = {"number": 4, "unit": "working_hours"}
ALL_WORDS = {"whole_minutes": True, "reminders_by_counted_time": True, "pauses_move_given_moments": True}


def limited(unit: str, number: int = 4, *, counting: dict[str, Any] | None = None, **more: Any) -> Pack:
    """The pack of Xuancheng with a limit of its own for the dispatch, and its words for counting."""
    made = pack_files.load("xuancheng-2024@2", SETTINGS).model_dump()
    made["limits"][0]["limit"] = {"number": number, "unit": unit}
    made["counting"] = {**ALL_WORDS, "clause": "x"} if counting is None else {**counting, "clause": "x"}
    bound = Pack.model_validate(made | more)
    return bound.with_settings(SETTINGS)


def reminded(story: Story, deadline: str) -> list[str]:
    return [line[:11] for line in story.ruled(reminders=True) if line[12:] == f"due_soon {deadline}"]


def of(story: Story, rules: Pack) -> Story:
    story.pack = rules
    return story


@pytest.mark.parametrize(
    ("unit", "number", "received", "right"),
    [
        ("working_hours", 4, "03-06 17:00", "03-09 11:00"),  # Friday; 3 of 4 h: 0.5 and 2.5
        ("working_hours", 4, "09-30 16:30", "10-08 10:30"),  # before Golden Week; 1 h and 2
        ("working_hours", 4, "03-07 12:00", "03-09 11:30"),  # a Saturday
        ("working_hours", 2, "03-02 11:00", "03-02 15:00"),  # over noon: 1 h and 0.5
        ("half_working_days", 1, "03-06 17:00", "03-09 10:27"),  # 146.25 of 195 min: 30 and 116.25
        ("working_days", 1, "02-13 17:00", "02-14 15:45"),  # 02-14 is worked; 315 of 420 min: 30 and 285
        ("working_days", 1, "02-14 17:00", "02-24 15:45"),  # Spring Festival
        ("natural_days", 1, "03-02 12:00", "03-03 15:00"),  # 27 of 36 h
    ],
)
def test_a_reminder_comes_when_three_quarters_of_what_counts_have_passed(unit, number, received, right):
    story = Story("xuancheng-2024@2").received(received)
    assert reminded(of(story, limited(unit, number)), "dispatch") == [right]


def test_a_reminder_of_version_1_goes_by_the_clock_on_the_wall():
    story = Story("xuancheng-2024@2").received("03-06 17:00")
    assert reminded(of(story, limited("working_hours", counting={})), "dispatch") == ["03-08 19:15"]


PAUSED = {"when": "03-02 09:30", "resumed": "03-23 09:30"}


def paused(pack_id: str, *, ground: str | None = None, limits: Any = None) -> Story:
    story = Story(pack_id).received("03-02 08:40").dispatched("03-02 09:00", limits=limits)
    story.contacted("03-02 09:10").did(acts.Paused, PAUSED["when"], ground=ground)
    return story.did(acts.Resumed, PAUSED["resumed"])


def test_paused_time_does_not_bring_a_reminder_nearer():
    # 1,440 of 1,920 office minutes: 30 before the pause, then 330, 390, 390, and 300 on Thursday.
    waited = paused("xuancheng-2024@2", ground="enterprise_papers")
    assert reminded(waited, "completion") == ["03-26 16:00"]
    assert "completion 03-27 17:30 overdue" in waited.stands("03-28 12:00")
    # 47.25 of 63 hours: 0.5 before the pause.
    assert reminded(paused("bozhou-2024@2"), "reply")[0] == "03-25 08:15"


def test_an_extended_limit_is_reminded_of_at_three_quarters_of_the_longer_one():
    story = (
        Story("xuancheng-2024@2").received("03-02 08:30").dispatched("03-02 08:30").contacted("03-02 08:30")
    )
    assert reminded(story.copy(), "completion") == ["03-06 11:45"]  # 1,755 of 2,340 min: 4 days and 195
    story.replied("03-03 09:00").extended("03-03 10:00", "completion", working_days(7))
    assert reminded(story, "completion") == ["03-09 17:30"]  # 6 of 8 days


@pytest.mark.parametrize("seconds", ["00", "20", "59"])
def test_hours_count_from_the_minute_shown(seconds: str):
    story = of(Story("xuancheng-2024@2").received(f"03-02 11:00:{seconds}"), limited("working_hours"))
    assert story.stands("03-02 12:00") == ["dispatch 03-02 17:30 open"]
    explanation = explain_deadline(story.judged("03-02 12:00").deadlines[0])
    assert "计工作时间 240 分钟：03-02 11:00 至 12:00、03-02 14:30 至 17:30。" in explanation["zh"]
    assert "2026-03-02 17:30 到期，该分钟之内仍为按时。" in explanation["zh"]
    assert "Due 2026-03-02 17:30; all of that minute is in time." in explanation["en"]


def test_hours_of_version_1_count_seconds_that_nobody_sees():
    story = of(Story("xuancheng-2024@2").received("03-02 11:00:20"), limited("working_hours", counting={}))
    assert story.stands("03-02 12:00") == ["dispatch 03-03 08:30 open"]


def test_half_of_an_odd_day_is_rounded_up_to_a_minute():
    # 435 minutes a day; 217.5 of them from 08:30: 210 to 12:00, and 8 from 14:00 on.
    spans = {"spans": [["08:30", "12:00"], ["14:00", "17:45"]], "clause": "x"}
    rules = limited("half_working_days", 1, office_hours=spans)
    story = of(Story("xuancheng-2024@2").received("03-02 08:30"), rules)
    assert story.judged("03-02 09:00").deadlines[0].due_at == at("03-02 14:08")
    assert "计工作时间 218 分钟" in explain_deadline(story.judged("03-02 09:00").deadlines[0])["zh"]


@pytest.mark.parametrize(
    ("assigned", "verdict"),
    [
        ("03-02 17:30:00", "met"),
        ("03-02 17:30:59", "met"),
        ("03-02 17:31:00", "overdue"),
    ],
)
def test_the_whole_due_minute_is_in_time(assigned: str, verdict: str):
    story = of(Story("xuancheng-2024@2").received("03-02 11:00:20"), limited("working_hours"))
    assert story.dispatched(assigned).judged().deadlines[0].verdict == verdict


def test_nothing_is_said_of_a_deadline_before_its_minute_is_over():
    story = of(Story("xuancheng-2024@2").received("03-02 11:00:20"), limited("working_hours"))
    assert story.ruled("03-02 17:30:59") == []
    assert story.ruled("03-02 17:31:00") == ["03-02 17:30 overdue dispatch", "03-02 17:30 reminded dispatch"]
    assert story.judged("03-02 17:30:59").next_due_at == story.judged("03-02 17:31").rulings[-1].occurred_at


def test_what_a_passed_deadline_starts_counts_from_its_due_minute():
    story = Story("bozhou-2024@2").dispatched("03-02 10:00:30").contacted("03-02 11:00")
    assert story.ruled("03-06 12:00")[-1] == "03-05 24:00 redispatched overdue"
    again = story.judged("03-06 12:00").deadlines[-1]
    assert (again.started_at, shown(again.due_at)) == (at("03-05 24:00"), "03-09 24:00")


def test_acts_within_one_minute_keep_their_order():
    story = paused("bozhou-2024@2").replied("03-23 10:00")
    story.did(acts.Paused, "03-24 10:00:10").did(acts.Resumed, "03-24 10:00:20")
    story.did(acts.Paused, "03-24 10:00:40")
    limits = {"completion": {"due_at": at("03-30 12:00")}}
    assert "completion suspended open" in _given(story, limits).stands("03-24 11:00")
    story.did(acts.Resumed, "03-24 10:00:50")
    assert "completion 04-20 12:00 open" in _given(story, limits).stands("03-24 11:00")


def _given(story: Story, limits: Any) -> Story:
    """The same story with limits of its own."""
    own = paused("bozhou-2024@2", limits=limits)
    own._acts += story._acts[len(own._acts) :]
    return own


GIVEN = {"completion": {"due_at": at("03-20 17:00")}}


def given_moment(*, runs_on: tuple[str, ...] = (), pack_id: str = "bozhou-2024@2") -> Story:
    """Given to 03-20 17:00, paused from 03-09 09:30."""
    story = Story(pack_id).received("03-02 08:40").dispatched("03-02 09:00", limits=GIVEN)
    story.contacted("03-02 09:10").replied("03-02 10:00")
    return story.did(acts.Paused, "03-09 09:30", runs_on=runs_on)


def explained(story: Story, upto: str, deadline: str = "completion") -> dict[str, str]:
    return next(explain_deadline(d) for d in story.judged(upto).deadlines if d.kind == deadline)


def test_a_given_moment_moves_by_what_was_paused():
    story = given_moment()
    assert "completion suspended open" in story.stands("03-21 12:00")
    assert explained(story, "03-21 12:00")["zh"].splitlines() == [
        "交办时指定：2026-03-20 17:00 到期（亳政办〔2024〕8号 §1）。",
        "2026-03-09 09:30 起暂停，恢复后按暂停的时间顺延。",
    ]
    story.did(acts.Resumed, "03-23 10:45").completed("03-24 10:00")
    assert story.ruled() == []
    assert "completion 04-03 18:15 met" in story.stands()
    assert explained(story, "03-23 12:00")["zh"].splitlines()[1:] == [
        "2026-03-09 09:30 至 2026-03-23 10:45 暂停，顺延 14 天 1 小时 15 分钟。",
        "2026-04-03 18:15 到期，该分钟之内仍为按时。",
    ]
    assert explained(story, "03-23 12:00")["en"].splitlines() == [
        "Set at dispatch: due 2026-03-20 17:00 (亳政办〔2024〕8号 §1).",
        "Paused 2026-03-09 09:30 to 2026-03-23 10:45: later by 14 days 1 hour 15 minutes.",
        "Due 2026-04-03 18:15; all of that minute is in time.",
    ]


def test_a_given_moment_that_pauses_moved_holds_for_the_next_round_too():
    story = given_moment().did(acts.Resumed, "03-23 10:45").completed("03-24 10:00")
    story.did(acts.Reopened, "03-25 10:00")
    assert "completion 04-03 18:15 open" in story.stands("03-26 10:00")


def test_a_given_moment_runs_on_where_the_pause_says_so():
    story = given_moment(runs_on=("completion",)).did(acts.Resumed, "03-23 09:30")
    assert story.ruled("03-21 12:00") == [
        "03-20 17:00 overdue completion",
        "03-20 17:00 card.issued completion",
        "03-20 17:00 redispatched overdue",
    ]
    assert explained(story, "03-10 12:00")["zh"].splitlines()[1:] == [
        "2026-03-09 09:30 起暂停期间照常计算，不顺延。",
        "2026-03-20 17:00 到期，该分钟之内仍为按时。",
    ]
    assert "Runs on while paused since 2026-03-09 09:30: not later." in explained(story, "03-10 12:00")["en"]


def test_the_unit_is_told_that_a_limit_runs_on_though_its_moment_stays():
    story = given_moment(runs_on=("completion",))
    before = stated([], story.judged("03-09 09:00").deadlines)
    now = stated(before, story.judged("03-09 10:00").deadlines)
    assert "照常计算" in next(d for d in now if d.deadline == "completion").explanation["zh"]


def test_a_given_moment_of_version_1_is_not_moved():
    story = given_moment(pack_id="bozhou-2024@1").did(acts.Resumed, "03-23 09:30")
    assert "03-20 17:00 card.issued completion" in story.ruled("03-21 12:00")
    assert (
        explained(story, "03-10 12:00")["zh"] == "交办时指定：2026-03-20 17:00 到期（亳政办〔2024〕8号 §1）。"
    )


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        ([("03-09 09:30", "03-10 09:30"), ("03-11 12:00", "03-11 13:30")], "03-21 18:30"),
        ([("03-09 09:30", "03-09 09:30:40")], "03-20 17:00"),  # not a minute
        ([("03-19 17:00", None)], "04-19 24:00"),  # ends by itself at 04-18 24:00, after 30 days and 7 hours
        ([("03-20 17:00", "03-21 17:00")], "03-20 17:00"),  # it was due
    ],
)
def test_every_pause_moves_it_once(pauses: list[tuple[str, str | None]], due: str):
    story = Story("bozhou-2024@2").received("03-02 08:40").dispatched("03-02 09:00", limits=GIVEN)
    story.contacted("03-02 09:10").replied("03-02 10:00")
    for start, end in pauses:
        story.did(acts.Paused, start)
        if end:
            story.did(acts.Resumed, end)
    moved = next(d for d in story.judged("05-30 12:00").deadlines if d.kind == "completion")
    assert shown(moved.due_at) == due


def test_the_dates_of_a_stage_move_by_what_is_paused_after_they_were_set():
    story = Story("qingyang-2023@2").received("03-02 09:00").dispatched("03-02 10:00")
    story.did(acts.Paused, "03-02 11:00").did(acts.Resumed, "03-03 11:00")
    story.reached("rectification_ordered", "03-04 11:00", "03-10 18:00")
    story.did(acts.Paused, "03-05 11:00").did(acts.Resumed, "03-07 11:00")
    assert "rectification 03-12 18:00 open" in story.stands("03-08 12:00")


def test_a_given_moment_can_be_extended_while_it_is_paused():
    own = {"decision": {"due_at": at("03-06 17:00")}}
    story = Story("xuancheng-2024-approval@2").received("03-02 08:40").dispatched("03-02 09:00", limits=own)
    story.did(acts.Paused, "03-03 10:00", ground="statutory_procedure")
    story.extended("03-04 10:00", "decision", working_days(8)).did(acts.Resumed, "03-05 10:00")
    # 8 working days from 03-02, and the two that closed while paused: 03-03 and 03-04.
    assert "decision 03-16 17:30 open" in story.stands("03-09 10:00")
