"""A bank's record: what can be read of it, and when it counts."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka.structs import ConsumerRecord

from services.financing.banks.kafka.replies import appended_at, read, unread
from services.financing.contract_receipts import ReceiptCode, ReportOutcome

READ_AT = datetime(2026, 11, 11, 1, 0, tzinfo=UTC)
GOOD = {"ce_specversion": b"1.0", "ce_id": b"1", "ce_type": b"bank.report.v1"}
REPORT = {
    "report_id": "core-1",
    "leg": "RZ-20261109-00001/1",
    "state": "contacted",
    "evidence": {"by": "李经理"},
}


def record(
    value: bytes | None, headers: dict[str, Any] | None = None, at: datetime = READ_AT, kind: int = 0
) -> ConsumerRecord:
    sent = tuple((GOOD if headers is None else headers).items())
    ms = int(at.timestamp() * 1000)
    return ConsumerRecord("banks.abc.replies", 2, 7, ms, kind, None, value, None, 0, 0, sent)


def body(**more: Any) -> bytes:
    return json.dumps(REPORT | more).encode()


def test_a_whole_report_is_read() -> None:
    reply = read(record(body()))
    assert reply.report is not None
    assert reply.report.report_id == "core-1"
    assert reply.place() == {"id": "1", "partition": 2, "offset": 7}


@pytest.mark.parametrize("ce_id", [None, b"", b"\x00", b"\xe2\x80\x8b", b"x" * 101])
def test_a_report_needs_no_id_of_its_message_as_it_has_one_of_its_own(ce_id: bytes | None) -> None:
    absent = {name: value for name, value in GOOD.items() if name != "ce_id"}
    for headers in (absent, absent | {"ce_id": ce_id}):
        reply = read(record(body(), headers))
        assert reply.report is not None, headers
        assert reply.place() == {"id": None, "partition": 2, "offset": 7}


@pytest.mark.parametrize(
    ("value", "headers", "field"),
    [
        (None, None, "body"),
        (b"", None, "body"),
        (b"{", None, "body"),
        (b"[]", None, "body"),
        (b"\xff", None, "body"),
        (b" " * 70_000, None, "body"),
        (body(), {}, "ce_specversion"),
        (body(), {"ce_specversion": b"1.0"}, "ce_type"),
        (body(), GOOD | {"ce_type": b"bank.report.v2"}, "ce_type"),
        (body(), GOOD | {"ce_specversion": b"0.3"}, "ce_specversion"),
        (body(), GOOD | {"ce_type": None}, "ce_type"),
        (body(), GOOD | {"ce_specversion": None}, "ce_specversion"),
        (body(), GOOD | {"ce_id": b"\xff"}, "headers"),
        (body(state="approved"), None, "amount"),
        (body(state="approved", amount="5", rate_percent="3.85"), None, "term_months"),
        (body(state="declined"), None, "reason"),
        (body(state="declined", reason="other"), None, "evidence.text"),
        (body(reason="other"), None, "reason"),
        (body(amount="5"), None, "amount"),
        (body(disbursed_on="2026-11-09"), None, "disbursed_on"),
        (body(state="disbursed", disbursed_on="2026-11-31"), None, "disbursed_on"),
        (body(state="disbursed", term_months=5), None, "term_months"),
        (body(state="pushed"), None, "state"),
        (body(leg="x"), None, "leg"),
        (body(report_id="a\x00b"), None, "report_id"),
        (body(evidence={}), None, "evidence.by"),
        (body(amount=500000), None, "amount"),
        (body(evidence={"by": "\u200b\u2060"}), None, "evidence.by"),
        (body(evidence={"by": "李", "text": "\u202e\u2066"}), None, "evidence.text"),
        (body(evidence={"by": "李", "how": "\u3164"}), None, "evidence.how"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, None, "body"),
        (b"[" * 5_000, None, "body"),
    ],
)
def test_what_does_not_fit_is_answered_with_the_field(
    value: bytes | None, headers: dict[str, Any] | None, field: str
) -> None:
    reply = read(record(value, headers))
    assert reply.report is None
    receipt = unread(reply, READ_AT, ours=False)
    assert (receipt.outcome, receipt.code, receipt.field) == (
        ReportOutcome.REFUSED,
        ReceiptCode.MALFORMED,
        field,
    )
    assert any("\u4e00" <= letter <= "\u9fff" for letter in receipt.zh)
    assert receipt.en


def test_a_sum_of_the_wrong_state_is_refused_in_words_that_name_the_states() -> None:
    assert read(record(body(amount="5"))).mistake == (
        "amount",
        "amount 仅可随 approved、disbursed 填写",
        "amount belongs to approved or disbursed alone",
    )


def test_a_report_is_read_without_changes_of_direction() -> None:
    report = read(record(body(evidence={"by": "\u202e李经理\u202c\u200b", "text": "已\u2067联系"}))).report
    assert report is not None
    assert (report.evidence.by, report.evidence.text) == ("李经理", "已联系")


def test_the_answer_names_report_and_leg_as_far_as_they_can_be_read() -> None:
    named = unread(read(record(body(state="gone"))), READ_AT, ours=False)
    assert (named.report_id, named.leg) == ("core-1", "RZ-20261109-00001/1")
    hidden = unread(read(record(body(report_id="\x00", leg=7))), READ_AT, ours=False)
    assert (hidden.report_id, hidden.leg) == (None, None)


def test_the_brokers_own_time_counts_and_a_writers_does_not() -> None:
    early = READ_AT - timedelta(days=2)
    assert appended_at(record(body(), at=early, kind=1), READ_AT) == early
    assert appended_at(record(body(), at=early, kind=0), READ_AT) == READ_AT


def test_a_broker_whose_clock_is_ahead_does_not_put_a_report_into_the_future() -> None:
    assert appended_at(record(body(), at=READ_AT + timedelta(hours=1), kind=1), READ_AT) == READ_AT
