"""Every template renders in both languages, and its words are right for the recipient."""

import re
from enum import StrEnum
from typing import Any

import pytest
from pydantic import TypeAdapter

from services.notify.messages.routes import NOTHING
from services.notify.messages.routing import table
from services.notify.messages.words import WORDS, Language
from shared import events
from shared.events import CATALOGUE, DeadlineKind, Event, LiftReason, Outcome, Rank, Rating, Role
from shared.rules.time.limits import LimitUnit
from shared.rules.wording import words as common
from tests.unit.notify.samples import (
    BANKS,
    FIELDS,
    LEGS,
    NAMES,
    NUMBER,
    ZONE,
    at,
    case,
    messages_of,
    sample,
)


def _variants() -> list[Any]:
    """Each routed event, once for every value that one of its routes is meant for."""
    samples = []
    for type_, routes in table().routes.items():
        for route in routes:
            samples += [
                sample(CATALOGUE[type_], **{field: None if value == NOTHING else value})
                for field, values in route.when.items()
                for value in values
            ] or [sample(CATALOGUE[type_])]
    return samples


VARIANTS = pytest.mark.parametrize("event", _variants(), ids=lambda event: event.type)
LANGUAGES = pytest.mark.parametrize("language", Language)
GIVEN = [FIELDS["title"], FIELDS["reason"].rstrip("。"), FIELDS["clause"], FIELDS["instruction"].rstrip("。")]
GIVEN += [
    FIELDS["to"],
    FIELDS["receiver"],
    FIELDS["summary"].rstrip("。"),
    *(leg.unit_name for leg in LEGS),
    *(leg.bank_name for leg in BANKS),
]
"""What people wrote and what things are called: the same in every language."""


@VARIANTS
@LANGUAGES
def test_every_template_renders_from_a_sample_of_its_event(event: Event, language: Language) -> None:
    messages = messages_of(event, language)
    assert messages
    for message in messages.values():
        assert message.language == language
        assert NUMBER in message.subject
        assert NUMBER in message.body
        text = message.subject + message.body
        assert not re.search(r"None|[{}<>]|。。|\.\.|GXJ|QCQ|ncb|hzb|[a-z]_[a-z]", text)
        assert "\n" not in message.subject


@VARIANTS
def test_an_english_message_has_no_chinese_but_what_people_wrote(event: Event) -> None:
    for message in messages_of(event, Language.EN).values():
        text = message.subject + message.body
        for name in GIVEN:
            text = text.replace(name, "")
        assert not re.search(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]", text)


@VARIANTS
def test_a_chinese_message_has_no_english_but_names_and_numbers(event: Event) -> None:
    for message in messages_of(event).values():
        assert not re.search(r"[a-z]{2}", message.subject + message.body)


@VARIANTS
def test_who_said_nothing_reads_chinese(event: Event) -> None:
    messages = table().messages(case(), event, ZONE, NAMES)
    assert {message.language for message in messages} == {Language.ZH}


def test_each_recipient_reads_the_language_of_its_choice() -> None:
    chosen = {"unit:GXJ": Language.EN}
    messages = table().messages(case(), sample(events.AppealOverdue), ZONE, NAMES, chosen)
    subjects = {message.recipient: message.subject for message in messages}
    assert subjects["unit:GXJ"] == f"Overdue: reply deadline ({NUMBER})"
    assert subjects["head:GXJ"] == f"超期通知：回复时限已过（{NUMBER}）"


def test_an_enterprise_reads_the_language_of_its_registration_unless_it_chose_another() -> None:
    file = case().model_copy(update={"language": Language.EN})
    event = sample(events.AppealClosed)
    enterprise = f"enterprise:{file.appeal_id}"
    languages = {m.recipient: m.language for m in table().messages(file, event, ZONE, NAMES)}
    assert languages == {enterprise: Language.EN, "unit:GXJ": Language.ZH, "unit:QCQ": Language.ZH}
    chosen = table().messages(file, event, ZONE, NAMES, {enterprise: Language.ZH})
    assert {message.language for message in chosen} == {Language.ZH}


def test_the_language_changes_the_words_and_not_the_message() -> None:
    event = sample(events.CardIssued)
    chinese, english = messages_of(event), messages_of(event, Language.EN)
    assert {to: message.id for to, message in chinese.items()} == {
        to: message.id for to, message in english.items()
    }
    assert chinese["unit:GXJ"].body != english["unit:GXJ"].body


@VARIANTS
@LANGUAGES
def test_every_template_renders_where_nothing_else_is_known_of_the_case(
    event: Event, language: Language
) -> None:
    nothing = {"legs": [], "banks": [], "title": "", "leader": None}
    for message in messages_of(event, language, case().model_copy(update=nothing)).values():
        assert "None" not in message.subject + message.body


