"""A mistake in the routing table or in a template is refused, and named with its file and line."""

import re
import shutil
from pathlib import Path

import pytest

from services.notify.messages.routing import ROUTING, load
from services.notify.messages.templates import FOLDER, file_of
from services.notify.messages.words import Language
from shared.files.yaml_mistakes import Mistakes

MISTAKES = [
    (
        "  notice.sent.v1: It",
        "  notice.lost.v1: It",
        "silent, notice.lost.v1: is no event of the catalogue",
    ),
    (
        "  notice.sent.v1: It is what notify itself says.",
        "",
        "routes: notice.sent.v1 has no route: add one",
    ),
    (
        "silent:\n",
        "silent:\n  appeal.rated.v1: No.\n",
        "silent, appeal.rated.v1: has a route too",
    ),
    (
        "{to: [enterprise], template: received}",
        "{to: [enterprize], template: received}",
        "routes, appeal.received.v1, entry 1, to, entry 1: 'enterprize' is no recipient",
    ),
    (
        "{to: [enterprise], template: received}",
        "{to: [unit], template: received}",
        "routes, appeal.received.v1, entry 1, to, entry 1: 'unit' needs the field 'unit'",
    ),
    (
        "{to: [enterprise], template: received}",
        "{to: [enterprise], template: received, urgent: near_due}",
        "routes, appeal.received.v1, entry 1, urgent: 'near_due' needs the field 'due_at'",
    ),
    (
        "{to: [enterprise], template: received}",
        "{to: [enterprise], template: recieved}",
        "routes, appeal.received.v1, entry 1, template: there is no template 'recieved' in zh-CN",
    ),
    (
        '{upheld: ["true"]}',
        '{upheld: ["yes"]}',
        "routes, objection.decided.v1, entry 1, when, upheld: can never be 'yes'",
    ),
    (
        "{reason: [reopened]}",
        "{cause: [reopened]}",
        "routes, appeal.redispatched.v1, entry 2, when, cause: is no field of appeal.redispatched.v1",
    ),
    (
        "{when: {unit: [~]}, to: [office], template: reminded_own}",
        "{when: {round: [~]}, to: [office], template: reminded_own}",
        "routes, appeal.reminded.v1, entry 1, when, round: can never be '~'",
    ),
    (
        "{unless: {unit: [~]}, to: [enterprise]",
        "{unless: {units: [~]}, to: [enterprise]",
        "routes, deadline.moved.v1, entry 3, unless, units: is no field of deadline.moved.v1",
    ),
    (
        "结果为{{ outcome | word }}",
        "结果为{{ result | word }}",
        "completed, body: 'result' is not known for appeal.completed.v1 to enterprise",
    ),
    (
        "您好！{{ unit | unit_name }}已登记就",
        "{{ addressee }}：{{ unit | unit_name }}已登记就",
        "contacted, body: 'addressee' is not known for appeal.contacted.v1 to enterprise",
    ),
    (
        "结果为{{ outcome | word }}",
        "结果为{{ outcome | words }}",
        "completed, body: is no template: No filter named 'words'",
    ),
    (
        "结果为{{ outcome | word }}",
        "结果为{{ outcome | word }",
        "completed, body: is no template: ",
    ),
    (
        "referred:\n  subject: 您的诉求办理渠道说明（{{ registration_number }}）",
        "referred:\n  subject: ''",
        "referred, subject: string should have at least 1 character",
    ),
    (
        "\nreceived:\n",
        "\nspare: {subject: 甲, body: 乙}\nreceived:\n",
        "spare: no route uses it",
    ),
]


EN = file_of(Language.EN)
MISTAKES_IN = [
    *((ROUTING if "routes" in m[2] or "silent" in m[2] else file_of(Language.ZH), *m) for m in MISTAKES),
    (
        EN,
        "Result: {{ outcome | word }}",
        "Result: {{ result | word }}",
        "completed, body: 'result' is not known for appeal.completed.v1 to enterprise",
    ),
    (
        ROUTING,
        "{to: [new_banks], template: loan_pushed_bank}",
        "{to: [new_units], template: loan_pushed_bank}",
        "routes, loan.pushed.v1, entry 1, to, entry 1: 'new_units' needs the field 'legs.unit', which",
    ),
    (
        file_of(Language.ZH),
        "推送至{{ legs | bank_names }}",
        "推送至{{ own_leg }}",
        "loan_pushed_enterprise, body: 'own_leg' is not known for loan.pushed.v1 to enterprise",
    ),
]


def planted(folder: Path, name: str, right: str, wrong: str) -> Path:
    """A copy of the table's files with a mistake in one of them."""
    for file in (ROUTING, *map(file_of, Language)):
        shutil.copy(FOLDER / file, folder)
    text = (folder / name).read_text("utf-8")
    assert text.count(right) == 1
    (folder / name).write_text(text.replace(right, wrong), "utf-8")
    return folder


@pytest.mark.parametrize(("file", "right", "wrong", "message"), MISTAKES_IN, ids=[m[3] for m in MISTAKES_IN])
def test_a_mistake_is_refused_and_named_with_file_and_line(
    tmp_path: Path, file: str, right: str, wrong: str, message: str
) -> None:
    with pytest.raises(Mistakes) as refusal:
        load(planted(tmp_path, file, right, wrong))
    assert re.search(rf"{re.escape(file)}, line \d+: {re.escape(message)}", str(refusal.value))


@pytest.mark.parametrize("language", Language)
def test_a_template_that_lacks_a_language_is_named_with_the_line_of_its_route(
    tmp_path: Path, language: Language
) -> None:
    folder = planted(tmp_path, file_of(language), "\nmerged:\n", "\nmerge:\n")
    lines = (folder / ROUTING).read_text("utf-8").splitlines()
    number = 1 + next(i for i, line in enumerate(lines) if "template: merged" in line)
    mistake = (
        rf"line {number}: .*: there is no template 'merged' in {language}: write it in {file_of(language)}"
    )
    with pytest.raises(Mistakes, match=mistake):
        load(folder)
