"""Histories of cases, for whoever judges them anew."""

from datetime import datetime
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from services.escalation import queries
from services.escalation.answers import History
from services.escalation.document import CaseDocument
from services.escalation.queries import Remembered
from services.escalation.reading import FIELDS, OF_EVENTS
from shared.events import CATALOGUE, AppealLifted, CardIssued
from shared.judging.rulebook import rulebook
from shared.service.clock import TICK
from shared.web.answers import PageOf
from shared.web.paging import Paged
from shared.web.request import Called, Reading, service

router = APIRouter(tags=["records"])


@router.get("/histories", summary="案件判定史 / Histories of cases", response_model=PageOf[History])
async def histories(conn: Reading, called: Called, page: Paged, request: Request) -> Response:
    """Every case with its acts, its pack, and what was issued: all that is needed to judge it anew.

    A confidential case is there for those alone who may read it. Importers and operators judge by events
    without the enterprise and without words of people.
    """
    sight = rulebook(service(request)).sight(called.role)
    rows = await queries.judged_cases(conn, sight, page.after_text, page.limit + 1)
    history_of = await queries.histories(conn, [row.appeal_id for row in rows])
    now = service(request).clock.now()
    unread = frozenset(name for name, kind in OF_EVENTS.items() if not FIELDS.reads(kind, called.role))
    items = [_history(row, history_of[row.appeal_id], now, unread) for row in rows]
    return page.answer(items, "registration_number")


def _history(row: Any, remembered: list[Remembered], now: datetime, unread: frozenset[str]) -> dict[str, Any]:
    case = CaseDocument.model_validate(row.file)
    acts = [_event(act, unread) for act in remembered]
    upto = _judged_upto(case, row.next_due_at, now)
    return {
        "appeal_id": case.appeal_id,
        "registration_number": case.registration_number,
        "pack": case.pack,
        "judged_upto": upto,
        "waits": row.unjudged_from is not None and upto is not None and row.unjudged_from <= upto,
        "stuck": row.stuck,
        "events": sorted(acts, key=lambda act: (datetime.fromisoformat(act["occurred_at"]), act["id"])),
        "late": [act["id"] for act, kept in zip(acts, remembered, strict=True) if kept.late],
        "issued": [*_cards(case), *_lifts(case)],
        "said": sorted(map(str, case.said)),
    }


def _event(act: Remembered, unread: frozenset[str]) -> dict[str, Any]:
    """An act as its event tells it, with empty texts where the reader does not read them."""
    body = orjson.loads(act.body)
    body.pop("receipt_hash", None)  # opens the enterprise's page; nobody judges by it
    for name in unread & body.keys() & CATALOGUE[act.type].texts():  # no code such as why it was lifted
        body[name] = None if body[name] is None else ""
    return {"type": act.type, **body}


def _judged_upto(case: CaseDocument, next_due_at: datetime | None, now: datetime) -> datetime | None:
    """Up to when a case was judged. An older release did not note it: then until just before it is due."""
    if case.judged_upto is not None or not case.version:
        return case.judged_upto
    return next_due_at - TICK if next_due_at else now


def _cards(case: CaseDocument) -> list[dict[str, Any]]:
    fields = {"leg_id", "unit", "round", "deadline", "due_at", "card", "clause"}
    return [
        {
            "type": CardIssued.type,
            "id": card.card_id,
            "occurred_at": card.issued_at,
            **card.model_dump(include=fields),
        }
        for card in case.cards
    ]


def _lifts(case: CaseDocument) -> list[dict[str, Any]]:
    fields = {"unit", "leader", "level", "reason", "clause"}
    return [
        {
            "type": AppealLifted.type,
            "id": lift.lift_id,
            "occurred_at": lift.lifted_at,
            **lift.model_dump(include=fields),
        }
        for lift in case.lifts
    ]
