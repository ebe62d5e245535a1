"""Asks the service that registered a case how its enterprise is reached."""

from typing import Annotated
from uuid import UUID

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.notify.document import FINANCING, INTAKE
from services.notify.messages.words import Language
from shared.telemetry.context import traceparent
from shared.web.client import Transport

PATHS = {INTAKE: "/appeals/{}/contact", FINANCING: "/requests/{}/contact"}
"""The path of a case's contact, by the service that registers such cases."""
TIMEOUT_S = 10.0
_NO_SUCH_CASE = frozenset({404, 410, 422})


class RegistrarUnavailable(Exception):
    """The service gave no usable answer. Asking again later may help."""


class EnterpriseContact(BaseModel):
    """How an enterprise is reached, as it stated when it registered."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=300)] | None = None
    language: Language | None = None


NO_CONTACT = EnterpriseContact()


class RegistrarClient:
    """Calls `service`, which registers cases, under notify's own account there."""

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

    async def contact_of(self, case_id: UUID) -> EnterpriseContact:
        """How the enterprise of a case is reached; `NO_CONTACT` for a case that the service does not have.

        Raises `RegistrarUnavailable` where there is no usable answer.
        """
        try:
            headers = {"traceparent": traceparent()}
            answer = await self._client.get(PATHS[self._service].format(case_id), headers=headers)
        except httpx.HTTPError as error:
            raise RegistrarUnavailable(type(error).__name__) from error
        if answer.status_code in _NO_SUCH_CASE:
            return NO_CONTACT
        if not answer.is_success:
            raise RegistrarUnavailable(f"{self._service} answers {answer.status_code}")
        try:
            return EnterpriseContact.model_validate_json(answer.content)
        except ValidationError as error:
            raise RegistrarUnavailable(f"the answer of {self._service} cannot be read") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
