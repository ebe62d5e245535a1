"""Asks intake which appeals have a text or a phone: neither leaves intake."""

from uuid import UUID

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.service.errors import Invalid, Unavailable
from shared.telemetry.context import traceparent
from shared.web.client import Transport

TIMEOUT_S = 5.0


class MatchingAppeals(BaseModel):
    """The appeals that intake found, the newest first; `more`: there are others, which it left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ids: list[UUID] = []
    more: bool = False


class IntakeClient:
    """Calls intake under an account of the role `service`."""

    def __init__(self, url: str, key: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        # A connection for each search: no idle ones to close, and no search is so frequent that it matters.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            headers={"authorization": f"Bearer {key}"},
            timeout=TIMEOUT_S,
            transport=transport or Transport(trust_env=False, limits=limits),
            trust_env=False,
        )

    async def matching(self, *, text: str | None = None, phone_tail: str | None = None) -> MatchingAppeals:
        """The appeals with these words and a phone with this end. `Unavailable` without a usable answer."""
        wanted = {"text": text, "phone_tail": phone_tail}
        params = {name: value for name, value in wanted.items() if value is not None}
        try:
            answer = await self._client.get("/found", params=params, headers={"traceparent": traceparent()})
            answer.raise_for_status()
            return MatchingAppeals.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise away() from error


def away() -> Unavailable:
    """The refusal of a search of texts or phones that intake does not answer."""
    return Unavailable(
        "暂时无法检索诉求正文和电话：受理服务没有应答；请稍后再试，或改用其他条件",
        "texts and phones cannot be searched now, because intake does not answer: try again later, or leave"
        " `text` and `phone_tail` out",
    )


def not_set_up(parameter: str) -> Invalid:
    """The refusal of a search of texts or phones where the settings do not name who makes it."""
    return Invalid(
        "本系统未配置受理服务的地址和密钥，不能检索诉求正文和电话：请改用其他条件",
        "texts and phones cannot be searched here: whoever runs the service sets HUYING_INTAKE_URL and"
        " HUYING_INTAKE_KEY",
        parameter,
    )
