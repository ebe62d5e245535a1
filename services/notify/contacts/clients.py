"""Where notify asks other services: the one that registered a case, how its enterprise is reached."""

from typing import Annotated
from uuid import UUID

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.notify.domain import FINANCING, INTAKE
from services.notify.messages.words import Language
from shared.telemetry.context import traceparent
from shared.web.client import Transport

PATHS = {INTAKE: "/appeals/{}/contact", FINANCING: "/requests/{}/contact"}
"""Where each service that registers cases answers."""
TIMEOUT_S = 10.0
_NOT_OURS = frozenset({404, 410, 422})


class RegistrarUnavailable(Exception):
    """There was no answer that could be used; asking again later may help."""


class EnterpriseContact(BaseModel):
    """How an enterprise is reached, as it said when it registered."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=300)] | None = None
    language: Language | None = None


NO_CONTACT = EnterpriseContact()


class RegistrarClient:
    """Speaks to `service`, which registers cases, under the account of a service."""

    def __init__(
        self, service: str, url: str, key: str, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._service = service
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            headers={"authorization": f"Bearer {key}"},
            timeout=TIMEOUT_S,
            transport=transport or Transport(trust_env=False),
            trust_env=False,
        )

    async def reach(self, case_id: UUID) -> EnterpriseContact:
        """How the enterprise of a case is reached; `NOWHERE` for a case the service does not have.

        Raises `Unreachable` for no answer, or one that cannot be used.
        """
        try:
            traced = {"traceparent": traceparent()}
            answer = await self._client.get(PATHS[self._service].format(case_id), headers=traced)
        except httpx.HTTPError as error:
            raise RegistrarUnavailable(type(error).__name__) from error
        if answer.status_code in _NOT_OURS:
            return NO_CONTACT
        if not answer.is_success:
            raise RegistrarUnavailable(f"{self._service} answers {answer.status_code}")
        try:
            return EnterpriseContact.model_validate_json(answer.content)
        except ValidationError as error:
            raise RegistrarUnavailable(f"the answer of {self._service} cannot be read") from error

    async def close(self) -> None:
        """Let connections go."""
        await self._client.aclose()
