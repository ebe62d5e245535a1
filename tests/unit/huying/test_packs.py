"""`huying pack`: a pack checked, compared, told in sentences, and its schema."""

import json
import re
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from markupsafe import escape
from typer.testing import CliRunner

from huying.commands import pack_text
from huying.commands.main import app
from shared import events
from shared.rules.pack import pack_files, texts
from shared.rules.pack.desks import By, GuidedBy, Need, Shared
from shared.rules.pack.ladder import Consequence
from shared.rules.pack.time_rules import Owner
from shared.rules.pack.triggers import Meeting, Start
from shared.rules.terms import RaisedTo
from shared.rules.time.limits import LimitUnit
from shared.rules.wording import page_words, words
from shared.rules.wording.sentences import sentences
from shared.rules.wording.teller import LANGUAGES

ROOT = Path(pack_text.__file__).parents[2]
SAMPLE = ROOT / "huying" / "local" / "samples" / "settings.yaml"
SCHEMA = ROOT / "docs" / "packs" / "pack.schema.json"
EVERY_WORD = ROOT / "tests" / "packs" / "every_word.yaml"
BOZHOU = pack_files.PACKS / "bozhou-2024@1.yaml"


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["pack", *words], env={"HUYING_PACK_SETTINGS": ""})
    return result.exit_code, result.output


def as_an_editor_reads_it(path: Path) -> Any:
    return json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=date.isoformat))


def test_the_schema_in_the_docs_is_the_one_that_is_printed():
    assert run("schema") == (0, SCHEMA.read_text(encoding="utf-8")), (
        "huying pack schema > docs/packs/pack.schema.json"
    )


@pytest.mark.parametrize("path", sorted(pack_files.PACKS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_pack_is_valid_by_the_schema(path):
    jsonschema.Draft202012Validator(json.loads(pack_text.schema())).validate(as_an_editor_reads_it(path))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("percent: 75", "percent: 175"),
        ("percent: 75", "procent: 75"),
        ("rounds: 2+", "rounds: later"),
        ("unit: natural_days", "unit: lunar_days"),
        ("    clause: 亳政办〔2024〕8号 §3\n", ""),
    ],
)
def test_the_schema_refuses_what_a_pack_may_not_say(tmp_path, old, new):
    path = tmp_path / "city.yaml"
    text = BOZHOU.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(as_an_editor_reads_it(path), json.loads(pack_text.schema()))


def test_a_sound_pack_has_no_mistakes(tmp_path):
    assert run("check", str(BOZHOU)) == (0, "bozhou-2024@1: 没有错误 / no mistakes\n")
    open_numbers = str(pack_files.PACKS / "qingyang-2023@2.yaml")
    assert "settings: completion, dispatch, follow_up, lifted" in run("check", open_numbers)[1]
    assert run("check", open_numbers, "--settings", str(SAMPLE))[1].startswith("qingyang-2023@2.")
    assert run("check", str(pack_files.PACKS / "bozhou-2024@2.yaml"))[1].startswith("bozhou-2024@2: ")
    assert run("check", str(pack_files.PACKS / "bozhou-2024.yaml")) == (
        0,
        "bozhou-2024@3: 没有错误 / no mistakes\n",
    )


def test_every_mistake_is_told_on_a_line_of_its_own_with_exit_code_1(tmp_path):
    path = tmp_path / "city.yaml"
    text = BOZHOU.read_text(encoding="utf-8")
    path.write_text(
        text.replace("prefix: BZ", "prefix: b").replace("version: 1", "version: one"), encoding="utf-8"
    )
    code, output = run("check", str(path))
    assert code == 1
    assert [line.partition(": ")[0] for line in output.splitlines()] == [
        f"{path}, line 2",
        f"{path}, line 12",
    ]


def test_a_mistake_in_the_settings_counts_too(tmp_path):
    settings = tmp_path / "settings.yaml"
    settings.write_text(
        SAMPLE.read_text(encoding="utf-8").replace("      dispatch:", "      despatch:"), encoding="utf-8"
    )
    code, output = run("check", str(pack_files.PACKS / "qingyang-2023@2.yaml"), "--settings", str(settings))
    assert code == 1
    assert "limits: lacks dispatch" in output
    assert "despatch: is nothing the pack asks for: check its spelling" in output


