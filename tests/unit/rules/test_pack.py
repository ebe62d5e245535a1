"""Rule packs: what is shipped, how versions and settings are found, and what a pack comes to for a kind."""

import re
import shutil
from pathlib import Path

import pytest

from shared.rules.pack import pack, pack_files
from shared.rules.pack.counting import Counting
from shared.rules.pack.pack import PackError, PackGone
from shared.rules.pack.time_rules import Reminder
from shared.rules.pack.triggers import Start
from shared.rules.terms import Kind
from shared.rules.time.limits import Limit, LimitUnit
from tests.unit.rules.test_pack_checks import SOUND

SAMPLE = Path(pack.__file__).parents[3] / "huying" / "local" / "samples" / "settings.yaml"
OPEN = SOUND.replace("{number: 3, unit: working_days}", "{setting: reply}").replace(
    "{number: 1, unit: months}", "{setting: lifted}"
)
GIVEN = """\
test-city:
  - version: 1
    decided: by the council
    limits: {reply: {number: 5, unit: working_days}, lifted: {number: 1, unit: months}}
  - version: 2
    decided: by the council
    limits: {reply: {number: 4, unit: working_days}, lifted: {number: 1, unit: months}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "city.yaml"
    path.write_text(OPEN, encoding="utf-8")
    return path


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text(GIVEN, encoding="utf-8")
    return path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_shipped_pack_loads_under_its_name_and_version():
    for name in pack_files.known():
        loaded = pack_files.load(name, SAMPLE)
        assert loaded.id == name
        assert pack_files.load(loaded.ref, SAMPLE) is loaded


def test_shipped_packs_have_prefixes_of_their_own():
    prefixes = [pack_files.load(name, SAMPLE).prefix for name in pack_files.known()]
    assert len(set(prefixes)) == len(prefixes)


@pytest.mark.parametrize(
    ("name", "error", "sentence"),
    [
        ("bozhou-2024@7", PackGone, "'bozhou-2024' is here in version 3, not '7': ask for bozhou-2024@3"),
        ("bozhou-2024@../x", PackError, "bozhou-2024@../x: 无法读取 / cannot be read"),
        ("bozhou-2024@1.3", PackGone, "pack 'bozhou-2024' takes no settings: ask for bozhou-2024@1"),
        ("qingyang-2023@1.99", PackGone, "'qingyang-2023' has no version 99 here"),
        ("qingyang-2023@1.x", PackGone, "'qingyang-2023' has no version x here"),
        ("paris", PackGone, "no pack is called 'paris': there are bowu-2022"),
        ("nowhere/x.yaml", PackError, "nowhere/x.yaml: 无法读取 / cannot be read"),
    ],
)
def test_a_pack_that_is_not_there_is_said_so(name, error, sentence):
    with pytest.raises(error, match=re.escape(sentence)):
        pack_files.load(name, SAMPLE)


def test_a_pack_can_be_read_from_a_file(tmp_path):
    path = tmp_path / "city.yaml"
    path.write_text(SOUND, encoding="utf-8")
    loaded = pack_files.load(path)
    assert loaded.ref == "test-city@2"
    assert loaded == pack_files.load(str(path))
    assert loaded.limits[0].limit == Limit(number=3, unit=LimitUnit.WORKING_DAYS)


def test_an_older_version_stands_beside_the_newest(tmp_path):
    newest = pack_files.PACKS / "bozhou-2024@1.yaml"
    older = tmp_path / "bozhou-2024@1.yaml"
    older.write_text(newest.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "bozhou-2024.yaml").write_text(
        newest.read_text(encoding="utf-8").replace("version: 1", "version: 2"), encoding="utf-8"
    )
    assert [pack_files.load(ref, folder=tmp_path).version for ref in ("bozhou-2024", "bozhou-2024@1")] == [
        2,
        1,
    ]
    with pytest.raises(PackGone, match="is here in version 2, not '3'"):
        pack_files.load("bozhou-2024@3", folder=tmp_path)
    older.rename(tmp_path / "bozhou-2024@3.yaml")
    with pytest.raises(PackError, match="is bozhou-2024@1 by its own words: name the file so"):
        pack_files.load("bozhou-2024@3", folder=tmp_path)


AMENDING = """\
id: test-city
version: 3
amends: 2
counting: {whole_minutes: true, clause: §1}
reminder: {percent: 50, deadlines: [reply], clause: §2}
"""


def test_a_version_says_what_it_changes_and_the_rest_stands_as_it_was(tmp_path):
    (tmp_path / "test-city@2.yaml").write_text(SOUND, encoding="utf-8")
    (tmp_path / "test-city.yaml").write_text(AMENDING, encoding="utf-8")
    was, now = (pack_files.load(ref, folder=tmp_path) for ref in ("test-city@2", "test-city"))
    assert (was.ref, now.ref) == ("test-city@2", "test-city@3")
    assert now.counting == Counting(whole_minutes=True, clause="§1")
    assert now.reminder == Reminder(percent=50, deadlines=("reply",), clause="§2")
    changed = {"version": 3, "amends": 2, "counting": now.counting, "reminder": now.reminder}
    assert now == was.model_copy(update=changed)
    assert pack_files.files_of("test-city", tmp_path) == [
        tmp_path / "test-city.yaml",
        tmp_path / "test-city@2.yaml",
    ]


@pytest.mark.parametrize(
    ("amending", "sentence"),
    [
        (
            AMENDING.replace("amends: 2", "amends: 1"),
            "amends version 1, but test-city@1.yaml is not beside it",
        ),
        (AMENDING.replace("amends: 2", "amends: 3"), "version 3 amends 3: only an earlier one can be"),
        (AMENDING.replace("amends: 2", "amends: two"), "line 3: amends: input should be a valid integer"),
        (AMENDING.replace("percent: 50", "percent: 500"), "test-city.yaml, line 5: reminder, percent: "),
        (
            AMENDING + "limits: []\n",
            "test-city@2.yaml, line ",
        ),  # what spoke of the limits is told where it is
    ],
)
def test_mistakes_of_a_version_that_amends_another_are_told_by_file_and_line(tmp_path, amending, sentence):
    (tmp_path / "test-city@2.yaml").write_text(SOUND, encoding="utf-8")
    (tmp_path / "test-city.yaml").write_text(amending, encoding="utf-8")
    with pytest.raises(PackError, match=re.escape(sentence)):
        pack_files.load("test-city", folder=tmp_path)


def test_a_version_under_another_versions_name_is_refused(tmp_path):
    (tmp_path / "test-city@2.yaml").write_text(AMENDING, encoding="utf-8")
    (tmp_path / "test-city.yaml").write_text(AMENDING.replace("version: 3", "version: 4"), encoding="utf-8")
    with pytest.raises(PackError, match="is test-city@3 by its own words: name the file so"):
        pack_files.load("test-city", folder=tmp_path)


def test_every_shipped_pack_keeps_its_earlier_versions():
    for name in pack_files.known():
        newest = pack_files.load(name, SAMPLE).version
        assert newest >= 2
        kept = [pack_files.load(f"{name}@{version}", SAMPLE) for version in range(1, newest)]
        assert [(earlier.version, earlier.counting is None) for earlier in kept] == [
            (version, version == 1) for version in range(1, newest)
        ]


def test_numbers_come_from_the_newest_settings_and_the_ref_names_them(file, settings_file):
    loaded = pack_files.load(file, settings_file)
    assert loaded.ref == "test-city@2.2"
    assert loaded.limit(loaded.limits[0].limit) == Limit(number=4, unit=LimitUnit.WORKING_DAYS)
    assert loaded.table().starts[Start.ROUND, 1][0].limit == Limit(number=4, unit=LimitUnit.WORKING_DAYS)


def test_a_case_keeps_the_version_of_the_settings_it_was_registered_under(file, settings_file):
    read = pack_files.read(file)
    first, second = (read.with_settings(settings_file, version) for version in ("1", "2"))
    assert [first.ref, second.ref] == ["test-city@2.1", "test-city@2.2"]
    limits = [bound.table().starts[Start.ROUND, 1][0].limit.number for bound in (first, second)]
    assert limits == [5, 4]


def test_an_old_version_that_no_longer_gives_all_the_pack_needs_is_gone(file, settings_file):
    replace(settings_file, "reply: {number: 5, unit: working_days}, ", "")
    with pytest.raises(PackGone, match="'test-city' has no version 1 here that gives all it needs"):
        pack_files.read(file).with_settings(settings_file, "1")
    assert pack_files.read(file).with_settings(settings_file, "2").ref == "test-city@2.2"


def test_a_pack_with_open_numbers_cannot_be_judged_by_without_settings(file):
    with pytest.raises(PackError, match="'test-city' takes 'lifted' from the jurisdiction's settings"):
        pack_files.load(file)
    with pytest.raises(PackError, match="'test-city' takes 'reply' from the jurisdiction's settings"):
        pack_files.read(file).table()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("test-city:", "other-city:", r"line 1: 'test-city' is not here: give it lifted, reply"),
        ("reply: {number: 4", "answer: {number: 4", r"line 7: test-city, entry 2, limits: lacks reply: give"),
        ("version: 2", "version: 1", r"line 5: test-city, entry 2, version: version 1 stands twice"),
        (
            "decided: by the council",
            "decided: ''",
            r"line 3: test-city, entry 1, decided: string should have",
        ),
        ("number: 5", "number: none", r"line 4: test-city, entry 1, limits, reply, number: input should be"),
    ],
)
def test_a_mistake_in_the_settings_is_told_by_file_and_line(file, settings_file, old, new, sentence):
    replace(settings_file, old, new)
    with pytest.raises(PackError, match=re.escape(f"{settings_file}, ") + sentence):
        pack_files.load(file, settings_file)


def test_what_a_pack_does_not_ask_for_is_a_mistake_only_where_that_is_checked(file, settings_file):
    replace(
        settings_file,
        "limits: {reply: {number: 4",
        "limits: {lunch: {number: 1, unit: months}, reply: {number: 4",
    )
    assert pack_files.load(file, settings_file).ref == "test-city@2.2"
    with pytest.raises(
        PackError, match="line 7: test-city, entry 2, limits, lunch: is nothing the pack asks"
    ):
        pack_files.read(file).with_settings(settings_file, exactly=True)


def test_settings_cannot_cap_a_pause_by_months(file, settings_file):
    file.write_text(OPEN + "pauses: {cap: {setting: lifted}, choice: x}\n", encoding="utf-8")
    with pytest.raises(PackError, match="'lifted' caps a pause: give it natural_days or working_days"):
        pack_files.load(file, settings_file)


def test_rounds_without_a_limit_have_none():
    starts = pack_files.load("bozhou-2024@2").table().starts
    rounds = [starts[Start.ROUND, number] for number in (1, 2)]
    assert [held.deadline for held in rounds[0]] == ["contact", "reply", "completion"]
    assert [held.deadline for held in rounds[1]] == ["reply", "completion"]
    assert [held.own_clause is not None for held in rounds[0]] == [False, False, True]


def test_a_step_reaches_the_rounds_it_names():
    steps = pack_files.load("bozhou-2024@2").table().steps
    names = [[step.step for step in steps["reply", number]] for number in (1, 2, 3)]
    assert names == [["yellow_card"], ["lift_by_count"], ["lift_by_count"]]
    assert ("contact", 1) not in steps


def test_a_limit_for_a_kind_goes_before_the_one_for_all_in_its_rounds_only(tmp_path):
    path = tmp_path / "city.yaml"
    of_kind = (
        "  - {deadline: reply, rounds: 1, kinds: [report], limit: {number: 9, unit: months}, clause: x}\n"
    )
    every = SOUND.replace("    rounds: 1\n", "    rounds: 1+\n").replace("ladder:\n", f"{of_kind}ladder:\n")
    path.write_text(every, encoding="utf-8")
    loaded = pack_files.load(path)
    numbers = {
        (kind, number): [held.limit.number for held in loaded.table(kind).starts[Start.ROUND, number]]
        for kind in (Kind.REPORT, Kind.HELP, None)
        for number in (1, 2)
    }
    assert numbers == {
        (Kind.REPORT, 1): [9],
        (Kind.REPORT, 2): [3],
        (Kind.HELP, 1): [3],
        (Kind.HELP, 2): [3],
        (None, 1): [3],
        (None, 2): [3],
    }


def test_the_time_for_an_acknowledgement_may_come_from_the_settings(file, settings_file):
    asked = "acknowledgement: {limit: {setting: reply}, clause: x}\n"
    file.write_text(file.read_text(encoding="utf-8") + asked, encoding="utf-8")
    loaded = pack_files.load(file, settings_file)
    assert loaded.acknowledgement
    assert loaded.limit(loaded.acknowledgement.limit) == Limit(number=4, unit=LimitUnit.WORKING_DAYS)


def test_a_version_of_settings_is_refused_where_a_pack_takes_none_also_to_look_at():
    with pytest.raises(PackGone, match="pack 'bowu-2022' takes no settings: ask for bowu-2022@1"):
        pack_files.unbound("bowu-2022@1.5")
    assert pack_files.unbound("qingyang-2023@1.5").ref == "qingyang-2023@1"


DEFAULTED = Path(__file__).parents[2] / "packs" / "every_word.yaml"


def test_a_setting_with_a_default_needs_no_settings_file():
    ready = pack_files.load(DEFAULTED)
    assert ready.ref == "every-word@3"
    rule = next(rule for rule in ready.limits if rule.deadline == "complaint")
    assert ready.limit(rule.limit) == Limit(number=3, unit=LimitUnit.WORKING_DAYS)


def test_the_settings_file_wins_over_a_default_where_it_names_the_number(tmp_path):
    settings = tmp_path / "settings.yaml"
    settings.write_text(
        "every-word:\n  - version: 4\n    decided: by us\n    limits:\n"
        "      complaint: {number: 2, unit: working_days}\n",
        encoding="utf-8",
    )
    ready = pack_files.load(DEFAULTED, settings)
    limits = {rule.deadline: rule.limit and ready.limit(rule.limit) for rule in ready.limits}
    assert ready.ref == "every-word@3.4"
    assert (limits["complaint"].number, limits["closure"].number) == (2, 3)


def test_a_settings_file_that_says_nothing_of_the_pack_leaves_its_defaults(tmp_path):
    settings = tmp_path / "settings.yaml"
    settings.write_text("other: []\n", encoding="utf-8")
    assert pack_files.load(DEFAULTED, settings).ref == "every-word@3"


def test_a_case_registered_by_the_defaults_stays_with_them_when_numbers_are_decided_later(tmp_path):
    shutil.copy(DEFAULTED, tmp_path / "every-word.yaml")
    settings = tmp_path / "settings.yaml"
    settings.write_text(
        "every-word:\n  - version: 1\n    decided: by us\n    limits:\n"
        "      complaint: {number: 2, unit: working_days}\n",
        encoding="utf-8",
    )
    assert pack_files.load("every-word", settings, tmp_path).ref == "every-word@3.1"
    assert pack_files.load("every-word@3", settings, tmp_path).ref == "every-word@3"
    with pytest.raises(PackGone, match="has no version 7 here"):
        pack_files.load("every-word@3.7", settings, tmp_path)


def test_version_two_stands_beside_version_three_and_still_amends_the_first(tmp_path):
    shutil.copy(pack_files.PACKS / "bozhou-2024@1.yaml", tmp_path)
    second = next(
        path
        for path in (pack_files.PACKS / "bozhou-2024@2.yaml", pack_files.PACKS / "bozhou-2024.yaml")
        if path.is_file() and pack_files.read(path).version == 2
    )
    shutil.copy(second, tmp_path / "bozhou-2024@2.yaml")
    third = (tmp_path / "bozhou-2024@1.yaml").read_text("utf-8").replace("version: 1\n", "version: 3\n")
    (tmp_path / "bozhou-2024.yaml").write_text(third, encoding="utf-8")
    refs = {name: pack_files.load(name, folder=tmp_path).ref for name in ("bozhou-2024", "bozhou-2024@2")}
    assert refs == {"bozhou-2024": "bozhou-2024@3", "bozhou-2024@2": "bozhou-2024@2"}
    assert pack_files.load("bozhou-2024@2", folder=tmp_path).counting.whole_minutes
    assert [file.name for file in pack_files.files_of("bozhou-2024@2", tmp_path)] == [
        "bozhou-2024@2.yaml",
        "bozhou-2024@1.yaml",
    ]
