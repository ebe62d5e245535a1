"""Asks dispatch what an enterprise was answered: the client, and the rulebook of a service that has one."""

import asyncio
import time
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from shared.appeals.answers import PublicAnswer
from shared.cases import CASE
from shared.judging.rulebook import Rulebook
from shared.service.service import ServiceContext
from shared.telemetry.context import traceparent
from shared.telemetry.metrics import Telemetry
from shared.telemetry.spans import call_span
from shared.web.client import Transport

DISPATCH = "dispatch"
TIMEOUT_S = 2.0
"""An enterprise waits for its page: an answer that takes longer is left out."""
FAILURES_TO_PAUSE = 3
PAUSE_S = 5.0
"""How long nobody waits for dispatch after it failed so often in a row."""


class _Answers(BaseModel):
    items: list[PublicAnswer]


class AnswersUnavailable(Exception):
    """Dispatch gave no usable answer. Asking again later may help."""


class AnswersClient:
    """Asks dispatch for the texts, under the asking service's own account there."""

    def __init__(
        self, url: str, key: str, telemetry: Telemetry, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._telemetry = telemetry
        self._failures = 0
        self._paused_until = 0.0
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            headers={"authorization": f"Bearer {key}"},
            timeout=TIMEOUT_S,
            transport=transport or Transport(trust_env=False),
            trust_env=False,
        )

    async def answers_of(self, appeal_id: UUID) -> list[PublicAnswer]:
        """The texts about one appeal, the oldest first; none for an appeal that dispatch does not know.

        Raises `AnswersUnavailable`, at once while dispatch is paused.
        """
        if time.monotonic() < self._paused_until:
            raise AnswersUnavailable("dispatch did not answer a moment ago")
        try:
            answers = await self._ask(appeal_id)
        except AnswersUnavailable:
            self._failures += 1
            if self._failures >= FAILURES_TO_PAUSE:
                self._failures, self._paused_until = 0, time.monotonic() + PAUSE_S
            raise
        self._failures = 0
        return answers

    async def _ask(self, appeal_id: UUID) -> list[PublicAnswer]:
        attributes = {"http.request.method": "GET", CASE: str(appeal_id)}
        try:
            with call_span("GET", attributes, self._telemetry, DISPATCH):
                headers = {"traceparent": traceparent()}
                answer = await self._client.get(f"/appeals/{appeal_id}/answers", headers=headers)
        except httpx.HTTPError as error:
            raise AnswersUnavailable(type(error).__name__) from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            return []
        if not answer.is_success:
            raise AnswersUnavailable(f"dispatch answers {answer.status_code}")
        try:
            return _Answers.model_validate_json(answer.content).items
        except ValidationError as error:
            raise AnswersUnavailable("the answer of dispatch cannot be read") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class AskingRulebook(Rulebook):
    """The rulebook, and the client of dispatch; None where its address or the key for it is not set."""

    answers: AnswersClient | None = None

    def ask(self, url: str | None, key: str | None, context: ServiceContext) -> None:
        """Ask dispatch at `url` under `key` from now on, where both are set."""
        if url and key:
            self.answers = AnswersClient(url, key, context.telemetry)


def answers_client(context: ServiceContext) -> AnswersClient | None:
    """The client of dispatch of a service that asks it."""
    assert isinstance(context.resources, AskingRulebook)
    return context.resources.answers


async def close_answers_client(context: ServiceContext) -> None:
    """Close the connections to dispatch when the service stops."""
    try:
        await asyncio.Event().wait()
    finally:
        if (client := answers_client(context)) is not None:
            await client.close()
