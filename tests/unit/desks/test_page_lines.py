"""The timeline of a case: every event has a sentence, codes have names, and messages are one line."""

from datetime import datetime
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from services.desks.handlers import HANDLERS
from services.desks.pages.language import Language
from services.desks.pages.line_values import Names
from services.desks.pages.lines import ACTS_OF, NOT_SHOWN, timeline
from services.desks.pages.phrases import Phrases
from services.desks.pages.sentences import DECIDED, SENTENCES
from services.dispatch.api import ROUTES
from shared.events import DirectoryEvent

ZONE = ZoneInfo("Asia/Shanghai")
PHRASES = Phrases(Language.ZH, ZONE, datetime(2026, 11, 13, 10, tzinfo=ZONE))
NAMES = Names({"roads": "市交通局"}, {"qiao": "乔映川"}, None, PHRASES)
OF_A_CASE = ("intake", "dispatch", "escalation", "notify")


def line(type_: str, at: str, service: str = "escalation", **data: Any) -> dict[str, Any]:
    id_ = f"{type_} {at} {data}"
    return {
        "event_id": id_,
        "type": type_,
        "at": at,
        "service": service,
        "role": None,
        "code": None,
        "data": data,
    }


def told(*lines: dict[str, Any], acts: tuple[dict[str, Any], ...] = ()) -> list[Any]:
    return timeline({"lines": lines}, {"acts": acts}, NAMES, PHRASES)


def test_every_event_of_a_case_has_a_sentence_in_both_languages() -> None:
    types = {
        type_.type
        for type_ in HANDLERS
        if type_.source in OF_A_CASE and not issubclass(type_, DirectoryEvent)
    }
    assert types - NOT_SHOWN == set(SENTENCES)


def test_every_act_at_dispatch_that_has_a_text_is_looked_for_by_some_line() -> None:
    known = {act for acts in ACTS_OF.values() for act in acts}
    assert {act.model_fields["act"].default for act, _ in ROUTES.values()} == known


def test_a_sentence_names_what_its_event_or_the_names_of_values_have() -> None:
    fields = {type_.type: set(type_.model_fields) for type_ in HANDLERS}
    made = {
        "units", "planned", "due", "place", "told", "raised", "within", "why", "lead", "adder", "against",
        "marks", "invited", "leader", "limit",
    }  # fmt: skip
    for type_, sentence in SENTENCES.items():
        for words in (sentence.zh, sentence.en):
            named = {name for _, name, _, _ in Formatter().parse(words) if name}
            assert named <= fields[type_] | made | set(DECIDED), type_


def test_what_followed_at_midnight_happened_at_24_00_of_the_day_before() -> None:
    (overdue,) = told(
        line(
            "appeal.overdue.v1",
            "2026-11-13T00:00:00+08:00",
            unit="roads",
            round=1,
            deadline="reply",
            due_at="2026-11-13T00:00:00+08:00",
        )
    )
    assert (overdue.when, overdue.sentence, overdue.by) == ("11月12日 24:00", "第 1 次回复超期", "市交通局")


def test_a_card_is_named_by_its_colour_and_a_choice_of_the_pack_is_said() -> None:
    (card,) = told(
        line(
            "card.issued.v1",
            "2026-11-13T00:00:00+08:00",
            unit="roads",
            card="yellow",
            round=1,
            deadline="reply",
            clause="choice",
        )
    )
    assert card.sentence == "第 1 次回复超期，发出黄牌（原文未规定，由规则包取定）"


def test_messages_that_follow_each_other_are_one_line_with_each_as_evidence() -> None:
    at = "2026-11-13T10:00:00+08:00"
    sent = line("notice.sent.v1", at, "notify", recipient="unit:roads", channel="sms")
    failed = line(
        "notice.failed.v1", at, "notify", recipient="office", channel="mail", outcome="permanent_failure"
    )
    lines = told(line("appeal.contacted.v1", at, "dispatch", unit="roads"), sent, failed)
    assert [each.sentence for each in lines] == ["2 条，其中 1 条没有送达或未签收", "联系企业"]
    assert [part.sentence for part in lines[0].parts] == [
        "没有送达营商环境办（邮件）：对方收不到",
        "已发给市交通局（短信）",
    ]


def test_two_acts_of_one_moment_keep_their_own_texts_and_doers() -> None:
    at = "2026-11-13T10:00:00+08:00"
    acts = tuple(
        {"occurred_at": at, "by": by, "act": {"act": "reply", "leg_id": leg, "text": text}}
        for by, leg, text in (("李工", "leg-1", "路已修好"), ("周宁", "leg-2", "排水已清"))
    )
    lines = told(
        line("appeal.responded.v1", at, "dispatch", leg_id="leg-1", unit="roads"),
        line("appeal.responded.v1", at, "dispatch", leg_id="leg-2", unit="east"),
        acts=acts,
    )
    assert [(each.by, each.text) for each in lines] == [
        ("east · 周宁", "排水已清"),
        ("市交通局 · 李工", "路已修好"),
    ]


def test_an_event_of_a_newer_version_has_a_line_too() -> None:
    assert told(line("appeal.danced.v9", "2026-11-13T10:00:00+08:00"))[0].sentence == "其他事项"


def test_a_reason_that_intake_or_escalation_keeps_stands_with_its_line() -> None:
    at = "2026-11-09T09:00:00+08:00"
    line = {"type": "card.appealed.v1", "at": at, "data": {}, "service": "escalation", "event_id": "1"}
    reason = {"type": "card.appealed.v1", "stated_at": "2026-11-09T01:00:00+00:00", "reason": "已答复"}
    (shown,) = timeline({"lines": [line]}, None, NAMES, PHRASES, [reason])
    assert shown.text == "已答复"
    (shown,) = timeline({"lines": [line]}, None, NAMES, PHRASES, [{**reason, "type": "card.upheld.v1"}])
    assert shown.text is None
