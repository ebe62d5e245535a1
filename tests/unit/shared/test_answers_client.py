"""Who asks dispatch for answers waits for it a little, and after failures in a row not at all for a while."""

from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from shared.appeals.asking import FAILURES_TO_PAUSE, AnswersClient, AnswersUnavailable
from shared.telemetry.metrics import Metrics, Telemetry
from shared.telemetry.spans import Tracer

APPEAL = UUID(int=1)
ANSWER = {"occurred_at": "2026-02-13T02:30:00.000007Z", "type": "appeal.responded.v1", "text": "已看过现场"}


class Dispatch:
    """Answers as it is told, and counts the calls."""

    def __init__(self, answer: Callable[[], httpx.Response]) -> None:
        self.answer = answer
        self.calls: list[httpx.Request] = []

    def client(self) -> AnswersClient:
        def handle(request: httpx.Request) -> httpx.Response:
            self.calls.append(request)
            return self.answer()

        telemetry = Telemetry(Tracer("intake"), Metrics("intake"))
        return AnswersClient("http://dispatch/dispatch", "key", telemetry, httpx.MockTransport(handle))


def away() -> httpx.Response:
    raise httpx.ConnectError("refused")


async def test_answers_are_asked_for_under_the_key_of_the_service() -> None:
    dispatch = Dispatch(lambda: httpx.Response(200, json={"items": [ANSWER]}))
    (answer,) = await dispatch.client().answers_of(APPEAL)
    assert (answer.text, answer.occurred_at.microsecond) == ("已看过现场", 7)
    (call,) = dispatch.calls
    assert call.url.path == f"/dispatch/appeals/{APPEAL}/answers"
    assert call.headers["authorization"] == "Bearer key"


async def test_of_an_appeal_that_dispatch_has_not_heard_of_there_are_none() -> None:
    assert await Dispatch(lambda: httpx.Response(404)).client().answers_of(APPEAL) == []


@pytest.mark.parametrize("status", [403, 500, 503])
async def test_a_refusal_or_an_error_is_no_answer(status: int) -> None:
    with pytest.raises(AnswersUnavailable, match=str(status)):
        await Dispatch(lambda: httpx.Response(status)).client().answers_of(APPEAL)


async def test_an_answer_that_cannot_be_read_is_none() -> None:
    with pytest.raises(AnswersUnavailable):
        await Dispatch(lambda: httpx.Response(200, json={"items": [{}]})).client().answers_of(APPEAL)


async def test_after_failures_in_a_row_nobody_waits_for_a_while() -> None:
    dispatch = Dispatch(away)
    client = dispatch.client()
    for _ in range(FAILURES_TO_PAUSE + 4):
        with pytest.raises(AnswersUnavailable):
            await client.answers_of(APPEAL)
    assert len(dispatch.calls) == FAILURES_TO_PAUSE


async def test_failures_that_do_not_follow_each_other_pause_nothing() -> None:
    dispatch = Dispatch(away)
    client = dispatch.client()
    for number in range(3 * FAILURES_TO_PAUSE):
        dispatch.answer = away if number % 2 else lambda: httpx.Response(200, json={"items": []})
        if number % 2:
            with pytest.raises(AnswersUnavailable):
                await client.answers_of(APPEAL)
        else:
            assert await client.answers_of(APPEAL) == []
    assert len(dispatch.calls) == 3 * FAILURES_TO_PAUSE
