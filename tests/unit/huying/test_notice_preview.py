"""Every template can be previewed on example data, in both languages; one that fails is named."""

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from huying.commands.main import app
from huying.commands.notice_preview import previews
from services.notify.messages.routing import ROUTING, table
from services.notify.messages.templates import FOLDER, file_of
from services.notify.messages.words import Language

LANGUAGES = pytest.mark.parametrize("language", Language)
HAN = re.compile("[\u4e00-\u9fff]")


@LANGUAGES
def test_every_template_reads_as_a_message_to_every_kind_of_recipient_it_has(language: Language) -> None:
    shown = previews(table(), language)
    assert {preview.message.template for preview in shown} == table().templates.keys()
    for message, sms in shown:
        assert message.language == language
        assert message.registration_number in message.body
        assert not re.search(r"None|[{}]|[a-z]_[a-z]|traffic|rural", message.subject + message.body)
        assert sms.segments >= 1


def test_an_example_is_one_that_the_route_is_meant_for() -> None:
    (to_unit,) = [
        preview for preview in previews(table(), Language.ZH) if preview.message.template == "due_soon_unit"
    ]
    assert "回复时限" in to_unit.message.body


def test_the_examples_name_no_person_and_no_phone() -> None:
    for message, _ in previews(table(), Language.ZH):
        assert not re.search(r"1[3-9]\d{9}|先生|女士|9134", message.subject + message.body)


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["notice", "preview", *words])
    return result.exit_code, result.output + str(result.exception or "")


def test_one_template_is_shown_alone_in_the_language_asked_for() -> None:
    code, output = run("card_issued_unit", "--language", "en")
    assert code == 0
    assert output.count("SMS") == 2
    assert "Yellow card (BZ-20260213-00042)" in output
    assert not HAN.search(output.splitlines()[1])


def test_a_page_holds_every_template_and_escapes_what_it_shows() -> None:
    code, output = run("--html", "--language", "en")
    assert code == 0
    assert output.startswith('<!doctype html>\n<html lang="en">')
    assert all(f'<article id="{name}-' in output for name in table().templates)
    assert "leader&#39;s instruction" in output


def test_a_template_that_is_not_there_is_refused_with_those_that_are() -> None:
    code, output = run("card_issued")
    assert code == 1
    assert "there is no template card_issued: choose one of" in output
    assert "card_issued_unit" in output


def planted(folder: Path, right: str, wrong: str) -> Path:
    for file in (ROUTING, *map(file_of, Language)):
        shutil.copy(FOLDER / file, folder)
    file = folder / file_of(Language.EN)
    text = file.read_text("utf-8")
    assert text.count(right) == 1
    file.write_text(text.replace(right, wrong), "utf-8")
    return folder


def test_a_template_that_fails_on_its_event_is_named_with_its_file_and_the_event(tmp_path: Path) -> None:
    folder = planted(tmp_path, "Result: {{ outcome | word }}", "Result: {{ outcome | due }}")
    code, output = run("--language", "en", "--folder", str(folder))
    assert code == 1
    assert "templates.en.yaml, completed: cannot be written for appeal.completed.v1 to enterprise:" in output
    assert run("--folder", str(folder))[0] == 0


def test_a_mistake_in_a_file_is_named_with_its_line(tmp_path: Path) -> None:
    folder = planted(tmp_path, "Result: {{ outcome | word }}", "Result: {{ outcome | word }")
    code, output = run("--folder", str(folder))
    assert code == 1
    assert re.search(r"templates\.en\.yaml, line \d+: completed, body: is no template", output)
