"""Has notify send a code to a contact that an enterprise registered."""

from typing import Literal
from uuid import UUID

import httpx
import orjson

from shared.cases import CASE
from shared.telemetry.context import traceparent
from shared.telemetry.metrics import Telemetry
from shared.telemetry.spans import NUMBER, call_span
from shared.web.client import Transport

TIMEOUT_S = 60.0
"""Notify answers when the provider has taken the message, or did not after some tries."""
Purpose = Literal["receipt_code", "proof"]


class CodeNotSent(Exception):
    """Notify did not send the code. Whoever needs it asks for another one."""


class CodeClient:
    """Calls notify under intake's own account there."""

    def __init__(
        self, url: str, key: str, telemetry: Telemetry, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._telemetry = telemetry
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
            timeout=TIMEOUT_S,
            transport=transport or Transport(trust_env=False),
            trust_env=False,
        )

    async def send(
        self,
        purpose: Purpose,
        code: str,
        appeal_id: UUID,
        number: str,
        *,
        phone: str | None,
        email: str | None,
        language: str | None,
    ) -> None:
        """Send a code to the e-mail address, else to the phone. Raises `CodeNotSent`."""
        order = {
            "purpose": purpose,
            "code": code,
            "appeal_id": str(appeal_id),
            "registration_number": number,
            "phone": phone,
            "email": email,
            "language": language,
        }
        attributes = {"http.request.method": "POST", CASE: str(appeal_id), NUMBER: number}
        try:
            with call_span("POST", attributes, self._telemetry, "notify"):
                headers = {"traceparent": traceparent()}
                answer = await self._client.post("/codes", content=orjson.dumps(order), headers=headers)
        except httpx.HTTPError as error:
            raise CodeNotSent(type(error).__name__) from error
        if not answer.is_success:
            raise CodeNotSent(f"notify answers {answer.status_code}")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
