"""The papers and files of a case: listed on its page, and passed on from their services as the person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from services.desks.pages.acts.offering import Doer
from services.desks.pages.case_reading import read_case
from services.desks.pages.line_values import Names
from services.desks.pages.phrases import Phrases
from services.desks.pages.routing import Page, calls_in, viewer_in
from shared.roles import AUDITOR, LEADER, OFFICE_STAFF, READERS, UNIT_STAFF, Roles
from shared.service.errors import NotFound
from shared.states import LegState

PHOTO = "photo"
"""The kind of a file that is a picture."""


class Paper(NamedTuple):
    """A kind of document: its words, the service and path that it comes from, and who may read it."""

    zh: str
    en: str
    service: str
    path: str
    parameter: str | None
    roles: Roles


PAPERS = {
    "assignment": Paper(
        "交办单",
        "Dispatch note",
        "dispatch",
        "/appeals/{id}/assignment.pdf",
        "leg_id",
        OFFICE_STAFF | UNIT_STAFF | {AUDITOR},
    ),
    "supervision": Paper(
        "督办函",
        "Supervision letter",
        "dispatch",
        "/appeals/{id}/supervision.pdf",
        "leg_id",
        OFFICE_STAFF | {LEADER, AUDITOR},
    ),
    "card": Paper(
        "黄牌",
        "Card",
        "escalation",
        "/appeals/{id}/cards/{of}.pdf",
        None,
        OFFICE_STAFF | UNIT_STAFF | {LEADER, AUDITOR},
    ),
}


def papers_of(case: Mapping[str, Any], doer: Doer, names: Names) -> list[tuple[str, str]]:
    """The documents of a case's legs that the person may read: the words of each, and its address."""
    found = []
    for leg in case["legs"]:
        if doer.unit not in (None, leg["unit"]) or leg["state"] == LegState.ENDED:
            continue
        for key in ("assignment", "supervision") if leg["overdue_at"] else ("assignment",):
            paper, address = (
                PAPERS[key],
                f"/case/{case['registration_number']}/papers/{key}?of={leg['leg_id']}",
            )
            if doer.role in paper.roles:
                words = names.phrases.t(paper.zh, paper.en)
                found.append((f"{words} · {names.unit(leg['unit'])}", address))
    return found


def files_of(intake: Mapping[str, Any] | None, names: Names, phrases: Phrases) -> list[dict[str, Any]]:
    """The files of a case as the person may know them."""
    if intake is None:
        return []
    return [
        {
            "id": file["attachment_id"],
            "name": file["name"] or phrases.t("附件（名称保密）", "file (name withheld)"),
            "size": size_of(file["size"]),
            "is_photo": file["kind"] == PHOTO,
            "by": names.unit(file["unit"]) if file["unit"] else names.adder(file["by"]),
            "at": phrases.when(datetime.fromisoformat(file["added_at"])),
        }
        for file in intake["attachments"]
    ]


def size_of(size: int) -> str:
    """The size of a file for people."""
    return f"{max(size / 1024, 1):.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"


async def paper(request: Request) -> Response:
    """A document as PDF."""
    kind = PAPERS.get(request.path_params["paper"])
    of = id_of(request.query_params.get("of", ""))
    if kind is None or viewer_in(request).role not in kind.roles:
        raise NotFound("没有这份文书", "there is no such document")
    case = await read_case(request)
    path = kind.path.format(id=case["appeal_id"], of=of)
    parameters = {} if kind.parameter is None else {kind.parameter: of}
    return await calls_in(request).passed_on(viewer_in(request), kind.service, path, params=parameters)


def id_of(typed: str) -> str:
    """The id of a document or file that an address names. Raises `NotFound` for what is none."""
    try:
        return str(UUID(typed))
    except ValueError:
        raise NotFound("没有这份文书或附件", "there is no such document or file") from None


PAGES = (Page("GET", "/case/{number}/papers/{paper}", paper, READERS),)
