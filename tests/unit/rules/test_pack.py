"""Rule packs: what is shipped, and what is refused with file, line and rule."""

import re
from pathlib import Path

import pytest

from shared.events import DeadlineKind
from shared.rules import pack
from shared.rules.limits import Limit, LimitUnit
from shared.rules.pack import PackError

SOUND = """\
id: test-city
version: 2
title: {zh: 试, en: Test}
source: {title: A text}
in_force_on: 2026-01-01
prefix: TC
zone: Asia/Shanghai
office_hours:
  spans: [[08:30, 12:00]]
  choice: Usual.
met_by:
  reply: [responded]
  lifted: [signed_off]
limits:
  - deadline: reply
    rounds: 1
    limit: {number: 3, unit: working_days}
    clause: §1
  - {deadline: lifted, limit: {number: 1, unit: months}, clause: §2}
ladder:
  - step: card
    when: {overdue: [reply], rounds: 1}
    do: [card, redispatch]
    card: yellow
    clause: §3
  - {step: lift, when: {refused: true}, do: [lift], reason: refusal, leader: mayor, clause: §4}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "city.yaml"


def test_every_shipped_pack_loads_under_its_name_and_version():
    assert pack.known() == ["bowu-2022", "bozhou-2024", "case-limits"]
    for name in pack.known():
        loaded = pack.load(name)
        assert loaded.id == name
        assert pack.load(loaded.ref) is loaded


def test_shipped_packs_have_prefixes_of_their_own():
    assert sorted(pack.load(name).prefix for name in pack.known()) == ["BW", "BZ", "CL"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("bozhou-2024@7", "pack 'bozhou-2024' is here in version 1, not '7': ask for bozhou-2024@1"),
        ("paris", "no pack is called 'paris': there are bowu-2022, bozhou-2024, case-limits"),
        ("nowhere/x.yaml", "nowhere/x.yaml: cannot be read"),
    ],
)
def test_a_pack_that_is_not_there_is_said_so(name, sentence):
    with pytest.raises(PackError, match=re.escape(sentence)):
        pack.load(name)


def test_a_pack_can_be_read_from_a_file(file):
    file.write_text(SOUND, encoding="utf-8")
    loaded = pack.load(file)
    assert loaded.ref == "test-city@2"
    assert loaded == pack.load(str(file))
    assert loaded.limits[0].limit == Limit(number=3, unit=LimitUnit.WORKING_DAYS)


def test_rounds_without_a_limit_have_none():
    reply, later = pack.load("bozhou-2024").table.rounds[1], pack.load("bozhou-2024").table.rounds[2]
    assert [held.deadline for held in reply] == ["contact", "reply", "completion"]
    assert [held.deadline for held in later] == ["reply", "completion"]
    assert [held.own is not None for held in reply] == [False, False, True]


def test_a_step_reaches_the_rounds_it_names():
    steps = pack.load("bozhou-2024").table.steps
    names = [steps[DeadlineKind.REPLY, number].step for number in (1, 2, 3)]
    assert names == ["yellow_card", "lift_by_count", "lift_by_count"]
    assert (DeadlineKind.CONTACT, 1) not in steps


@pytest.mark.parametrize(
    ("old", "new", "line", "rule"),
    [
        ("version: 2", "version: two", 2, "version: input should be a valid integer"),
        ("version: 2", "version: 0", 2, "version: input should be greater than or equal to 1"),
        ("version: 2", "version: 2\nverison: 3", 3, "verison: is not known here: check its spelling"),
        ("version: 2", "version: 2\nid: other", 3, "id: is given twice"),
        (
            "    do: [card, redispatch]",
            "    do: [card]\n    do: [lift]",
            24,
            "ladder, entry 1, do: is given twice",
        ),
        ("prefix: TC\n", "", 1, "prefix: is missing"),
        ("Asia/Shanghai", "Asia/Nowhere", 7, "zone: 'Asia/Nowhere' is no time zone"),
        ("[[08:30, 12:00]]", "[[12:00, 08:30]]", 8, "office_hours: office hours from 12:00 to 08:30"),
        ("    clause: §1\n", "", 15, "limits, entry 1: give the `clause`"),
        (
            "deadline: reply\n",
            "deadline: answer\n",
            15,
            "limits, entry 1, deadline: input should be 'dispatch'",
        ),
        ("    rounds: 1\n", "    rounds: first\n", 16, "limits, entry 1, rounds: 'first' are no rounds"),
        ("number: 3", "number: 0", 17, "limits, entry 1, limit, number: input should be greater"),
        ("clause: §2}", "clause: §2, rounds: 1}", 19, "'lifted' is of the whole case and has no rounds"),
        ("[responded]", "[assigned]", 12, "met_by, reply, entry 1: 'assigned' cannot meet it"),
        ("  reply: [responded]\n", "", 14, "limits, entry 1: nothing meets 'reply'"),
        ("  lifted: [sig", "  contact: [contacted]\n  lifted: [sig", 13, "the pack gives 'contact' no limit"),
        (
            "overdue: [reply]",
            "overdue: [reply, contact]",
            22,
            "when, overdue, entry 2: the pack gives 'contact'",
        ),
        ("overdue: [reply]", "overdue: [reply], refused: true", 22, "when: give exactly one of"),
        ("{refused: true}", "{refused: true, rounds: 2}", 26, "`rounds` goes with overdue deadlines"),
        ("    card: yellow\n", "", 21, "ladder, entry 1: `card` names the card"),
        (", leader: mayor", "", 26, "ladder, entry 2: `reason` and `leader` belong to the act lift"),
        ("do: [lift],", "do: [supervise],", 26, "ladder, entry 2: `reason` and `leader` belong"),
        ("step: lift,", "step: card,", 26, "ladder, entry 2, step: a second step 'card'"),
        ("overdue: [reply], rounds: 1", "overdue: [lifted]", 21, "'lifted' is of no leg"),
        ("{refused: true}", "{overdue: [lifted]}", 26, "ladder, entry 2: a case is lifted once"),
    ],
)
def test_a_mistake_is_told_by_file_line_and_rule(file, old, new, line, rule):
    assert old in SOUND
    file.write_text(SOUND.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PackError) as refused:
        pack.load(file)
    sentences = str(refused.value).splitlines()
    prefix = f"{file}, line {line}: "
    assert any(s.startswith(prefix) and rule in s for s in sentences), sentences


MORE = {
    "reminder: {percent: 75, deadlines: [contact], choice: x}": "deadlines, entry 1: the pack gives",
    "reminder: {percent: 100, deadlines: [reply], choice: x}": "reminder, percent: input should be less",
    "own_limits: {deadlines: [dispatch], choice: x}": "'dispatch' is a deadline of the whole case",
    "own_limits: {deadlines: [contact], choice: x}": "deadlines, entry 1: nothing meets 'contact'",
    "pauses: {cap: {number: 1, unit: months}, choice: x}": "a pause is capped in natural_days or",
    "never_lifted: {marks: [famous], choice: x}": "never_lifted, marks, entry 1: input should be",
    "extension: {deadlines: [reply], cap: {number: 9, unit: months}}": "extension: give the `clause`",
}


@pytest.mark.parametrize(("text", "rule"), MORE.items())
def test_a_mistake_in_what_a_pack_may_add_is_told_too(file, text, rule):
    file.write_text(SOUND + text, encoding="utf-8")
    with pytest.raises(PackError, match=f"line {SOUND.count(chr(10)) + 1}: .*{re.escape(rule)}"):
        pack.load(file)


@pytest.mark.parametrize(("rounds", "refused"), [("1", True), ("1+", True), ("2+", False), ("2", False)])
def test_two_limits_for_one_deadline_must_not_share_a_round(file, rounds, refused):
    second = f"  - {{deadline: reply, rounds: {rounds}, limit: {{number: 1, unit: months}}, clause: x}}\n"
    file.write_text(SOUND.replace("ladder:\n", second + "ladder:\n"), encoding="utf-8")
    if refused:
        with pytest.raises(PackError, match="line 20: limits, entry 3: a second limit for 'reply'"):
            pack.load(file)
    else:
        assert len(pack.load(file).table.rounds[2]) == 1


@pytest.mark.parametrize("when", ["refused: true", "overdue: [reply]"])
def test_two_steps_must_not_have_the_same_cause(file, when):
    step = f"  - {{step: x, when: {{{when}}}, do: [lift], reason: count, leader: mayor, clause: x}}\n"
    file.write_text(SOUND + step, encoding="utf-8")
    with pytest.raises(PackError, match=r"line 27: ladder, entry 3, when: step '.*' has the same cause"):
        pack.load(file)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("id: [", "line 1: no YAML"),
        ("", "line 1: expected a mapping"),
        ("- 1", "line 1: expected a mapping"),
        ("id: &x {a: *x}", "a key or an alias"),
        ("? [a]\n: b", "a key or an alias"),
    ],
)
def test_what_is_no_pack_at_all_is_told_as_well(file, text, rule):
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PackError, match=re.escape(rule)):
        pack.load(file)


def test_all_mistakes_are_told_at_once(file):
    file.write_text(
        SOUND.replace("prefix: TC", "prefix: tc").replace("version: 2", "version: x"), encoding="utf-8"
    )
    with pytest.raises(PackError) as refused:
        pack.load(file)
    assert len(str(refused.value).splitlines()) == 2
