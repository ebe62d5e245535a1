"""Every clause of a text has its row: what the pack does with it, or why it leaves it alone."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from huying.commands import pack_text
from huying.commands.main import app
from shared.rules.pack import pack, pack_files, texts
from shared.rules.wording.clauses import clause_rows
from shared.rules.wording.teller import LANGUAGES
from tests.packs.histories import SETTINGS

TITLE = "title: 关于进一步优化营商环境的若干措施"
NEWEST = [name for name in pack_files.known() if pack_files.unbound(name).version >= 3]
MADE_FROM_A_TEXT = [name for name in NEWEST if name != "case-limits"]


def qingyang(folder: Path, old: str = "", new: str = "") -> Path:
    """Qingyang's first pack, which names its text, with other words."""
    text = (pack_files.PACKS / "qingyang-2023@1.yaml").read_text(encoding="utf-8")
    assert old in text
    path = folder / "city.yaml"
    path.write_text(
        text.replace(TITLE, f"{TITLE}\n  text: qingyang-2023").replace(old, new), encoding="utf-8"
    )
    return path


def check(path: Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["pack", "check", str(path)], env={"HUYING_PACK_SETTINGS": ""})
    return done.exit_code, done.output


def test_a_pack_that_says_something_of_every_clause_is_sound(tmp_path):
    assert check(qingyang(tmp_path))[0] == 0


def test_a_pack_that_lacks_a_clause_is_refused(tmp_path):
    path = qingyang(tmp_path, "- clause: 庆阳若干措施（2023）§15", "- clause: 庆阳若干措施（2023）§11")
    code, output = check(path)
    assert code == 1
    assert "says nothing of §15: give each a rule, or a line under `outside`" in output


def test_the_clauses_between_two_are_asked_for_one_by_one(tmp_path):
    code, output = check(qingyang(tmp_path, "§1–§5、§8–§10、§13", "§1–§4、§8、§10"))
    assert code == 1
    assert "says nothing of §5、§9、§13" in output


def test_a_clause_that_the_text_does_not_have_is_refused(tmp_path):
    code, output = check(
        qingyang(tmp_path, "clause: 庆阳若干措施（2023）§7", "clause: 庆阳若干措施（2023）§71")
    )
    assert code == 1
    assert "庆阳若干措施（2023） §71' is no clause of the text" in output
    assert "says nothing of §7:" in output


def test_a_text_of_ones_own_stands_beside_the_pack(tmp_path):
    (tmp_path / "texts").mkdir()
    own = (pack_files.PACKS / "texts" / "qingyang-2023.yaml").read_text(encoding="utf-8")
    own += "  - {clause: §18, zh: 另一条, en: one more}\n"
    (tmp_path / "texts" / "qingyang-2023.yaml").write_text(own, encoding="utf-8")
    assert "says nothing of §18" in check(qingyang(tmp_path))[1]


def test_a_text_that_is_nowhere_is_said_to_be(tmp_path):
    path = qingyang(tmp_path, "  dated: 2023-11-02", "  dated: 2023-11-02").read_text(encoding="utf-8")
    (tmp_path / "city.yaml").write_text(path.replace("text: qingyang-2023", "text: elsewhere"), "utf-8")
    code, output = check(tmp_path / "city.yaml")
    assert code == 1
    assert "elsewhere.yaml" in output


def test_a_clause_that_stands_twice_in_a_text_is_refused(tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "qingyang-2023.yaml").write_text(
        "text: qingyang-2023\ncited: 庆阳\nclauses:\n  - {clause: §1, zh: 一, en: a}\n"
        "  - {clause: §1, zh: 二, en: b}\n",
        encoding="utf-8",
    )
    assert "'§1' stands twice" in check(qingyang(tmp_path))[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_to_sign_says_of_each_clause_text_choice_or_outside_with_the_reason(tmp_path, language):
    path = qingyang(tmp_path)
    output, page = pack_text.text(str(path), None, language), pack_text.page(str(path), None, language)
    rules = pack_files.unbound(path)
    policy = texts.of(rules, path.parent)
    assert policy
    rows = {row.clause: row for row in clause_rows(rules, policy, language)}
    assert [each.clause for each in policy.clauses] == list(rows)[: len(policy.clauses)]
    assert all(row.treatments for row in rows.values())
    assert {treatment.ground for treatment in rows["§6"].treatments} == {"text", "chosen", "outside"}
    assert {treatment.ground for treatment in rows["§15"].treatments} == {"outside"}
    for clause, row in rows.items():
        assert f"  {clause}  {row.demands}".rstrip() in output.splitlines()
        assert all(
            treatment.text in output and (treatment.reason or "") in output for treatment in row.treatments
        )
        assert clause in page
        assert row.demands in page
    beyond = {"zh": "原文未规定的事项", "en": "What the text does not say"}[language]
    assert {treatment.ground for treatment in rows[beyond].treatments} == {"chosen"}


@pytest.mark.parametrize("name", MADE_FROM_A_TEXT)
def test_every_pack_in_force_says_something_of_every_clause_of_its_text(name):
    rules = pack_files.read(pack_files.file_of(name), named=True)
    assert texts.of(rules, pack_files.PACKS)


@pytest.mark.parametrize("name", MADE_FROM_A_TEXT)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_every_pack_in_force_has_a_row_for_every_clause(name, language):
    output = pack_text.text(name, SETTINGS, language)
    policy = texts.of(pack_files.unbound(name), pack_files.PACKS)
    assert policy
    for each in policy.clauses:
        assert f"  {each.clause}  {getattr(each, language)}" in output.splitlines()


def test_every_text_in_the_folder_is_that_of_a_pack():
    folder = pack_files.PACKS / "texts"
    for path in folder.glob("*.yaml"):
        assert texts.of(_of(path.stem), pack_files.PACKS).text == path.stem  # type: ignore[union-attr]


def _of(name: str) -> pack.Pack:
    rules = pack_files.unbound("qingyang-2023")
    return rules.model_copy(update={"source": rules.source.model_copy(update={"text": name})})
