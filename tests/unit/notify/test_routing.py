"""The table of routes and templates: complete, renderable, and refused with any mistake in it."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from services.notify.handlers import HANDLERS
from services.notify.routing import NOTHING, TEMPLATES, Message, Table, load, table
from services.notify.words import DEADLINES, WORDS
from shared import events
from shared.events import CATALOGUE, DeadlineKind, Event, LiftReason, Outcome, Rank, Rating, Role
from shared.rules.limits import LimitUnit
from shared.rules.strict_yaml import Mistakes
from tests.unit.notify.samples import ALL, LEGS, NAMES, NUMBER, at, case, sample

ZONE = ZoneInfo("Asia/Shanghai")


def said(event: Event) -> dict[str, Message]:
    return {message.recipient: message for message in table().messages(case(), event, ZONE, NAMES)}


def _variants() -> list[Any]:
    """Each routed event, once for every value that one of its routes is meant for."""
    found = []
    for type_, routes in table().routes.items():
        for route in routes:
            found += [
                sample(CATALOGUE[type_], **{field: None if value == NOTHING else value})
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
    for message in table().messages(file, event, ZONE, NAMES):
        assert "None" not in message.subject + message.body


def test_a_template_in_use_is_reached_by_a_sample() -> None:
    reached = {message.template for event in _variants() for message in said(event).values()}
    assert reached == table().templates.keys()


SAID_IN_PART = {"follow_up.made.v1": "an enterprise that was reached knows it was called"}


def test_no_value_of_a_field_that_routes_ask_for_goes_unsaid() -> None:
    for type_, routes in table().routes.items():
        if all(route.when for route in routes) and type_ not in SAID_IN_PART:
            for field in {field for route in routes for field in route.when}:
                schema = TypeAdapter(CATALOGUE[type_].model_fields[field].annotation).json_schema()
                for value in schema.get("enum", [True, False]):
                    event = sample(CATALOGUE[type_], **{field: value})
                    assert any(route.fits(event) for route in routes), (type_, field, value)


@pytest.mark.parametrize("words", [DeadlineKind, Role, Outcome, Rating, LiftReason, LimitUnit, Rank])
def test_every_word_that_people_see_has_its_chinese(words: type[StrEnum]) -> None:
    assert {**WORDS, **DEADLINES}.keys() >= set(words)


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
    messages = table().messages(case(), event, ZONE, NAMES)
    assert len({message.recipient for message in messages}) == len(messages)
    assert table().messages(case(), event, ZONE, NAMES) == messages


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
    (sample(events.AppealOverdue), ["unit:GXJ", "head:GXJ", "office"]),
    (sample(events.AppealOverdue, deadline="payout"), ["unit:GXJ", "head:GXJ", "office"]),
    (sample(events.AppealOverdue, deadline=DeadlineKind.OBJECTION, unit=None), ["office"]),
    (sample(events.AppealReminded), ["unit:GXJ", "head:GXJ"]),
    (sample(events.AppealReminded, unit=None, leg_id=None), ["office"]),
    (sample(events.DeadlineMoved), ["unit:GXJ", "enterprise"]),
    (sample(events.DeadlineMoved, deadline=DeadlineKind.OBJECTION, unit=None), ["office"]),
    (sample(events.ApprovalDeemed), ["enterprise", "unit:GXJ", "head:GXJ", "office"]),
    (sample(events.AppealHandedOver), ["enterprise", "unit:GXJ", "office"]),
    (sample(events.AppealHandedOver, unit=None, leg_id=None), ["enterprise", "office"]),
    (sample(events.PublicationProposed), ["unit:GXJ", "head:GXJ", "office"]),
    (sample(events.PublicationDecided, unit=None), ["office"]),
    (sample(events.StageReached), ["enterprise"]),
    (sample(events.FollowUpMade), ["office"]),
    (sample(events.FollowUpMade, reached=True), []),
    (sample(events.AppealMerged), ["enterprise"]),
    (sample(events.CardUpheld), ["unit:GXJ"]),
    (sample(events.AppealExtended), ["unit:GXJ", "enterprise"]),
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


PACK_WORDS = [
    (
        sample(events.StageReached),
        "enterprise",
        "现已到“款项到账”环节。涉及日期：2026年3月1日、2026年6月1日。",
    ),
    (sample(events.StageReached, dates=()), "enterprise", "现已到“款项到账”环节。\n"),
    (sample(events.AppealPaused), "enterprise", "原因：等待企业补充材料；需要补充材料。"),
    (sample(events.AppealLifted), "leader:L1", "现提级至县（区）级，提请您牵头办理"),
    (sample(events.AppealLifted, level=None), "leader:L1", "现提请您牵头办理"),
    (sample(events.AppealLifted, level="level"), "leader:L1", "现提级至level级，"),
    (sample(events.AppealOverdue, deadline="office"), "unit:GXJ", "第 1 次交办的office时限已于"),
    (sample(events.AppealReferred, to="court"), "enterprise", "办理：人民法院。"),
    (sample(events.AppealReferred), "enterprise", "办理：市仲裁委员会。"),
    (sample(events.AppealHandedOver), "office", "转交纪检监察机关处理"),
    (sample(events.AppealHandedOver, to="somebody"), "office", "转交有关部门（somebody）处理"),
    (sample(events.AppealExtended, deadline="payout"), "enterprise", "，兑付期限延长为3个工作日"),
    (sample(events.AppealExtended), "unit:GXJ", "的回复时限经分管领导批准延长为"),
    (
        sample(events.AppealOverdue, deadline="hearing", title={"zh": "听证", "en": "hearing"}),
        "unit:GXJ",
        "第 1 次交办的听证时限已于",
    ),
    (sample(events.DeadlineMoved), "enterprise", "由 2026年2月24日 17:30 调整为 2026年2月25日 17:30"),
    (sample(events.PublicationDecided), "unit:GXJ", "通报至2026年12月31日为止"),
    (sample(events.ApprovalDeemed), "head:GXJ", "市工信局主要负责人：\n"),
]


@pytest.mark.parametrize(("event", "recipient", "words"), PACK_WORDS)
def test_what_a_pack_names_is_said_in_its_words(event: Event, recipient: str, words: str) -> None:
    told = {to.replace(f"enterprise:{event.appeal_id}", "enterprise"): m for to, m in said(event).items()}
    assert words in told[recipient].body


@pytest.mark.parametrize("event", [sample(events.AppealMerged), sample(events.AppealUnmerged)])
def test_of_a_merge_an_enterprise_hears_its_own_number_alone(event: Any) -> None:
    for message in said(event).values():
        assert event.lead_number not in message.subject + message.body


def test_an_enterprise_is_not_told_to_whom_its_clue_was_handed_over() -> None:
    message = said(sample(events.AppealHandedOver))[f"enterprise:{sample(events.AppealHandedOver).appeal_id}"]
    assert "纪检" not in message.subject + message.body


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
