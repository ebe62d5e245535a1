"""The text of an answer in a message: whole where the channel carries it, else its beginning."""

from datetime import UTC, datetime

import pytest

from services.notify.deliveries.domain import ChannelKind
from services.notify.messages.answering import BEGINNING, carries_answer, text_of, with_text
from services.notify.messages.words import Language
from shared.appeals.answers import PublicAnswer

AT = datetime(2026, 2, 13, 2, 30, 0, 7, tzinfo=UTC)
LONG = "已安排抢修。" * 40
REPLY = PublicAnswer(occurred_at=AT, type="appeal.responded.v1", unit="roads", text=LONG)


def test_messages_about_answers_carry_them_to_the_enterprise_alone() -> None:
    assert carries_answer("enterprise:1", "responded")
    assert carries_answer("enterprise:1", "completed")
    assert not carries_answer("enterprise:1", "received")
    assert not carries_answer("unit:roads", "responded")


def test_a_message_carries_the_text_of_its_own_event() -> None:
    assert text_of([REPLY], "responded", AT) == LONG
    assert text_of([REPLY], "completed", AT) is None
    assert text_of([REPLY], "responded", AT.replace(microsecond=8)) is None


@pytest.mark.parametrize("channel", [ChannelKind.MAIL, ChannelKind.WEBHOOK])
def test_mail_and_webhook_carry_it_whole(channel: ChannelKind) -> None:
    assert with_text("您好", LONG, channel, Language.ZH) == f"您好\n办理单位的答复：\n{LONG}"


@pytest.mark.parametrize("channel", [ChannelKind.SMS, ChannelKind.WECOM, ChannelKind.DINGTALK])
def test_the_others_carry_its_beginning_and_where_to_read_the_rest(channel: ChannelKind) -> None:
    body = with_text("您好", LONG, channel, Language.ZH)
    assert LONG[:BEGINNING] in body
    assert LONG[: BEGINNING + 1] not in body
    assert "凭挂号编号和回执码" in body
    assert "receipt code" in with_text("Hello", LONG, channel, Language.EN)


def test_a_short_text_stands_in_one_line_without_a_hint() -> None:
    assert (
        with_text("您好", "已修复。\n谢谢", ChannelKind.SMS, Language.ZH)
        == "您好\n办理单位的答复：已修复。 谢谢"
    )


def test_a_message_without_a_text_stays_as_it_is() -> None:
    assert with_text("您好", None, ChannelKind.MAIL, Language.ZH) == "您好"
