"""Finding appeals by their text or phone, for the service that searches for people: neither leaves intake."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, BaseModel

from services.intake.resources import hashes_of
from services.intake.search import queries
from shared.service.errors import Invalid
from shared.web.bodies import clean
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
    text: Annotated[str | None, AfterValidator(clean), Query(min_length=1, max_length=100)] = None,
    phone_tail: Annotated[str | None, Query(pattern=r"^[0-9]{4,20}$")] = None,
) -> Response:
    """The appeals whose title, text and firm have all words of `text`, with a phone ending in `phone_tail`.

    A word counts as there where all its bigrams are, so that a longer one may be found where it is not.
    """
    hashes = hashes_of(request.context)
    words = hashes.words(*(text or "").split())
    tails = [] if phone_tail is None else [hashes.tail(phone_tail)]
    if not words and not tails:
        raise Invalid(
            "请给出至少两个字的检索词，或电话尾号",
            "give words of two letters at least, or the end of a phone number",
            "text",
        )
    ids, more = await queries.matching(conn, hashes.version, words, tails)
    return json({"ids": ids, "more": more})
