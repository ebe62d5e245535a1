"""Every shipped pack is complete: a page that goes through its clauses, and numbers for its settings."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.rules.pack import pack, pack_files
from tests.packs.histories import SETTINGS, loaded

PAGES = Path(__file__).parent.parent.parent / "docs" / "packs"
CITIES = ("bozhou-2024", "bowu-2022", "xuancheng-2024", "qingyang-2023", "xx-city-2022")
HAN = re.compile("[\u4e00-\u9fff]")


def page_of(pack_id: str) -> str:
    return (PAGES / f"{pack_id}.md").read_text(encoding="utf-8")


def written(pack_id: str) -> dict[str, Any]:
    """What the pack says, in its file and in the one that it amends."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in pack_files.files_of(pack_id)]
    return {word: rule for rules in reversed(files) for word, rule in rules.items()}


def cited(pack_id: str, *, outside: bool) -> set[str]:
    """The clauses that the pack's rules cite, or those under `outside`."""
    rules = written(pack_id)
    left_alone = rules.pop("outside", [])
    return set(_clauses(left_alone if outside else rules))


def _clauses(part: Any) -> Iterator[str]:
    if isinstance(part, dict) and "clause" in part:
        yield part["clause"]
    for entry in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _clauses(entry)


def reasons(part: Any) -> list[Any]:
    """What a pack's file gives as `choice` and `why`, in its order."""
    if isinstance(part, dict):
        own = [part[key] for key in ("choice", "why") if key in part]
        return own + [reason for entry in part.values() for reason in reasons(entry)]
    return [reason for entry in part for reason in reasons(entry)] if isinstance(part, list) else []


def tabled(page: str) -> dict[str, tuple[str, str]]:
    """The rows of a page's table: by clause, what the pack does and what remains outside."""
    rows = [line.strip("| ").split("|") for line in page.splitlines() if line.startswith("| ")][1:]
    return {row[0].strip(): (row[1].strip(), row[-1].strip() if len(row) > 2 else "") for row in rows}


@pytest.mark.parametrize("pack_id", pack_files.known())
def test_a_page_says_what_the_pack_does_for_exactly_the_clauses_its_rules_cite(pack_id: str):
    rows = tabled(page_of(pack_id))
    assert {clause for clause, (does, _) in rows.items() if does} == cited(pack_id, outside=False)


@pytest.mark.parametrize("pack_id", pack_files.known())
def test_a_page_says_what_remains_outside_for_exactly_the_clauses_the_pack_names(pack_id: str):
    rows = tabled(page_of(pack_id))
    assert {clause for clause, (_, remains) in rows.items() if remains} == cited(pack_id, outside=True)


@pytest.mark.parametrize("pack_id", pack_files.known())
def test_a_pack_gives_every_reason_in_chinese_and_in_english(pack_id: str):
    all_reasons = reasons(written(pack_id))
    assert all_reasons
    assert [
        reason for reason in all_reasons if not isinstance(reason, dict) or reason.keys() != {"zh", "en"}
    ] == []
    assert [reason["zh"] for reason in all_reasons if not HAN.search(reason["zh"])] == []
    assert [reason["en"] for reason in all_reasons if HAN.search(reason["en"])] == []


@pytest.mark.parametrize("pack_id", pack_files.known())
def test_the_index_leads_to_every_page_and_the_page_to_its_pack(pack_id: str):
    assert f"({pack_id}.md)" in page_of("README")
    assert f"(../../shared/rules/packs/{pack_id}.yaml)" in page_of(pack_id)


def test_there_is_no_page_without_a_pack():
    assert {page.stem for page in PAGES.glob("*.md")} == {*pack_files.known(), "README"}


@pytest.mark.parametrize("pack_id", pack_files.known())
def test_a_page_names_the_settings_its_pack_needs(pack_id: str):
    page = page_of(pack_id)
    assert {name for name in loaded(pack_id).settings_named if f"`{name}`" not in page} == set()


def test_the_sample_settings_give_each_pack_what_it_needs_and_no_more():
    settings = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
    for pack_id in pack_files.known():
        rules = pack_files.unbound(pack_id)
        limits = set(settings[pack_id][-1]["limits"]) if pack_id in settings else set()
        assert rules.settings_needed <= limits <= rules.settings_named, pack_id


def test_the_sample_settings_say_that_nobody_decided_them():
    for versions in yaml.safe_load(SETTINGS.read_text(encoding="utf-8")).values():
        assert all("示例" in numbers["decided"] for numbers in versions)


@pytest.mark.parametrize("pack_id", pack_files.known())
def test_a_pack_without_settings_is_refused_exactly_where_it_needs_them(pack_id: str):
    if pack_files.unbound(pack_id).settings_needed:
        with pytest.raises(pack.PackError, match="jurisdiction's settings"):
            pack_files.load(pack_id)
    else:
        assert pack_files.load(pack_id).ref == pack_files.unbound(pack_id).ref


def test_registration_numbers_tell_the_packs_apart():
    prefixes = [loaded(pack_id).prefix for pack_id in pack_files.known()]
    assert len(set(prefixes)) == len(prefixes)


@pytest.mark.parametrize("pack_id", CITIES)
def test_every_citys_pack_says_how_an_appeal_is_closed_reopened_and_merged(pack_id: str):
    rules = loaded(pack_id)
    assert None not in (rules.closure, rules.reopening, rules.merging)


def test_the_index_shows_the_language_with_examples_that_stand_in_the_packs():
    index = page_of("README")
    shown = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", index, re.DOTALL)]
    steps = {step["step"] for part in shown for step in part.get("ladder", ())}
    stages = {stage["stage"] for part in shown for stage in part.get("stages", ())}
    packs = [loaded(pack_id) for pack_id in pack_files.known()]
    assert steps <= {step.step for rules in packs for step in rules.ladder}
    assert stages <= {stage.stage for rules in packs for stage in rules.stages}
    assert steps
    assert stages


@pytest.mark.parametrize("pack_id", pack_files.known())
def test_a_pack_names_its_settings_and_the_bodies_it_hands_over_to(pack_id: str):
    named = pack_files.read(pack_files.PACKS / f"{pack_id}.yaml", named=True)
    titles = [*named.settings.values(), *named.destinations().values()]
    assert [title for title in titles if not HAN.search(title.zh) or HAN.search(title.en)] == []


@pytest.mark.parametrize("pack_id", pack_files.known())
def test_a_pack_with_cards_or_lifts_says_when_they_are_acknowledged(pack_id: str):
    rules = loaded(pack_id)
    sent = {act for step in rules.ladder for act in step.do} & {"card", "lift"}
    assert (rules.acknowledgement is not None) == bool(sent)
