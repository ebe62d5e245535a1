"""What comes of one attempt at calling a bank's webhook."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.financing.banks.webhook.queries import WebhookCall
from services.financing.banks.webhook.sender import WAITS, result_of
from shared.web.webhooks import Answered

AT = datetime(2026, 11, 9, 1, tzinfo=UTC)


def call(attempts: int) -> WebhookCall:
    return WebhookCall(
        7, UUID(int=1), attempts, "bank.reminder.v1", AT, None, "{}", "RZ-1/1", "https://b", ["s"]
    )


@pytest.mark.parametrize(
    ("attempts", "status", "state", "wait"),
    [
        (1, 204, "delivered", None),
        (1, 500, "waiting", timedelta(seconds=5)),
        (1, None, "waiting", timedelta(seconds=5)),
        (2, 302, "waiting", timedelta(minutes=5)),
        (1, 410, "failed", None),  # the endpoint is gone: it is called no more
        (len(WAITS), 500, "waiting", timedelta(days=1)),
        (len(WAITS) + 1, 500, "failed", None),  # the last attempt
    ],
)
def test_a_call_waits_for_its_next_attempt_until_it_is_delivered_gone_or_given_up(
    attempts: int, status: int | None, state: str, wait: timedelta | None
) -> None:
    result = result_of(call(attempts), Answered(status, "why"), AT, share=0)
    assert (result.seq, result.state, result.status, result.reason) == (7, state, status, "why")
    assert result.next_at == (None if wait is None else AT + wait)
