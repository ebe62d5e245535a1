"""Reminders before the end, and how long time may stand still, pack by pack."""

from datetime import datetime, timedelta

import pytest

from shared.rules.judging import acts, rulings
from shared.rules.judging.state import Deadline
from tests.packs.histories import CALENDAR, ZONE, Story, at

MINUTE = timedelta(minutes=1)

PACK_AND_KIND = {
    "financing": ("bozhou-2024-financing@2", "help"),
    "complaint": ("bozhou-2024-financing@2", "complaint"),
    "xuancheng": ("xuancheng-2024@2", "help"),
    "approval": ("xuancheng-2024-approval@2", "help"),
    "qingyang": ("qingyang-2023@2", "help"),
    "arrears": ("qingyang-2023-arrears@2", "arrears"),
    "xx": ("xx-city-2022@2", "help"),
    "xx arrears": ("xx-city-2022-arrears@2", "arrears"),
    "award": ("xx-city-2022-award@2", "unkept_promise"),
    "clues": ("xx-city-2022-clues@2", "clue"),
}


def dispatched(name: str) -> Story:
    return Story(*PACK_AND_KIND[name]).received("03-02 09:00").dispatched("03-02 10:00")


def desk(name: str) -> Story:
    return Story(*PACK_AND_KIND[name]).received("03-02 09:00")


REMINDED = [
    (dispatched("financing"), {"bank_contact", "bank_status", "bank_decision"}),
    (dispatched("complaint"), {"regulator_result"}),
    (desk("xuancheng"), {"dispatch"}),
    (dispatched("xuancheng").did(acts.LiftRequested, "03-02 11:00"), {"contact", "completion", "lifted"}),
    (
        dispatched("xuancheng").did(acts.Objected, "03-02 11:00"),
        {"contact", "completion", "objection"},
    ),
    (dispatched("xuancheng").completed("03-02 11:00"), {"follow_up"}),
    (dispatched("approval"), {"decision"}),
    (desk("qingyang"), {"dispatch"}),
    (dispatched("qingyang").did(acts.Objected, "03-02 11:00"), {"completion", "lifted"}),
    (dispatched("qingyang").completed("03-02 11:00"), {"follow_up"}),
    (
        dispatched("qingyang").reached("rectification_ordered", "03-02 11:00", "03-10 18:00"),
        {"completion", "lifted", "rectification"},
    ),
    (dispatched("arrears"), {"confirmation"}),
    (dispatched("arrears").reached("confirmed", "03-02 11:00"), {"settlement"}),
    (dispatched("arrears").reached("plan_agreed", "03-02 11:00", "04-30 24:00"), {"instalment"}),
    (dispatched("xx"), {"contact", "completion"}),
    (dispatched("xx").completed("03-02 11:00"), {"follow_up"}),
    (dispatched("award"), {"verification", "funding"}),
    (dispatched("award").reached("arrived", "03-02 11:00"), {"payment", "funding"}),
    (dispatched("award").reached("funded", "03-02 11:00"), {"promised_payment"}),
    (dispatched("clues"), {"transfer", "outcome"}),
    (dispatched("clues").reached("transferred", "03-02 11:00"), {"inquiry"}),
    (
        dispatched("clues").reached("transferred", "03-02 11:00").reached("inquired", "03-02 12:00"),
        {"response"},
    ),
]


def minutes(deadline: Deadline, until: datetime) -> int:
    """How many minutes of a deadline's time had counted by `until`: office minutes for working time."""
    count = (until - deadline.started_at) // MINUTE
    if deadline.limit is None or deadline.limit.unit in ("natural_days", "months"):
        return count
    locals_ = [deadline.started_at.astimezone(ZONE) + number * MINUTE for number in range(count)]
    spans = deadline.hours.on(deadline.started_at.date()).written
    return sum(
        CALENDAR.is_working_day(local.date()) and any(a <= f"{local:%H:%M}" < b for a, b in spans)
        for local in locals_
    )


def reminded_at(story: Story, percent: int) -> set[str]:
    """The deadlines reminded of in the first minute at which `percent` of their time had counted."""
    judged = story.judged()
    ran = {(d.kind, d.due_at): d for d in judged.deadlines}
    reminded = set()
    for ruling in judged.rulings:
        if type(ruling) is rulings.DueSoon:
            deadline = ran[ruling.deadline, ruling.due_at]
            share = minutes(deadline, ruling.due_at) * percent / 100
            now, before = (
                minutes(deadline, moment) for moment in (ruling.occurred_at, ruling.occurred_at - MINUTE)
            )
            assert before < share <= now, ruling.deadline
            reminded.add(ruling.deadline)
    return reminded


@pytest.mark.parametrize(("story", "deadlines"), REMINDED)
def test_what_is_not_met_is_reminded_of_at_three_quarters_of_its_time(story: Story, deadlines: set[str]):
    assert reminded_at(story, 75) == deadlines


@pytest.mark.parametrize(
    ("story", "deadline"),
    [
        (dispatched("xx arrears"), "plan"),
        (dispatched("xx arrears").reached("plan_filed", "03-02 11:00", "12-30 24:00"), "share"),
    ],
)
def test_a_plan_of_years_is_reminded_of_at_nine_tenths(story: Story, deadline: str):
    assert reminded_at(story, 90) == {deadline}


@pytest.mark.parametrize(
    ("name", "ground", "ends"),
    [
        # From 03-03: 30 natural days, 04-02; 10, 20, 30 working days, 03-17, 03-31, 04-15 (off on 04-06).
        ("financing", None, "04-02 24:00"),
        ("financing", "enterprise_papers", "04-02 24:00"),
        ("xuancheng", None, "03-17 17:30"),
        ("xuancheng", "enterprise_papers", "03-31 17:30"),
        ("xuancheng", "expert_opinion", "04-15 17:30"),
        ("approval", None, "04-15 17:30"),
        ("approval", "statutory_procedure", "04-15 17:30"),
        ("qingyang", None, "04-02 24:00"),
        ("qingyang", "enterprise_papers", "04-02 24:00"),
        ("xx", None, "04-02 24:00"),
        ("xx", "enterprise_papers", "04-02 24:00"),
    ],
)
def test_a_pause_ends_by_itself_at_the_cap_of_its_ground(name: str, ground: str | None, ends: str):
    paused = dispatched(name).contacted("03-02 11:00").did(acts.Paused, "03-03 10:00", ground=ground)
    for minutes, stands_still in ((-1, True), (1, False)):
        moment = at(ends) + timedelta(minutes=minutes)
        open_ones = [d for d in paused.judged(f"{moment:%m-%d %H:%M}").deadlines if d.verdict == "open"]
        assert any(d.due_at is None for d in open_ones) == stands_still


@pytest.mark.parametrize("name", ["arrears", "xx arrears", "award", "clues"])
def test_money_owed_and_clues_know_no_pause(name: str):
    paused = dispatched(name).did(acts.Paused, "03-03 10:00")
    assert None not in [d.due_at for d in paused.judged("03-03 12:00").deadlines]