def test_a_template_in_use_is_reached_by_a_sample() -> None:
    reached = {message.template for event in _variants() for message in messages_of(event).values()}
    assert reached == table().templates.keys()


SAID_IN_PART = {
    "attachment.stored.v1": "of several at once the first is told, and nobody of what staff keeps",
    "follow_up.made.v1": "an enterprise that was reached knows it was called",
    "loan.rated.v1": "the office hears of what it has to mend",
    "loan.reported_again.v1": "a note on its review changes nothing for the enterprise",
    "loan.reported.v1": "that a bank has a request, or that it was withdrawn, is told already",
}


def test_no_value_of_a_field_that_routes_ask_for_goes_unsaid() -> None:
    for type_, routes in table().routes.items():
        if all(route.when for route in routes) and type_ not in SAID_IN_PART:
            for field in {field for route in routes for field in route.when}:
                schema = TypeAdapter(CATALOGUE[type_].model_fields[field].annotation).json_schema()
                for value in schema.get("enum", [True, False]):
                    event = sample(CATALOGUE[type_], **{field: value})
                    assert any(route.fits(event) for route in routes), (type_, field, value)


@pytest.mark.parametrize("words", [DeadlineKind, Role, Outcome, Rating, LiftReason, LimitUnit, Rank])
def test_every_word_that_people_see_is_known_in_both_languages(words: type[StrEnum]) -> None:
    known = {**WORDS, **common.SHORT_DEADLINES, **common.UNITS}
    assert known.keys() >= set(words)
    assert all(words.zh and words.en for words in known.values())


def test_a_message_says_number_title_unit_deadline_and_due_time() -> None:
    message = messages_of(sample(events.AppealOverdue))["unit:GXJ"]
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
    assert f"将于 {shown} 届满" in messages_of(sample(events.AppealDueSoon, due_at=due_at))["unit:GXJ"].body


