"""The table of routes and templates: complete, renderable, and refused with any mistake in it."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from services.notify.domain import WORDS
from services.notify.handlers import HANDLERS
from services.notify.routing import TEMPLATES, Message, Table, load, table
from shared import events
from shared.events import CATALOGUE, DeadlineKind, Event, LiftReason, Outcome, Rating, Role
from shared.rules.limits import LimitUnit
from shared.rules.strict_yaml import Mistakes
from tests.unit.notify.samples import ALL, LEGS, NUMBER, at, case, sample

ZONE = ZoneInfo("Asia/Shanghai")


def said(event: Event) -> dict[str, Message]:
    return {message.recipient: message for message in table().messages(case(), event, ZONE)}


def _variants() -> list[Any]:
    """Each routed event, once for every value that one of its routes is meant for."""
    found = []
    for type_, routes in table().routes.items():
        for route in routes:
            found += [
                sample(CATALOGUE[type_], **{field: value})
                for field, values in route.when.items()
                for value in values
            ] or [sample(CATALOGUE[type_])]
    return found


def test_every_event_is_routed_or_silent_with_a_reason() -> None:
    assert table().routes.keys() | table().silent.keys() == CATALOGUE.keys()


def test_every_routed_event_has_a_handler_and_no_silent_one_has() -> None:
    assert {type_.type for type_ in HANDLERS} == table().routes.keys()


@pytest.mark.parametrize("event", _variants(), ids=lambda event: event.type)
def test_every_template_renders_from_a_sample_of_its_event(event: Event) -> None:
    messages = said(event)
    assert messages
    for message in messages.values():
        assert NUMBER in message.subject
        assert NUMBER in message.body
        assert not re.search(r"None|[{}<>]|。。|GXJ|QCQ|[a-z]_[a-z]", message.subject + message.body)
        assert "\n" not in message.subject


@pytest.mark.parametrize("event", _variants(), ids=lambda event: event.type)
def test_every_template_renders_where_nothing_else_is_known_of_the_case(event: Event) -> None:
    file = case().model_copy(update={"legs": [], "title": "", "leader": None})
    for message in table().messages(file, event, ZONE):
        assert "None" not in message.subject + message.body


def test_a_template_in_use_is_reached_by_a_sample() -> None:
    reached = {message.template for event in _variants() for message in said(event).values()}
    assert reached == table().templates.keys()


def test_no_value_of_a_field_that_routes_ask_for_goes_unsaid() -> None:
    for type_, routes in table().routes.items():
        if all(route.when for route in routes):
            for field in {field for route in routes for field in route.when}:
                schema = TypeAdapter(CATALOGUE[type_].model_fields[field].annotation).json_schema()
                for value in schema.get("enum", [True, False]):
                    event = sample(CATALOGUE[type_], **{field: value})
                    assert any(route.fits(event) for route in routes), (type_, field, value)


@pytest.mark.parametrize("words", [DeadlineKind, Role, Outcome, Rating, LiftReason, LimitUnit])
def test_every_word_that_people_see_has_its_chinese(words: type[StrEnum]) -> None:
    assert WORDS.keys() >= set(words)


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
        "{to: [enterprise], template: recieved}",
        "routes, appeal.received.v1, entry 1, template: there is no template 'recieved'",
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
        "结果为{{ outcome | word }}",
        "结果为{{ result | word }}",
        "templates, completed, body: 'result' is not known for appeal.completed.v1 to enterprise",
    ),
    (
        "您好！{{ unit | unit_name }}已登记就",
        "{{ addressee }}：{{ unit | unit_name }}已登记就",
        "templates, contacted, body: 'addressee' is not known for appeal.contacted.v1 to enterprise",
    ),
    (
        "结果为{{ outcome | word }}",
        "结果为{{ outcome | words }}",
        "templates, completed, body: is no template: No filter named 'words'",
    ),
    (
        "结果为{{ outcome | word }}",
        "结果为{{ outcome | word }",
        "templates, completed, body: is no template: ",
    ),
    (
        "  referred:\n    subject: 您的诉求办理渠道说明（{{ registration_number }}）",
        "  referred:\n    subject: ''",
        "templates, referred, subject: string should have at least 1 character",
    ),
    (
        "templates:\n",
        "templates:\n  spare: {subject: 甲, body: 乙}\n",
        "templates, spare: no route uses it",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "message"), MISTAKES, ids=[m[2] for m in MISTAKES])
def test_a_mistake_is_refused_and_named_with_file_and_line(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    text = TEMPLATES.read_text("utf-8")
    assert text.count(right) == 1
    planted = tmp_path / "planted.yaml"
    planted.write_text(text.replace(right, wrong), "utf-8")
    with pytest.raises(Mistakes) as refusal:
        load(planted)
    assert re.search(rf"planted\.yaml, line \d+: {re.escape(message)}", str(refusal.value))


def test_the_line_of_a_mistake_is_the_line_of_the_file(tmp_path: Path) -> None:
    lines = TEMPLATES.read_text("utf-8").splitlines()
    number = next(i for i, line in enumerate(lines) if "template: lifted_leader" in line)
    lines[number] = lines[number].replace("lifted_leader", "lifted_mayor")
    planted = tmp_path / "planted.yaml"
    planted.write_text("\n".join(lines), "utf-8")
    with pytest.raises(Mistakes, match=rf"line {number + 1}: .*'lifted_mayor'"):
        load(planted)


@pytest.mark.parametrize("event", ALL, ids=lambda event: event.type)
def test_one_fact_reaches_one_recipient_once(event: Event) -> None:
    messages = table().messages(case(), event, ZONE)
    assert len({message.recipient for message in messages}) == len(messages)
    assert table().messages(case(), event, ZONE) == messages


def test_another_fact_of_the_same_kind_is_another_message() -> None:
    first, second = (said(sample(events.AppealResponded)) for _ in range(2))
    assert {m.id for m in first.values()}.isdisjoint(m.id for m in second.values())


def test_who_is_named_by_two_words_gets_the_first_message_alone() -> None:
    twice = Table.model_validate(
        {
            "routes": {
                "appeal.instructed.v1": [
                    {"to": ["task_force"], "template": "a"},
                    {"to": ["units"], "template": "b"},
                ]
            },
            "silent": {},
            "templates": {"a": {"subject": "a", "body": "a"}, "b": {"subject": "b", "body": "b"}},
        }
    )
    event = sample(events.AppealInstructed, task_force=("QCQ", "QCQ"))
    told = [(message.recipient, message.template) for message in twice.messages(case(), event, ZONE)]
    assert told == [("unit:QCQ", "a"), ("unit:GXJ", "b")]


RECIPIENTS = [
    (sample(events.AppealAssigned), ["unit:GXJ", "unit:QCQ", "enterprise"]),
    (sample(events.ExtensionRequested), ["office", "leader:L1"]),
    (sample(events.ExtensionRequested, unit="QCQ"), ["office"]),
    (sample(events.AppealOverdue), ["unit:GXJ", "office"]),
    (sample(events.AppealOverdue, deadline=DeadlineKind.DISPATCH, unit=None, leg_id=None), ["office"]),
    (
        sample(events.AppealOverdue, deadline=DeadlineKind.LIFTED, unit=None, leg_id=None),
        ["leader:L1", "office"],
    ),
    (sample(events.AppealLifted, leader="mayor"), ["leader:mayor", "office", "enterprise"]),
    (sample(events.AppealInstructed), ["unit:SWJ", "office"]),
    (sample(events.AppealInstructed, task_force=()), ["unit:GXJ", "unit:QCQ", "office"]),
    (sample(events.AppealRated, rating=Rating.SATISFIED), ["unit:GXJ", "unit:QCQ"]),
    (sample(events.AppealRated), ["unit:GXJ", "unit:QCQ", "office"]),
    (sample(events.AppealClosed), ["enterprise", "unit:GXJ", "unit:QCQ"]),
    (sample(events.AppealWithdrawn, occurred_at=at(2026, 2, 12)), []),
    (sample(events.AppealJudged), []),
]


@pytest.mark.parametrize(("event", "recipients"), RECIPIENTS)
def test_an_event_is_told_to_those_it_concerns(event: Event, recipients: list[str]) -> None:
    told = [recipient.replace(f"enterprise:{event.appeal_id}", "enterprise") for recipient in said(event)]
    assert told == recipients


def test_a_message_says_number_title_unit_deadline_and_due_time() -> None:
    message = said(sample(events.AppealOverdue))["unit:GXJ"]
    assert message.subject == f"超期通知：回复时限已过（{NUMBER}）"
    assert message.body.startswith("市工信局：\n诉求 ")
    assert "“厂区门口道路积水”" in message.body
    assert "第 1 次交办的回复时限已于 2026年2月25日 17:30 届满" in message.body


@pytest.mark.parametrize(
    ("due_at", "shown"),
    [
        (at(2026, 2, 25, 9, 30), "2026年2月25日 17:30"),
        (at(2026, 2, 25, 16, 0), "2026年2月25日 24:00"),
        (at(2025, 12, 31, 16, 0), "2025年12月31日 24:00"),
        (at(2026, 2, 25, 16, 1), "2026年2月26日 00:01"),
    ],
)
def test_midnight_is_shown_as_the_end_of_the_day_before(due_at: Any, shown: str) -> None:
    assert f"将于 {shown} 届满" in said(sample(events.AppealDueSoon, due_at=due_at))["unit:GXJ"].body


def test_two_way_dispatch_names_both_units_and_their_parts() -> None:
    bodies = [message.body for message in said(sample(events.AppealAssigned)).values()]
    assert all("市工信局（主办）、谯城区（协办）" in body for body in bodies)


def test_what_people_wrote_is_not_read_as_a_template() -> None:
    body = said(sample(events.AppealRefused, reason="{{ matter }}"))["office"].body
    assert "理由：{{ matter }}。" in body


def test_a_unit_without_a_name_is_called_by_its_code() -> None:
    nameless = (LEGS[0].model_copy(update={"unit_name": ""}),)
    body = said(sample(events.AppealAssigned, legs=nameless))["unit:GXJ"].body
    assert "GXJ（主办）" in body
