"""Where notify asks other services: intake, how an enterprise wants to be reached."""

from typing import Annotated
from uuid import UUID

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

TIMEOUT_S = 10.0
_NOT_OURS = frozenset({404, 410, 422})


class Unreachable(Exception):
    """Intake gave no answer that could be used; asking again later may help."""


class Reach(BaseModel):
    """How an enterprise is reached, as it said when it registered."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=300)] | None = None


NOWHERE = Reach()


class Intake:
    """Speaks to intake under the account of a service."""

    def __init__(self, url: str, key: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            headers={"authorization": f"Bearer {key}"},
            timeout=TIMEOUT_S,
            transport=transport,
            trust_env=False,
        )

    async def reach(self, appeal_id: UUID) -> Reach:
        """How the enterprise of an appeal is reached; `NOWHERE` for a case intake does not have.

        Raises `Unreachable` for no answer, or one that cannot be used.
        """
        try:
            answer = await self._client.get(f"/appeals/{appeal_id}/contact")
        except httpx.HTTPError as error:
            raise Unreachable(type(error).__name__) from error
        if answer.status_code in _NOT_OURS:
            return NOWHERE
        if not answer.is_success:
            raise Unreachable(f"intake answers {answer.status_code}")
        try:
            return Reach.model_validate_json(answer.content)
        except ValidationError as error:
            raise Unreachable("intake's answer cannot be read") from error

    async def close(self) -> None:
        """Let connections go."""
        await self._client.aclose()
