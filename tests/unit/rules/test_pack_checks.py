"""What a rule pack must not say: each mistake is told by file, line and rule."""

import re
from pathlib import Path

import pytest

from shared.rules.pack import pack_files
from shared.rules.pack.pack import PackError
from shared.rules.pack.triggers import Start

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
        ("choice: Usual.", "choice: {zh: 通常}", 10, "office_hours, choice, en: is missing"),
        ("choice: Usual.", "choice: ''", 10, "office_hours, choice, zh: string should have at least 1"),
        ("    clause: §1\n", "", 15, "limits, entry 1: give the `clause`"),
        ("deadline: reply\n", "deadline: answer\n", 15, "'answer' is no usual deadline: give it a `title`"),
        ("deadline: reply\n", "deadline: Re ply\n", 15, "limits, entry 1, deadline: string should match"),
        ("{number: 3, unit: working_days}", "{setting: 3}", 17, "limit, setting: string should match"),
        (
            "{number: 3, unit: working_days}",
            "{unit: working_days}",
            17,
            "limits, entry 1, limit, number: is missing",
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
        (", leader: mayor", "", 26, "ladder, entry 2: give the lift a `leader`, or the pack `levels`"),
        (", reason: refusal", "", 26, "ladder, entry 2: `reason` belongs to the act lift: give both"),
        ("do: [lift],", "do: [supervise],", 26, "ladder, entry 2: `reason` belongs to the act lift"),
        (
            "do: [lift], reason: refusal,",
            "do: [supervise],",
            26,
            "ladder, entry 2: `leader` belongs to the act lift",
        ),
        (
            "do: [lift], reason: refusal, leader: mayor,",
            "do: [remind],",
            26,
            "marks, refusals and requests can only",
        ),
        (
            "    card: yellow\n",
            "    card: yellow\n    to: court\n",
            21,
            "`to` names the body of the act hand_over",
        ),
        ("do: [card, redispatch]", "do: [card, hand_over]", 21, "`to` names the body of the act hand_over"),
        ("rounds: 1}\n    do", "rounds: 1+}\n    do", 21, "it would be dispatched again without end"),
        (
            "do: [card, redispatch]",
            "do: [card, redispatch, approve]",
            21,
            "approve ends the case: nothing can",
        ),
        (
            "{refused: true}",
            "{refused: true, level: city}",
            26,
            "when, level: 'city' is no level of this pack",
        ),
        ("step: lift,", "step: card,", 26, "ladder, entry 2, step: a second step 'card'"),
        ("overdue: [reply], rounds: 1", "overdue: [lifted]", 21, "'lifted' is of no unit: no card and no"),
        (
            "overdue: [reply], rounds: 1",
            "overdue: [lifted], rounds: 1",
            22,
            "'lifted' is of the whole case and has no",
        ),
        ("    rounds: 1\n", "    rounds: 1\n    of: office\n", 22, "'reply' is of no unit: no card and no"),
        (
            "    rounds: 1\n",
            "    starts: inspected\n",
            16,
            "'inspected' starts nothing: choose from received,",
        ),
        (
            "    limit: {number: 3, unit: working_days}\n",
            "",
            15,
            "give 'reply' a `limit`, or start it by a stage",
        ),
        ("{refused: true}", "{overdue: [lifted]}", 26, "ladder, entry 2: a case is lifted once"),
    ],
)
def test_a_mistake_is_told_by_file_line_and_rule(file, old, new, line, rule):
    assert old in SOUND
    file.write_text(SOUND.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PackError) as refused:
        pack_files.load(file)
    sentences = str(refused.value).splitlines()
    prefix = f"{file}, line {line}: "
    assert any(s.startswith(prefix) and rule in s for s in sentences), sentences