def test_two_packs_are_compared_rule_by_rule_with_their_clauses(tmp_path):
    path = tmp_path / "city.yaml"
    text = BOZHOU.read_text(encoding="utf-8")
    old = (
        "rounds: 1\n    limit: {number: 3, unit: natural_days, roll: true}\n    clause: 亳政办〔2024〕8号 §3"
    )
    new = "rounds: 1\n    limit: {number: 2, unit: working_days}\n    clause: 新规 §9"
    assert old in text
    text = text.replace(old, new).replace(
        "never_lifted:\n  marks: [litigation, petition]", "never_lifted:\n  marks: [petition]"
    )
    path.write_text(text.replace("do: [supervise]", "do: [remind]"), encoding="utf-8")
    assert run("diff", "bozhou-2024@1", str(path), "--lang", "en")[1].splitlines()[2:] == [
        "",
        "Limits",
        "  ~ first: reply (in round 1): within 3 natural days (an end on a day off moves to the next working "
        "day) of dispatch, by the unit. Met by a reply to the enterprise or completion. "
        "[亳政办〔2024〕8号 §3]",
        "    second: reply (in round 1): within 2 working days of dispatch, by the unit. Met by a reply to "
        "the enterprise or completion. [新规 §9]",
        "",
        "What follows",
        "  ~ first: lifted handling overdue: a supervision notice. [a choice]",
        "    second: lifted handling overdue: a reminder. [a choice]",
        "",
        "Never lifted",
        "  ~ first: Matters that are in litigation or in petition are not lifted. [a choice]",
        "    second: Matters that are in petition are not lifted. [a choice]",
    ]


def test_a_version_differs_from_the_one_that_it_amends_by_what_it_says():
    output = run("diff", "case-limits@1", "case-limits@2", "--lang", "en")[1]
    assert output.splitlines()[2:] == [
        "Version: case-limits@1 → case-limits@2",
        "",
        "How time is counted",
        "  + only in the second: Whole minutes count: limits run from the minute shown, and all of the due "
        "minute is in time. [a choice]",
    ]


def test_a_version_that_amends_nothing_says_everything_by_the_schema(tmp_path):
    amending = as_an_editor_reads_it(pack_files.PACKS / "bozhou-2024@2.yaml")
    amending.pop("amends")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(amending, json.loads(pack_text.schema()))


def test_a_pack_does_not_differ_from_itself_nor_by_the_order_of_its_words(tmp_path):
    path = tmp_path / "city.yaml"
    text = BOZHOU.read_text(encoding="utf-8")
    swapped = text.replace("[contacted, responded, completed]", "[completed, contacted, responded]")
    path.write_text(
        swapped.replace("overdue: [reply, completion]", "overdue: [completion, reply]"), encoding="utf-8"
    )
    assert run("diff", "bozhou-2024@1", str(path))[1].splitlines()[2:] == ["没有不同"]


def test_what_only_one_of_two_packs_says_is_told():
    output = run("diff", "bozhou-2024@2", "bowu-2022@2", "--lang", "en")[1]
    assert "  - only in the first: contact (in round 1): within 1 natural day" in output
    assert (
        "  + only in the second: dispatch: within 1 half working day of registration, by the office."
        in output
    )


def test_what_is_acknowledged_and_handed_over_is_told_and_compared(tmp_path):
    path = tmp_path / "city.yaml"
    arrears = pack_files.PACKS / "xx-city-2022-arrears@1.yaml"
    text = arrears.read_text(encoding="utf-8").replace("财政或国有资产监管部门", "审计部门")
    path.write_text(text, encoding="utf-8")
    assert "督办、移交财政或国有资产监管部门。" in run("explain", "xx-city-2022-arrears@2")[1]
    output = run("diff", "xx-city-2022-arrears@1", str(path))[1]
    assert "  ~ 前者: 年度化解超期：督办、移交财政或国有资产监管部门。" in output
    assert "    后者: 年度化解超期：督办、移交审计部门。" in output
    text = BOZHOU.read_text(encoding="utf-8")
    old = "acknowledgement:\n  limit: {number: 1,"
    assert old in text
    path.write_text(text.replace(old, old.replace("1", "2")), encoding="utf-8")
    assert run("diff", "bozhou-2024@1", str(path))[1].splitlines()[3:] == [
        "签收",
        "  ~ 前者: 黄牌或提级通知发出后 1 个工作日内须签收，逾期未签收的逐级上报。 [取定]",
        "    后者: 黄牌或提级通知发出后 2 个工作日内须签收，逾期未签收的逐级上报。 [取定]",
    ]


def test_a_new_pack_names_what_people_read(tmp_path):
    path = tmp_path / "city.yaml"
    arrears = (pack_files.PACKS / "xx-city-2022-arrears@1.yaml").read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^(settings|bodies):\n(  .*\n)+", "", arrears), encoding="utf-8")
    code, output = run("check", str(path))
    assert code == 1
    assert "settings: lacks the names of plan" in output
    assert "to: 'debt_supervisor' has no name" in output
    assert "（plan）" not in run("explain", str(path))[1]


def test_settings_without_need_are_no_mistake():
    assert run("check", str(BOZHOU), "--settings", str(SAMPLE)) == run("check", str(BOZHOU))


