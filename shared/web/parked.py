"""Messages that could not be handled, over HTTP: who runs a service lists them and has them handled again."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import text

from shared.database.connection import Connection
from shared.messaging.parked import contents
from shared.service.accounts import Caller
from shared.web.answers import PageOf
from shared.web.hiding import id_of
from shared.web.paging import LARGEST, Paged, no_cursor
from shared.web.request import Called, Reading, json, service

if TYPE_CHECKING:
    from shared.service.service import ServiceContext

router = APIRouter(tags=["operation"])


class Parked(BaseModel):
    """A message that could not be handled, with its reason."""

    id: int
    topic: str
    partition: int
    offset: int
    key: str | None
    headers: Any
    body: str | None
    reason: str
    parked_at: AwareDatetime


class Redriven(BaseModel):
    """A parked message that was handled."""

    id: int
    redriven: bool


@router.get("/parked", summary="未能处理的消息 / List parked messages", response_model=PageOf[Parked])
async def parked(conn: Reading, called: Called, page: Paged, request: Request) -> Response:
    """The messages that could not be handled, each with its reason.

    The body is left out where it is about a case that the caller may not read.
    """
    after = page.after[0] if page.after else 0
    if not isinstance(after, int):
        raise no_cursor()
    rows = await conn.execute(
        text(
            """
            select id, topic, partition, "offset", cluster, key, headers, body, reason, parked_at
            from parked where redriven_at is null and id > :after order by id limit :limit
            """
        ),
        {"after": after, "limit": page.limit + 1},
    )
    items = [_shown(conn, row) for row in rows]
    kept = await _kept_from(service(request), called, conn, {item["key"] for item in items})
    return page.answer([item | ({"body": None} if item["key"] in kept else {}) for item in items], "id")


def _shown(conn: Connection, row: Any) -> dict[str, Any]:
    """A parked message with its content decrypted; bytes that are not ASCII as PostgreSQL escapes them."""
    headers, body = contents(conn, row)
    escaped = "".join(
        "\\\\" if byte == 92 else chr(byte) if 0 < byte < 128 else f"\\{byte:03o}" for byte in body
    )
    shown = {**row, "headers": headers, "body": escaped}
    del shown["cluster"]
    return shown


async def _kept_from(
    context: "ServiceContext", called: Caller, conn: Connection, keys: Collection[str | None]
) -> set[str | None]:
    """The keys of records that are about cases which the caller may not read.

    A case that is unknown here, since its first record is parked as well, shows by the marks in that record.
    """
    if (hiding := context.service.hiding) is None:
        return set()
    ids = {id_: key for key in keys if (id_ := id_of(key)) is not None}
    hidden = await hiding.hidden(context, called.role, list(ids)) if ids else frozenset()
    marks = [mark.encode() for mark in hiding.marks(context, called.role)]
    marked = set()
    if marks:
        query = text("select * from parked where key = any(cast(:keys as text[]))")
        for row in await conn.execute(query, {"keys": [key for key in keys if key]}):
            _, body = contents(conn, row)
            marked |= {row.key for mark in marks if mark in body}
    return {*(ids[id_] for id_ in hidden), *marked}


@router.post(
    "/parked/{parked_id}/redrive",
    summary="重新处理一条消息 / Redrive a parked message",
    response_model=Redriven,
    responses={409: {}},
)
async def redrive(parked_id: Annotated[int, Path(ge=1, le=LARGEST)], request: Request) -> Response:
    """Handle a parked message again; it stays parked where it still fails."""
    running = service(request)
    await running.consumer.redriver.redrive(parked_id)
    running.wake()
    return json({"id": parked_id, "redriven": True})