LEVEL = "{level: city, title: {zh: 市, en: city}, leader: mayor}"
STAGE = "{stage: plan, title: {zh: 划, en: plan}, clause: x}"
GROUND = "{ground: papers, title: {zh: 料, en: papers}, cap: {number: 1, unit: natural_days}}"
MORE = {
    "reminder: {percent: 75, deadlines: [contact], choice: x}": "deadlines, entry 1: the pack gives",
    "reminder: {percent: 100, deadlines: [reply], choice: x}": "reminder, percent: input should be less",
    "own_limits: {deadlines: [lifted], choice: x}": "'lifted' does not start with a dispatch",
    "own_limits: {deadlines: [contact], choice: x}": "deadlines, entry 1: nothing meets 'contact'",
    "own_limits: {deadlines: [answer], choice: x}": "entry 1: 'answer' has no title",
    "pauses: {cap: {number: 1, unit: months}, choice: x}": "a pause is capped in natural_days or",
    f"pauses: {{cap: {{setting: x}}, grounds: [{GROUND}, {GROUND}], choice: x}}": "a ground stands twice",
    "never_lifted: {marks: [famous], choice: x}": "never_lifted, marks, entry 1: input should be",
    "extension: {deadlines: [reply], cap: {number: 9, unit: months}}": "extension: give the `clause`",
    "extension: {deadlines: [lifted], cap: {setting: x}, choice: x}": "'lifted' is of the whole case",
    "extension: {deadlines: [contact], cap: {setting: x}, choice: x}": "gives 'contact' no limit",
    "extension: {deadlines: [reply], cap: {setting: x}, times: 0, choice: x}": "extension, times: input",
    f"levels: {{steps: [{LEVEL}, {LEVEL}], choice: x}}": "levels: a level stands twice",
    f"stages: [{STAGE}, {STAGE}]": "stages, entry 2, stage: a second stage 'plan'",
    f"stages: [{STAGE.replace('plan,', 'contacted,', 1)}]": "'contacted' is an act of every case",
    f"stages: [{STAGE.replace('clause', 'dates: true, clause')}]": "no limit takes the dates of 'plan'",
    "closure: {needs: [luck], choice: x}": "closure, needs, entry 1: input should be 'signed_off'",
    "reopening: {times: 0, choice: x}": "reopening, times: input should be greater",
    "settings: {reply: {zh: 甲, en: a}}": "settings, reply: the pack takes no such setting",
    "bodies: {police: {zh: 乙, en: b}}": "bodies, police: no step hands a case over to it",
    "acknowledgement: {limit: {number: 1, unit: months}}": "acknowledgement: give the `clause`",
    "merging: {shares: [], choice: x}": "merging, shares: frozenset should have at least 1 item",
}


@pytest.mark.parametrize(("text", "rule"), MORE.items())
def test_a_mistake_in_what_a_pack_may_add_is_told_too(file, text, rule):
    file.write_text(SOUND + text, encoding="utf-8")
    with pytest.raises(PackError, match=f"line {SOUND.count(chr(10)) + 1}: .*{re.escape(rule)}"):
        pack_files.read(file)


@pytest.mark.parametrize(("rounds", "refused"), [("1", True), ("1+", True), ("2+", False), ("2", False)])
def test_two_limits_for_one_deadline_must_not_share_a_round(file, rounds, refused):
    second = f"  - {{deadline: reply, rounds: {rounds}, limit: {{number: 1, unit: months}}, clause: x}}\n"
    file.write_text(SOUND.replace("ladder:\n", second + "ladder:\n"), encoding="utf-8")
    if refused:
        with pytest.raises(PackError, match="line 20: limits, entry 3: a second limit for 'reply'"):
            pack_files.load(file)
    else:
        assert len(pack_files.load(file).table().starts[Start.ROUND, 2]) == 1


@pytest.mark.parametrize("when", ["refused: true", "overdue: [reply]"])
def test_two_steps_must_not_have_the_same_cause(file, when):
    step = f"  - {{step: x, when: {{{when}}}, do: [lift], reason: count, leader: mayor, clause: x}}\n"
    file.write_text(SOUND + step, encoding="utf-8")
    with pytest.raises(PackError, match=r"line 27: ladder, entry 3, when: step '.*' has the same cause"):
        pack_files.load(file)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("id: [", "line 1: 不是有效的 YAML / no YAML"),
        ("", "line 1: 应为名称和值 / expected a mapping"),
        ("- 1", "line 1: expected a mapping"),
        ("id: &x {a: *x}", "has the name of the alias *x"),
        ("? [a]\n: b", "a key is no word"),
    ],
)
def test_what_is_no_pack_at_all_is_told_as_well(file, text, rule):
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PackError, match=re.escape(rule)):
        pack_files.load(file)


def test_all_mistakes_are_told_at_once(file):
    file.write_text(
        SOUND.replace("prefix: TC", "prefix: tc").replace("version: 2", "version: x"), encoding="utf-8"
    )
    with pytest.raises(PackError) as refused:
        pack_files.load(file)
    assert len(str(refused.value).splitlines()) == 2


STAGED = (
    SOUND
    + """\
  - {step: later, when: {overdue: [part]}, do: [supervise], clause: x}
stages:
  - {stage: planned, title: {zh: 划, en: planned}, dates: true, clause: x}
"""
).replace(
    "limits:\n",
    "  part: [responded]\nlimits:\n"
    "  - {deadline: part, title: {zh: 期, en: part}, starts: planned, clause: x}\n",
)


def part(title: str = "part", more: str = "") -> str:
    return (
        f"limits:\n  - {{deadline: part, title: {{zh: 期, en: {title}}}, starts: planned, {more}clause: x}}\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (part(), part(more="limit: {number: 1, unit: months}, "), "give 'part' a `limit`, or start it by"),
        ("part: [responded]", "part: [assigned]", "'assigned' cannot meet it: choose from contacted"),
        ("dates: true, ", "", "give 'part' a `limit`, or start it by a stage with `dates`"),
        (
            "prefix: TC",
            "prefix: TC\nextension: {deadlines: [part], cap: {setting: x}, clause: x}",
            "the dates of 'part' change when its stage is reached again",
        ),
        ("limits:\n", part("x", "kinds: [help], "), "limits, entry 2, title: 'part' has another title above"),
        ("limits:\n", part(more="kinds: [help], of: office, "), "limits, entry 2: 'part' is another's above"),
        ("limits:\n", part(), "limits, entry 2: a second limit for 'part' in the same round"),
    ],
)
def test_a_mistake_about_stages_is_told(file, old, new, rule):
    file.write_text(STAGED, encoding="utf-8")
    assert pack_files.read(file).stages[0].dates
    assert old in STAGED
    file.write_text(STAGED.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PackError, match=re.escape(rule)):
        pack_files.read(file)


