"""A stage that gives a case back, the office's deadline after it, and one that completion does not end."""

from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from shared.rules.judging.acts import Act
from shared.rules.pack import pack_files, versions
from shared.rules.pack.pack import Pack, PackError
from shared.rules.wording.sentences import sentences
from tests.unit.rules.judged import BUREAU, TOWN, assigned, completed, contacted, judge, leg, stands
from tests.unit.rules.test_procedures import HEAD, TITLE, reached

WORDS = f"""\
stages:
  - {{stage: declined, title: {{zh: 拒, en: declined}}, returns: true, clause: x}}
  - {{stage: approved, title: {{zh: 批, en: approved}}, clause: x}}
met_by: {{contact: [contacted], status: [declined, approved], next_bank: [assigned, closed]}}
limits:
  - {{deadline: contact, limit: {{number: 1, unit: natural_days}}, outlasts: true, clause: x}}
  - {{deadline: status, limit: {{number: 3, unit: natural_days}}, {TITLE}}}
  - {{deadline: next_bank, starts: returned, limit: {{number: 1, unit: natural_days}}, {TITLE}}}
"""
A, B = leg(TOWN), leg(BUREAU)


def city(folder: Path, words: str = WORDS) -> Pack:
    (folder / "city.yaml").write_text(HEAD + words, encoding="utf-8")
    return pack_files.load(folder / "city.yaml")


def declined(when: str, of: UUID = TOWN) -> list[Act]:
    return [reached(when, "declined", leg_id=of), completed(when, leg_id=of)]


def test_a_case_that_everybody_gave_back_has_a_clock_of_the_office(tmp_path):
    history = [assigned("03-02 10:00", A, B), *declined("03-03 10:00"), contacted("03-02 11:00")]
    judged = judge(*history, rules=city(tmp_path), upto="03-03 12:00")
    assert not [line for line in stands(judged) if line.startswith("next_bank")], "one bank still has it"
    both = judge(*history, *declined("03-03 11:00", of=BUREAU), rules=city(tmp_path), upto="03-03 12:00")
    assert "next_bank 1 03-04 24:00 open" in stands(both)


def test_the_next_dispatch_meets_it_and_the_next_return_starts_it_again(tmp_path):
    history = [assigned("03-02 10:00", A), *declined("03-03 10:00"), assigned("03-04 10:00", B)]
    history += declined("03-05 10:00", of=BUREAU)
    judged = judge(*history, rules=city(tmp_path), upto="03-05 12:00")
    lines = [line for line in stands(judged) if line.startswith("next_bank")]
    assert lines == ["next_bank 1 03-04 24:00 met", "next_bank 1 03-06 24:00 open"]


def test_what_was_done_is_not_given_back(tmp_path):
    history = [assigned("03-02 10:00", A), reached("03-03 10:00", "approved"), completed("03-03 10:00")]
    judged = judge(*history, rules=city(tmp_path), upto="03-10 12:00")
    assert not [line for line in stands(judged) if line.startswith("next_bank")]


def test_a_deadline_that_outlasts_completion_is_met_by_its_act_alone(tmp_path):
    history = [assigned("03-02 10:00", A), *declined("03-02 11:00")]
    met = judge(*history, contacted("03-03 09:00"), rules=city(tmp_path), upto="03-10 12:00")
    assert stands(met)[:2] == ["contact 1 03-03 24:00 met", "status 1 03-05 24:00 met"]
    missed = judge(*history, rules=city(tmp_path), upto="03-10 12:00")
    assert stands(missed)[0] == "contact 1 03-03 24:00 overdue"
    ends = judge(*history, rules=city(tmp_path, WORDS.replace("outlasts: true, ", "")), upto="03-10 12:00")
    assert stands(ends)[0] == "contact 1 03-03 24:00 void", "without the word completion ends it, as before"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("returns: true, ", "", "no stage gives a case back"),
        ("starts: returned, limit", "starts: returned, outlasts: true, limit", "leave `outlasts` out"),
    ],
)
def test_words_that_cannot_hold_are_refused(tmp_path, old, new, why):
    with pytest.raises(PackError, match=why):
        city(tmp_path, WORDS.replace(old, new, 1))


def test_people_are_told_both(tmp_path):
    text = " ".join(sentence.text for sentence in sentences(city(tmp_path), "en"))
    assert "which gives the case back" in text
    assert "runs on after completion" in text
    assert "of the return by every unit" in text


VERSION = HEAD + "met_by: {}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, version, since in (("@1", 1, "2024-02-14"), ("@2", 2, "2024-02-14"), ("", 3, "2024-10-31")):
        text = VERSION.replace("version: 1", f"version: {version}").replace("2026-01-01", since)
        (tmp_path / f"test-city{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("day", "version"),
    [
        ("2024-02-14", 2),  # of two that are in force the higher
        ("2024-10-30", 2),
        ("2024-10-31", 3),  # the first day is one of its days
        ("2030-01-01", 3),
        ("2012-05-01", 3),  # before all of them: what the newest makes of it
    ],
)
def test_a_case_comes_under_the_version_in_force_on_its_day(folder, day, version):
    assert versions.in_force("test-city", date.fromisoformat(day), folder=folder).version == version


@pytest.mark.parametrize("name", ["test-city@1", "path"])
def test_a_pack_named_with_its_version_or_by_its_file_is_that_one_on_every_day(folder, name):
    named = str(folder / "test-city@1.yaml") if name == "path" else name
    assert versions.in_force(named, date(2030, 1, 1), folder=folder).ref == "test-city@1"


def test_a_version_that_begins_tomorrow_is_not_chosen_today(folder):
    tomorrow = folder / "test-city@4.yaml"
    tomorrow.write_text(
        VERSION.replace("version: 1", "version: 4").replace("2026-01-01", "2030-01-02"), encoding="utf-8"
    )
    chosen = [versions.in_force("test-city", date(2030, 1, day), folder=folder).version for day in (1, 2)]
    assert chosen == [3, 4]
