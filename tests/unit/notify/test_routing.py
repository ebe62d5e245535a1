"""The table of routes and templates: complete, renderable in both languages, refused with any mistake."""

import re
import shutil
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from services.notify.document import CaseDocument
from services.notify.handlers import HANDLERS
from services.notify.messages.message import Message
from services.notify.messages.routes import NOTHING
from services.notify.messages.routing import ROUTING, RoutingTable, load, table
from services.notify.messages.templates import FOLDER, file_of
from services.notify.messages.words import WORDS, Language
from shared import events
from shared.events import CATALOGUE, DeadlineKind, Event, LiftReason, Outcome, Rank, Rating, Role
from shared.rules.pack.strict_yaml import Mistakes
from shared.rules.time.limits import LimitUnit
from shared.rules.wording import words as common
from tests.unit.notify.samples import ALL, BANKS, FIELDS, LEGS, NAMES, NUMBER, at, case, sample

ZONE = ZoneInfo("Asia/Shanghai")


def messages_of(
    event: Event, language: Language = Language.ZH, file: CaseDocument | None = None
) -> dict[str, Message]:
    file = file or case()
    everybody = {message.recipient: language for message in table().messages(file, event, ZONE, NAMES)}
    return {message.recipient: message for message in table().messages(file, event, ZONE, NAMES, everybody)}


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


def test_every_routed_event_of_another_service_has_a_handler_and_no_silent_one_has() -> None:
    routed = {type_ for type_ in table().routes if CATALOGUE[type_].source != "notify"}
    assert {type_.type for type_ in HANDLERS} == routed


VARIANTS = pytest.mark.parametrize("event", _variants(), ids=lambda event: event.type)
LANGUAGES = pytest.mark.parametrize("language", Language)
GIVEN = [FIELDS["title"], FIELDS["reason"].rstrip("。"), FIELDS["clause"], FIELDS["instruction"].rstrip("。")]
GIVEN += [FIELDS["to"], *(leg.unit_name for leg in LEGS), *(leg.bank_name for leg in BANKS)]
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
    "follow_up.made.v1": "an enterprise that was reached knows it was called",
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
        "received:\n",
        "spare: {subject: 甲, body: 乙}\nreceived:\n",
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


@LANGUAGES
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


@pytest.mark.parametrize("event", ALL, ids=lambda event: event.type)
def test_one_fact_reaches_one_recipient_once(event: Event) -> None:
    messages = table().messages(case(), event, ZONE, NAMES)
    assert len({message.recipient for message in messages}) == len(messages)
    assert table().messages(case(), event, ZONE, NAMES) == messages


def test_another_fact_of_the_same_kind_is_another_message() -> None:
    first, second = (messages_of(sample(events.AppealResponded)) for _ in range(2))
    assert {m.id for m in first.values()}.isdisjoint(m.id for m in second.values())


def test_who_is_named_by_two_words_gets_the_first_message_alone() -> None:
    twice = RoutingTable.model_validate(
        {
            "routes": {
                "appeal.instructed.v1": [
                    {"to": ["task_force"], "template": "a"},
                    {"to": ["units"], "template": "b"},
                ]
            },
            "silent": {},
            "templates": {name: {"zh-CN": {"subject": name, "body": name}} for name in "ab"},
        }
    )
    event = sample(events.AppealInstructed, task_force=("QCQ", "QCQ"))
    messages = [(message.recipient, message.template) for message in twice.messages(case(), event, ZONE)]
    assert messages == [("unit:QCQ", "a"), ("unit:GXJ", "b")]


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
    (sample(events.NoticeNotAcknowledged), ["head:GXJ"]),
    (sample(events.LoanRequested), ["enterprise", "office"]),
    (sample(events.LoanPushed), ["bank:ncb", "bank:hzb", "enterprise"]),
    (sample(events.LoanReported), ["enterprise"]),
    (sample(events.LoanReported, state="received"), []),
    (sample(events.LoanDueSoon), ["bank:ncb"]),
    (sample(events.LoanOverdue), ["bank:ncb", "office"]),
    (sample(events.LoanReminded), ["bank:ncb"]),
    (sample(events.LoanSupervised), ["bank:ncb", "office"]),
    (sample(events.LoanDeadlineMoved), ["bank:ncb", "enterprise"]),
    (sample(events.LoanOfficeTookOver), ["office", "enterprise"]),
    (sample(events.LoanWithdrawn), ["bank:ncb", "bank:hzb", "enterprise", "office"]),
    (sample(events.LoanWithdrawn, occurred_at=at(2026, 2, 12)), ["enterprise", "office"]),
    (sample(events.LoanConsentWithdrawn), ["enterprise", "office"]),
    (sample(events.LoanClosed), ["enterprise"]),
    (sample(events.LoanJudged), []),
    (sample(events.LoanComplained), ["regulator", "enterprise", "office"]),
    (sample(events.ComplaintDueSoon), ["regulator"]),
    (sample(events.ComplaintOverdue), ["regulator", "office"]),
    (sample(events.ComplaintReminded), ["regulator"]),
    (sample(events.ComplaintDeadlineMoved), ["regulator", "enterprise"]),
    (sample(events.ComplaintDecided), ["enterprise", "office"]),
    (sample(events.ComplaintJudged), []),
]


@pytest.mark.parametrize(("event", "recipients"), RECIPIENTS)
def test_an_event_is_told_to_those_it_concerns(event: Event, recipients: list[str]) -> None:
    told_to = [
        recipient.replace(f"enterprise:{event.appeal_id}", "enterprise") for recipient in messages_of(event)
    ]
    assert told_to == recipients


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
    body = messages_of(sample(events.AppealRefused, reason="{{ matter }}"))["office"].body
    assert "理由：{{ matter }}。" in body


def test_a_unit_without_a_name_is_called_by_its_code() -> None:
    nameless = (LEGS[0].model_copy(update={"unit_name": ""}),)
    body = messages_of(sample(events.AppealAssigned, legs=nameless))["unit:GXJ"].body
    assert "GXJ（主办）" in body
