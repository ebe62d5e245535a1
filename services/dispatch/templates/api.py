"""Answer templates (常用答复) over HTTP: the city's, which the office writes, and each unit's own."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from services.dispatch import queries as appeals
from services.dispatch.document import AppealDocument
from services.dispatch.reading import Reader, as_read_by
from services.dispatch.templates import queries
from services.dispatch.templates.domain import check, filled
from shared.appeals.document import no_such_appeal, not_dispatched_to_unit
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.service.errors import Conflict, NotFound
from shared.web.answers import PageOf
from shared.web.bodies import Body, Code, Line
from shared.web.paging import Paged
from shared.web.request import Called, Reading, Replacing, Requested, json

router = APIRouter(tags=["dispatch"])

MOST_TEMPLATES = 500
"""Of the city, and of each unit."""


class ForAct(StrEnum):
    """The act whose text a template helps to write."""

    REPLY = "reply"
    COMPLETE = "complete"
    REFUSE = "refuse"
    REFER = "refer"
    NOTE = "note"
    URGE = "urge"


class TemplateBody(Body):
    """An answer template. `act`: for whose text it is meant, any where left out.

    `{enterprise}`, `{number}`, `{title}`, `{unit}` and `{today}` in `text` are filled when it is read for an
    appeal.
    """

    title: Line
    act: ForAct | None = None
    text: Annotated[str, Field(min_length=1, max_length=5_000)]


class AnswerTemplate(TemplateBody):
    """A template as it is kept. `unit`: whose own it is; None for the city's. `version` is the ETag."""

    code: str
    unit: str | None
    version: int


class FilledTemplate(BaseModel):
    """A template's text with the values of an appeal."""

    code: str
    text: str


@router.get(
    "/answer-templates",
    summary="常用答复列表 / List the answer templates",
    response_model=PageOf[AnswerTemplate],
)
async def answer_templates(
    conn: Reading,
    called: Called,
    page: Paged,
    act: ForAct | None = None,
    unit: Annotated[Code | None, Query()] = None,
) -> Response:
    """The city's templates, and a unit's own: to it always, to others those of `unit`."""
    own = _owner(called) or unit or queries.CITY
    after = page.after or ["", ""]
    position = (str(after[0]), str(after[-1]))
    rows = await queries.templates(conn, own, after=position, limit=page.limit + 1, act=act)
    items = [{name: row[name] for name in AnswerTemplate.model_fields} for row in rows[: page.limit]]
    return json({"items": items, "next": page.after_last(rows, "code", "owner")})


@router.put(
    "/answer-templates/{code}",
    summary="登记常用答复 / Write an answer template",
    response_model=AnswerTemplate,
    responses={409: {}},
)
async def put_answer_template(code: Code, body: TemplateBody, request: Replacing) -> Response:
    """Write a template; the office the city's, a unit its own. An existing one needs If-Match."""
    check(body.text, "text")
    owner = _owner(request.caller)
    async with request.context.engine.begin() as conn:
        version = await queries.locked_version(conn, owner, code)
        if version is not None:
            request.check(version)
        elif await queries.number_of(conn, owner) >= MOST_TEMPLATES:
            raise Conflict(
                f"常用答复已达上限：最多 {MOST_TEMPLATES} 条，请先删除不用的",
                f"there are {MOST_TEMPLATES} templates already: delete what nobody uses",
            )
        version = await queries.save(conn, owner, code, body.model_dump(mode="json"))
    return json({**body.model_dump(), "code": code, "unit": owner or None, "version": version}, etag=version)


@router.delete(
    "/answer-templates/{code}",
    summary="删除常用答复 / Delete an answer template",
    response_model=AnswerTemplate,
)
async def delete_answer_template(code: Code, request: Replacing) -> Response:
    """Delete a template; the office the city's, a unit its own. It needs If-Match."""
    owner = _owner(request.caller)
    async with request.context.engine.begin() as conn:
        version = await queries.locked_version(conn, owner, code)
        if version is None:
            raise _no_such_template()
        request.check(version)
        template = await queries.template(conn, owner, code)
        await queries.delete(conn, owner, code)
    return json({**(template or {}), "code": code, "unit": owner or None, "version": version})


@router.get(
    "/appeals/{appeal_id}/answer-templates/{code}",
    summary="按诉求填好的常用答复 / Read an answer template for an appeal",
    response_model=FilledTemplate,
)
async def filled_answer_template(
    appeal_id: UUID, code: Code, conn: Reading, called: Called, request: Requested
) -> Response:
    """A template's text with the values of this appeal: the unit's own before the city's."""
    file = await appeals.appeal_with_acts(conn, appeal_id)
    if file is None:
        raise no_such_appeal()
    appeal = AppealDocument.model_validate(file)
    if called.role == AccountRole.UNIT and called.code not in appeal.readers():
        raise not_dispatched_to_unit()
    template = await queries.template(conn, _owner(called), code)
    if template is None:
        raise _no_such_template()
    today = request.context.clock.now().astimezone(request.context.zone)
    reader = Reader(called, [called.code] if called.code else ())
    values = {
        "enterprise": as_read_by(reader, file)["enterprise"] or "",
        "number": appeal.registration_number,
        "title": appeal.title,
        "unit": _unit_name(appeal, called),
        "today": f"{today.year}年{today.month}月{today.day}日",
    }
    return json({"code": code, "text": filled(template["text"], values)})


def _owner(caller: Caller) -> str:
    """Whose templates a caller writes: a unit its own, else the city's."""
    return (caller.code or queries.CITY) if caller.role == AccountRole.UNIT else queries.CITY


def _unit_name(appeal: AppealDocument, called: Caller) -> str:
    if called.role != AccountRole.UNIT:
        return "营商环境办"
    return next((leg.unit_name for leg in appeal.legs if leg.unit == called.code), called.code or "")


def _no_such_template() -> NotFound:
    return NotFound("没有这条常用答复", "there is no such answer template", "code")
