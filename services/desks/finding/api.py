"""Finding cases over HTTP: one search with filters, sorted by what is due first."""

import asyncio
import re
from dataclasses import replace

from fastapi import APIRouter, Response

from services.desks.fields import FIELDS, check_search, relations, searches
from services.desks.finding import pages, queries
from services.desks.finding.answers import ListedCases
from services.desks.finding.client import IntakeClient, MatchingAppeals, not_set_up
from services.desks.finding.conditions import MatchesElsewhere, position
from services.desks.finding.names import with_codes, with_names
from services.desks.finding.parameters import Wanted, Wanting
from services.desks.finding.scopes import scope_of
from services.desks.finding.units import codes_of
from services.desks.resources import resources_of
from shared.appeals.readers import FieldKind
from shared.roles import AccountRole
from shared.service.errors import Unavailable
from shared.web.paging import Paged
from shared.web.request import Called, Reading, Requested

router = APIRouter(tags=["desks"])
_TAIL = re.compile(r"[0-9]{4,20}")
NOTHING = MatchingAppeals()


@router.get("/cases", summary="查找诉求 / Find cases", response_model=ListedCases)
async def cases(conn: Reading, called: Called, page: Paged, request: Requested, wanted: Wanting) -> Response:
    """The cases that meet every filter, by what is due first; a unit finds its own alone.

    `q` searches number, firm, credit code, title, text and the end of a phone at once, as far as the caller
    may read these. Words of people are taken as codes or in Chinese. `count` counts up to 1,000.
    """
    check_search(wanted, called)
    scope, after = await scope_of(request.context, conn, called), position(page.after, wanted.sort)
    resources = resources_of(request.context)
    wanted = with_codes(wanted, resources)
    units = await codes_of(conn, wanted.unit)
    wanted = replace(wanted, localities=tuple(await codes_of(conn, wanted.locality, "locality") or ()))
    matches, complete = await _elsewhere(resources.intake, wanted, called.role)
    rows = await queries.cases(conn, wanted, scope, matches, units, after, page.limit + 1)
    count = await queries.count(conn, wanted, scope, matches, units) if wanted.count else None
    return pages.answer(
        page,
        [with_names(FIELDS.shown(row, called.role, (), relations(called)), resources) for row in rows],
        wanted.sort,
        "appeal_id",
        scope.zone,
        count=None if count is None else pages.counted(count),
        incomplete=not complete,
    )


async def _elsewhere(
    intake: IntakeClient | None, wanted: Wanted, role: AccountRole | None
) -> tuple[MatchesElsewhere, bool]:
    """What intake finds of the search by what the role may read, and whether that is all of it.

    `Unavailable` where only intake can find what is asked for and does not answer, `Invalid` where it is not
    named.
    """
    filtered, queried = await asyncio.gather(_filtered(intake, wanted), _queried(intake, wanted, role))
    ids = None if filtered is None else filtered.ids
    complete = queried is not None and not any(answer.more for answer in (filtered or NOTHING, *queried))
    texts, phones = queried or (NOTHING, NOTHING)
    return MatchesElsewhere(ids, texts.ids, phones.ids), complete


async def _filtered(intake: IntakeClient | None, wanted: Wanted) -> MatchingAppeals | None:
    if wanted.text is None and wanted.phone_tail is None:
        return None
    if intake is None:
        raise not_set_up("phone_tail" if wanted.text is None else "text")
    return await intake.matching(text=wanted.text, phone_tail=wanted.phone_tail)


async def _queried(
    intake: IntakeClient | None, wanted: Wanted, role: AccountRole | None
) -> tuple[MatchingAppeals, MatchingAppeals] | None:
    """What has the words of `q` in its text, and the end of its phone; None where intake does not answer."""
    if wanted.query is None or not searches(FieldKind.TEXT, role):
        return NOTHING, NOTHING
    if intake is None:
        return None
    asked = [intake.matching(text=wanted.query)]
    if _TAIL.fullmatch(tail := wanted.query.strip()) and searches(FieldKind.CONTACT, role):
        asked.append(intake.matching(phone_tail=tail))
    try:
        texts, *phones = await asyncio.gather(*asked)
    except Unavailable:
        return None
    return texts, phones[0] if phones else NOTHING