PACK_WORDS = [
    (
        sample(events.StageReached),
        "enterprise",
        "现已到“款项到账”环节。涉及日期：2026年3月1日、2026年6月1日。",
    ),
    (sample(events.StageReached, dates=()), "enterprise", "现已到“款项到账”环节。\n"),
    (sample(events.AppealPaused), "enterprise", "原因：等待企业补充材料。"),
    (
        sample(events.AppealPaused, runs_on=("completion", "reply")),
        "unit:GXJ",
        "详情请在系统中查看。办结时限、回复时限在暂停期间照常计算，不顺延。请持续跟进",
    ),
    (sample(events.AppealPaused, runs_on=("completion",)), "enterprise", "办结时限在暂停期间照常计算。"),
    (sample(events.AppealPaused, runs_on=()), "unit:GXJ", "详情请在系统中查看。请持续跟进"),
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
    messages = {
        to.replace(f"enterprise:{event.appeal_id}", "enterprise"): m for to, m in messages_of(event).items()
    }
    assert words in messages[recipient].body


ENGLISH = [
    (
        sample(events.StageReached),
        "enterprise",
        "stage “money received”. Dates: 1 March 2026, 1 June 2026.\nWe keep following it.",
    ),
    (sample(events.AppealLifted), "leader:L1", "lifted to the county level and asks for your lead, because"),
    (sample(events.AppealLifted, level=None), "leader:L1", "lifted and asks for your lead, because several"),
    (sample(events.AppealReferred, to="court"), "enterprise", "best taken to: the people's court."),
    (sample(events.AppealHandedOver, to="somebody"), "office", "goes to another authority (somebody)"),
    (
        sample(events.AppealExtended, deadline="payout"),
        "enterprise",
        "payout deadline is now 3 working",
    ),
    (sample(events.AppealAssigned), "unit:GXJ", "in this dispatch: 市工信局 (lead), 谯城区 (assisting)."),
    (
        sample(events.AppealOverdue, title={"zh": "回复", "en": "reply"}, deadline="x"),
        "unit:GXJ",
        "The reply deadline of appeal",
    ),
    (sample(events.AppealDueSoon), "unit:GXJ", "ends at 17:30 on 25 February 2026."),
    (
        sample(events.AppealDueSoon, due_at=at(2026, 2, 25, 16)),
        "unit:GXJ",
        "ends at 24:00 on 25 February 2026.",
    ),
    (sample(events.AppealOverdue), "head:GXJ", "To the head of 市工信局:\n"),
    (sample(events.CardIssued), "unit:GXJ", "issued a card: Yellow card (basis: 亳政办〔2024〕8号 §3)."),
    (sample(events.LoanSupervised), "office", "农商银行 was asked in writing."),
    (sample(events.NoticeNotAcknowledged), "head:GXJ", "was sent to 市工信局 and not acknowledged by 17:30"),
]


@pytest.mark.parametrize(("event", "recipient", "words"), ENGLISH)
def test_the_same_is_said_in_english(event: Event, recipient: str, words: str) -> None:
    messages = messages_of(event, Language.EN)
    assert words in messages[recipient if recipient != "enterprise" else f"enterprise:{event.appeal_id}"].body


LOANS = [
    event
    for event in _variants()
    if event.type.startswith(("loan.", "complaint.")) and event.type != "loan.reported.v1"
]


@pytest.mark.parametrize("event", LOANS, ids=lambda event: event.type)
@LANGUAGES
def test_a_bank_hears_of_its_own_leg_alone(event: Event, language: Language) -> None:
    for recipient, message in messages_of(event, language).items():
        if recipient.startswith("bank:"):
            (other,) = [leg for leg in BANKS if f"bank:{leg.bank}" != recipient]
            assert other.leg not in message.subject + message.body
            assert other.bank_name not in message.subject + message.body


def test_no_template_of_a_loan_asks_for_its_amount_product_or_place() -> None:
    asked = {
        variable
        for type_, routes in table().routes.items()
        if type_.startswith(("loan.", "complaint."))
        for route in routes
        for template in table().templates[route.template].values()
        for _, variable in template.variables()
    }
    assert asked
    assert asked.isdisjoint({"amount_band", "product", "locality", "source_id", "matter"})


def test_a_message_about_a_card_or_a_lift_has_to_be_acknowledged_by_whom_it_obliges() -> None:
    asked = {
        (type_, name)
        for type_, routes in table().routes.items()
        for route in routes
        if route.acknowledge
        for name in route.to
    }
    assert asked == {
        ("card.issued.v1", "unit"),
        ("appeal.lifted.v1", "leader"),
        ("appeal.leader_named.v1", "leader"),
        ("notice.not_acknowledged.v1", "superior"),
    }
    asking = {to for to, message in messages_of(sample(events.CardIssued)).items() if message.acknowledge}
    assert asking == {"unit:GXJ"}


SUPERIORS = [
    ("unit:GXJ", "head:GXJ", "市工信局主要负责人：\n", "已发送市工信局，"),
    ("head:GXJ", "leader:L1", "分管领导：\n", "已发送市工信局主要负责人，"),
    ("leader:L1", "office", "营商环境办：\n", "已发送分管领导，"),
]


@pytest.mark.parametrize(("recipient", "to", "start", "words"), SUPERIORS)
def test_who_stands_above_is_told_who_did_not_acknowledge(
    recipient: str, to: str, start: str, words: str
) -> None:
    message = messages_of(sample(events.NoticeNotAcknowledged, recipient=recipient, to=to))[to]
    assert message.body.startswith(start)
    assert words in message.body
    assert message.urgent


@pytest.mark.parametrize("event", [sample(events.AppealMerged), sample(events.AppealUnmerged)])
def test_of_a_merge_an_enterprise_hears_its_own_number_alone(event: Any) -> None:
    for message in messages_of(event).values():
        assert event.lead_number not in message.subject + message.body


def test_an_enterprise_is_not_told_to_whom_its_clue_was_handed_over() -> None:
    message = messages_of(sample(events.AppealHandedOver))[
        f"enterprise:{sample(events.AppealHandedOver).appeal_id}"
    ]
    assert "纪检" not in message.subject + message.body


def test_two_way_dispatch_names_both_units_and_their_parts() -> None:
    bodies = [message.body for message in messages_of(sample(events.AppealAssigned)).values()]
    assert all("市工信局（主办）、谯城区（协办）" in body for body in bodies)


def test_what_people_wrote_is_not_read_as_a_template() -> None:
    messages = messages_of(sample(events.AppealTransferred, to="{{ matter }}"))
    assert any("{{ matter }}" in message.body for message in messages.values())


def test_a_message_holds_no_reason_that_an_event_of_an_earlier_version_has() -> None:
    for event in (events.AppealRefused, events.CardAppealed, events.FindingMade, events.AppealWithdrawn):
        messages = messages_of(sample(event, reason="张三欠薪"))
        assert messages
        assert not any("张三" in message.body for message in messages.values())


def test_a_unit_without_a_name_is_called_by_its_code() -> None:
    nameless = (LEGS[0].model_copy(update={"unit_name": ""}),)
    body = messages_of(sample(events.AppealAssigned, legs=nameless))["unit:GXJ"].body
    assert "GXJ（主办）" in body
