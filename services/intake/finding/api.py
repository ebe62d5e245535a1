"""Finding appeals by their text or phone, for the service that searches for people: neither leaves intake."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from services.intake.finding import queries
from services.intake.settings import hashes_of
from shared.finding.hashes import Hashes
from shared.service.errors import Invalid, Unavailable
from shared.service.service import ServiceContext
from shared.web.request import Reading, Requested, json

router = APIRouter(tags=["intake"])


class MatchingAppeals(BaseModel):
    """At most 1,000 appeals, the newest first; `more`: others were left out."""

    ids: list[UUID]
    more: bool


@router.get("/found", summary="按正文或电话查找 / Find by text or phone", response_model=MatchingAppeals)
async def find(
    conn: Reading,
    request: Requested,
    text: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    phone_tail: Annotated[str | None, Query(pattern=r"^[0-9]{4,20}$")] = None,
) -> Response:
    """The appeals whose title, text and firm have all words of `text`, with a phone ending in `phone_tail`.

    A word counts as there where all its bigrams are, so that a longer one may be found where it is not.
    """
    hashes = _hashes(request.context)
    words = hashes.words(*(text or "").split())
    tails = [] if phone_tail is None else [hashes.tail(phone_tail)]
    if not words and not tails:
        raise Invalid(
            "请给出至少两个字的检索词，或电话尾号",
            "give words of two letters at least, or the end of a phone number",
            "text",
        )
    ids, more = await queries.matching(conn, hashes.key_id, words, tails)
    return json({"ids": ids, "more": more})


def _hashes(context: ServiceContext) -> Hashes:
    if (hashes := hashes_of(context)) is None:
        raise Unavailable(
            "本系统未配置检索密钥（HUYING_FINDING_KEY），不能按正文和电话查找",
            "texts and phones are not indexed here: whoever runs the service sets HUYING_FINDING_KEY",
        )
    return hashes