def test_a_pack_is_told_in_sentences_on_a_terminal():
    output = run("explain", "qingyang-2023@2", "--settings", str(SAMPLE))[1]
    assert "交办：自登记起 1 个工作日（本地规定“交办时限（dispatch）”）内，责任方为营商环境办。" in output
    lines = output.splitlines()
    place = lines.index("  提级办理超期（已提级至“省”）：督办。")
    assert lines[place + 1] == "    依据条款: 庆阳若干措施（2023）§6"
    assert lines[place + 2].startswith("    取定说明: 省级之上")
    assert "由本地规定“交办时限（dispatch）”给定的时间" in run("explain", "qingyang-2023@2")[1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", pack_files.known())
def test_the_page_to_sign_says_every_rule_with_its_ground_and_needs_nothing_else(name, language):
    page = pack_text.page(name, SAMPLE, language)
    rules = pack_files.load(name, SAMPLE)
    for sentence in sentences(rules, language):
        assert any(escaped in page for escaped in (sentence.text, sentence.text.replace("'", "&#39;")))
        assert sentence.clause is None or sentence.clause in page
        assert sentence.choice is None or escape(sentence.choice) in page
    policy = texts.of(rules, pack_files.PACKS)
    for left in rules.outside:
        assert all(clause in page for clause in (policy.of(left.clause) if policy else [left.clause]) or ())
    assert all(escape(getattr(each.why, language)) in page for each in rules.outside)
    assert rules.ref in page
    for file in pack_files.files_of(name):
        assert sha256(file.read_bytes()).hexdigest() in page
    assert "http" not in page
    assert "<script" not in page


@pytest.mark.parametrize("name", pack_files.known())
def test_a_pack_told_in_chinese_gives_no_reason_in_english(name):
    page = pack_text.page(name, None, "zh")
    for shown in (re.sub("<[^>]*>", "|", page[page.index("<body>") :]), pack_text.text(name, None, "zh")):
        assert re.findall(r"[A-Za-z]+(?:[\s,;]+[A-Za-z]+){2,}", shown) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_one_reason_of_a_draft_is_shown_in_both_languages(tmp_path, language):
    path = tmp_path / "city.yaml"
    draft = yaml.safe_load(BOZHOU.read_text(encoding="utf-8"))
    draft["office_hours"]["choice"] = "Ask the office."
    draft["outside"][0]["why"] = "Ask the mayor."
    path.write_text(yaml.safe_dump(draft, allow_unicode=True), encoding="utf-8")
    assert run("check", str(path))[0] == 0
    jsonschema.validate(as_an_editor_reads_it(path), json.loads(pack_text.schema()))
    assert "Ask the office." in pack_text.page(str(path), None, language)
    assert "Ask the mayor." in pack_text.page(str(path), None, language)
    assert "Ask the mayor." in pack_text.text(str(path), None, language)


def test_the_page_is_written_to_a_file(tmp_path):
    page = tmp_path / "page.html"
    assert run("explain", "bozhou-2024", "--out", str(page)) == (0, "")
    assert '<html lang="zh-CN">' in page.read_text(encoding="utf-8")


def test_text_from_a_pack_cannot_become_markup(tmp_path):
    path = tmp_path / "city.yaml"
    text = BOZHOU.read_text(encoding="utf-8").replace("亳政办〔2024〕8号 §1", "<b onload=x>§1</b>")
    path.write_text(text, encoding="utf-8")
    assert "<b onload" not in pack_text.page(str(path), None, "zh")


@pytest.mark.parametrize(
    ("wordings", "of"),
    [
        (words.CONSEQUENCES, Consequence),
        (words.MEETINGS, Meeting),
        (words.STARTS, Start),
        (words.OWNERS, {*Owner, By.BOTH}),
        (words.RAISED_TO, RaisedTo),
        (words.GUIDED_BY, GuidedBy),
        (words.UNITS, LimitUnit),
        (words.DEADLINES, events.DeadlineKind),
        (words.KINDS, events.Kind),
        (words.MARKS, events.Mark),
        (words.RANKS, events.Rank),
        (words.RATINGS, events.Rating),
        (words.SHARED, Shared),
        (words.NEEDS, Need),
    ],
)
def test_there_are_words_for_all_that_a_pack_can_say(wordings, of):
    assert wordings.keys() == set(of)
    assert all(wording.zh and wording.en for wording in wordings.values())


def test_every_part_of_a_pack_that_is_founded_has_its_topic():
    packs = [*pack_files.known(), EVERY_WORD]
    topics = {sentence.topic for name in packs for sentence in sentences(pack_files.unbound(name), "zh")}
    assert topics == page_words.TOPICS.keys()
