"""Intake over HTTP for staff: lists and reads, reopening, merging, follow-up calls."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Response

from services.intake import acts, queries, timeline
from services.intake.answers import ListedAppeal, ReadAppeal, StaffAppeal
from services.intake.api import act_context, naming_pack
from services.intake.attachments.api import adder
from services.intake.attachments.document import Adder
from services.intake.attachments.domain.reading import files_shown_to
from services.intake.city.queries import in_charge
from services.intake.document import AppealDocument, TimelineEntry
from services.intake.reading import FIELDS, InCharge, as_read_by
from services.intake.work import Work
from shared.appeals.document import no_such_appeal, not_dispatched_to_unit
from shared.appeals.routes import add_act_routes
from shared.database.connection import Connection
from shared.events import ChannelCode
from shared.judging.rulebook import rulebook
from shared.roles import AccountRole
from shared.rules.judging.state import CaseState
from shared.service.accounts import Caller
from shared.service.errors import NotFound
from shared.web.answers import PageOf
from shared.web.numbers import CaseName, id_to_filter_by
from shared.web.openapi import VERSIONED
from shared.web.paging import Paged
from shared.web.request import Called, Deciding, Reading, RequestContext, Requested, WriteContext, json
from shared.web.writer import Answer

router = APIRouter(tags=["intake"])
MOST_FOLLOWERS = 500


ROUTES: dict[str, tuple[type[acts.AppealAct], str]] = {
    "reopenings": (acts.Reopen, "重新办理 / Reopen an appeal"),
    "follow-ups": (acts.FollowUp, "登记回访 / Record a follow-up call"),
    "reopening-decisions": (
        acts.DecideReopening,
        "决定是否重新办理 / Decide on a request to reopen an appeal",
    ),
    "additions": (acts.AddFacts, "登记企业补充的情况 / Write down what the enterprise adds"),
}
DECISIONS = (acts.Reopen, acts.DecideReopening)
"""What one clerk decides and another must not overwrite unseen: these need If-Match."""


async def _perform(appeal_id: UUID, act: acts.AppealAct, request: WriteContext) -> Response:
    def do(work: Work) -> Answer:
        request.check(work.appeal(appeal_id).version)
        appeal = work.perform(appeal_id, act, act_context(request, work, appeal_id))
        return answer_to_act(appeal, request.caller)

    return await request.write([appeal_id], do)


add_act_routes(router, ROUTES, DECISIONS, _perform, StaffAppeal)


def answer_to_act(appeal: AppealDocument, by: Caller) -> Answer:
    """An appeal as an act on it answers it."""
    document = appeal.model_dump(mode="json", exclude=set(StaffAppeal.hidden))
    return Answer(orjson.dumps(FIELDS.shown(document, by.role)).decode(), 200, str(appeal.version))


@router.post(
    "/appeals/{appeal_id}/merges", summary="并单 / Merge an appeal into another", response_model=StaffAppeal
)
async def merge(appeal_id: UUID, body: acts.Merge, request: Deciding) -> Response:
    """Handle an appeal with another from now on (并单); one that is merged already changes its lead."""
    known = await _known(request, appeal_id, body.lead)
    named = known.get(body.lead.lower(), known.get(body.lead))
    if named is None:
        raise NotFound(
            f"没有拟并入的诉求 {body.lead}，请核对编号",
            f"no appeal {body.lead} here: check its number",
            "lead",
        )
    lead_id = named.appeal_id

    def do(work: Work) -> Answer:
        request.check(work.appeal(appeal_id).version)
        pack_of = rulebook(request.context).pack_of
        merged = work.merge(appeal_id, lead_id, body.reason, work.at, pack_of)
        return answer_to_act(merged, request.caller)

    return await request.write([appeal_id, lead_id, *_present_lead(known, appeal_id)], do)


@router.post(
    "/appeals/{appeal_id}/unmerges",
    summary="解除并单 / Handle a merged appeal by itself again",
    response_model=StaffAppeal,
)
async def unmerge(appeal_id: UUID, body: acts.Unmerge, request: Deciding) -> Response:
    """Handle a merged appeal by itself again."""
    known = await _known(request, appeal_id)

    def do(work: Work) -> Answer:
        request.check(work.appeal(appeal_id).version)
        return answer_to_act(work.unmerge(appeal_id, body.reason, work.at), request.caller)

    return await request.write([appeal_id, *_present_lead(known, appeal_id)], do)


async def _known(request: RequestContext, appeal_id: UUID, named: str = "") -> dict[str, queries.AppealIds]:
    """The appeal, and the one that is `named` by id or number, each by its id and by its number.

    They are read before they are locked. If the version that the caller names still holds when the appeal is
    locked, nothing changed meanwhile.
    """
    ids = [appeal_id, *([UUID(named)] if len(named) == 36 else [])]
    async with request.context.reader.connect() as conn:
        rows = await queries.ids_of(conn, ids, named)
    return {name: row for row in rows for name in (str(row.appeal_id), row.registration_number)}


def _present_lead(known: dict[str, queries.AppealIds], appeal_id: UUID) -> list[UUID]:
    """The id of the lead that the appeal has so far, if it has one."""
    appeal = known.get(str(appeal_id))
    return [appeal.lead] if appeal and appeal.lead else []


@router.get("/appeals", summary="诉求列表 / List appeals", response_model=PageOf[ListedAppeal])
async def appeals(
    conn: Reading,
    called: Called,
    page: Paged,
    request: Requested,
    state: CaseState | None = None,
    channel: ChannelCode | None = None,
    lead: CaseName | None = None,
    unheard: bool = False,
    lead_ended: bool = False,
    complained: bool = False,
    reopening_asked: bool = False,
) -> Response:
    """The appeals, oldest number first, without texts and contacts; a unit sees its own alone.

    `lead`: those handled with it, by its number or id. `unheard`: completed, not rated, and nobody reached.
    `lead_ended`: merged with one that is handled no more. `complained`: a complaint to the office waits for
    its answer. `reopening_asked`: a request to handle it again waits for its decision.
    """
    filters = {
        "state": state,
        "channel": channel,
        "unit": (called.code or "") if called.role == AccountRole.UNIT else None,
        "lead": await id_to_filter_by(request.context, lead),
        "unheard": unheard or None,
        "lead_ended": lead_ended or None,
        "complained": complained or None,
        "reopening_asked": reopening_asked or None,
    }
    sight = rulebook(request.context).sight(called.role)
    rows = await queries.appeals(conn, filters, sight, after=page.after_text, limit=page.limit + 1)
    leads = await in_charge_for(conn, called, request)
    documents = [as_read_by(called, row.document, row.persons, leads) for row in rows]
    return page.answer(documents, "registration_number")


async def in_charge_for(conn: Connection, called: Caller, request: RequestContext) -> InCharge | None:
    """The directory by which a leader is known to be in charge; nothing for everybody else."""
    if called.role != AccountRole.LEADER:
        return None
    return await in_charge(conn, request.context.clock.now().astimezone(request.context.zone).date())


@router.get(
    "/appeals/{appeal_id}",
    summary="查看诉求 / Read an appeal",
    response_model=ReadAppeal,
    responses=VERSIONED,
)
async def appeal(appeal_id: UUID, conn: Reading, called: Called, request: Requested) -> Response:
    """One appeal, for a unit that has a leg of it, registered it, or is invited to an open joint study of it.

    Each reads what `docs/fields.md` says: whom to contact is for operators, the office, units of live legs
    and the leader in charge. Where the name is withheld, a unit reads neither who asks nor where it happened,
    nor what in the texts would tell it.

    At most 500 followers are shown; `GET /appeals?lead=` lists them all.
    """
    row = await queries.appeal_for_staff(conn, appeal_id)
    if row is None:
        raise no_such_appeal()
    if called.role == AccountRole.UNIT and called.code not in row.units:
        raise not_dispatched_to_unit()
    document = as_read_by(called, row.document, row.persons, await in_charge_for(conn, called, request))
    followers = await queries.followers(conn, appeal_id, MOST_FOLLOWERS) if document.get("leads") else []
    pack, zone = naming_pack(request.context, document["pack"]), request.context.zone
    entries = [TimelineEntry.model_validate(entry) for entry in document["timeline"]]
    shown = {
        **document,
        "timeline": [timeline.shown_entry(entry, pack, zone) for entry in entries],
        "attachments": _attachments(document, adder(called), zone),
        "lead_ended": row.lead_ended,
        "followers": followers,
    }
    return json(shown, etag=document["version"])


def _attachments(document: dict[str, Any], reader: Adder, zone: ZoneInfo) -> list[dict[str, Any]]:
    if not document.get("attachments"):
        return []
    return files_shown_to(AppealDocument.model_validate(document), reader, zone)