def test_a_lift_has_a_leader_of_its_own_or_of_its_level(file):
    file.write_text(f"{SOUND}levels: {{steps: [{LEVEL}], choice: x}}", encoding="utf-8")
    with pytest.raises(PackError, match="line 26: ladder, entry 2: give the lift a `leader`, or the pack"):
        pack_files.read(file)


@pytest.mark.parametrize(
    ("ranks", "refused"),
    [
        (((3, "office"), (9, "leader")), False),
        (((3, "office"), (3, "leader")), True),
        (((3, "leader"), (9, "office")), True),
        (((3, "leader"), (9, "leader")), True),
    ],
)
def test_ranks_ascend_with_the_limits_they_approve(file, ranks, refused):
    listed = ", ".join(f"{{up_to: {{number: {n}, unit: months}}, rank: {rank}}}" for n, rank in ranks)
    extension = f"extension: {{deadlines: [reply], cap: {{setting: x}}, ranks: [{listed}], clause: x}}"
    file.write_text(SOUND + extension, encoding="utf-8")
    if refused:
        with pytest.raises(PackError, match="extension, ranks, entry 2: must be longer and of a higher rank"):
            pack_files.read(file)
    else:
        assert pack_files.read(file).extension


def test_steps_may_share_a_cause_where_kinds_or_levels_tell_them_apart(file):
    steps = [
        "{step: of_kind, when: {overdue: [reply], kinds: [help]}, do: [remind], clause: x}",
        "{step: of_other, when: {overdue: [reply], kinds: [report]}, do: [remind], clause: x}",
    ]
    file.write_text(SOUND + "".join(f"  - {step}\n" for step in steps), encoding="utf-8")
    assert len(pack_files.read(file).ladder) == 4
    both = steps[1].replace("[report]", "[report, help]")
    file.write_text(SOUND + f"  - {steps[0]}\n  - {both}\n", encoding="utf-8")
    with pytest.raises(PackError, match="step 'of_kind' has the same cause: keep one"):
        pack_files.read(file)


HANDED_OVER = SOUND + "  - {step: on, when: {overdue: [lifted]}, do: [hand_over], to: police, clause: x}\n"
POLICE = "bodies: {police: {zh: 公安机关, en: police}}\n"


def referred(zh: str) -> str:
    return f"referral: {{destinations: [{{to: police, title: {{zh: {zh}, en: police}}}}], clause: x}}\n"


@pytest.mark.parametrize("names", [POLICE, referred("公安机关"), POLICE + referred("公安机关")])
def test_a_body_has_its_name_from_the_bodies_or_the_referral(file, names):
    file.write_text(HANDED_OVER + names, encoding="utf-8")
    assert pack_files.read(file, named=True).destinations()["police"].zh == "公安机关"


def test_a_body_has_one_name_only(file):
    file.write_text(HANDED_OVER + POLICE + referred("警方"), encoding="utf-8")
    with pytest.raises(PackError, match=r"line 29: .*'police' has another name under `bodies`"):
        pack_files.read(file)


def test_an_older_version_without_names_is_read_and_a_new_one_is_told_what_to_name(file):
    text = HANDED_OVER.replace("{number: 3, unit: working_days}", "{setting: reply}")
    file.write_text(text, encoding="utf-8")
    assert pack_files.read(file).ladder[-1].to == "police"
    with pytest.raises(PackError) as refused:
        pack_files.read(file, named=True)
    assert str(refused.value).splitlines() == [
        f"{file}, line 1: settings: lacks the names of reply: give each a title, zh and en",
        f"{file}, line 27: ladder, entry 3, to: 'police' has no name: give it one under `bodies`, zh and en",
    ]
    file.write_text(
        text + POLICE + "settings: {reply: {zh: 回复时限, en: time to reply}}\n", encoding="utf-8"
    )
    assert pack_files.read(file, named=True).settings["reply"].en == "time to reply"


def test_only_a_pack_with_cards_or_lifts_asks_for_their_acknowledgement(file):
    asked = "acknowledgement: {limit: {number: 1, unit: working_days}, clause: x}\n"
    file.write_text(SOUND + asked, encoding="utf-8")
    assert pack_files.read(file).acknowledgement
    ladder = "ladder:\n  - {step: on, when: {overdue: [reply]}, do: [supervise], clause: x}\n"
    file.write_text(SOUND[: SOUND.index("ladder:")] + ladder + asked, encoding="utf-8")
    with pytest.raises(PackError, match="line 22: acknowledgement: the ladder has neither a card nor a lift"):
        pack_files.read(file)
