"""Accounts of people: the administrator makes, disables and resets them; the auditor reads their record."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.desks.pages.access import ADMINISTERING, READING_ACCOUNTS
from services.desks.pages.calls import Refused
from services.desks.pages.cases import next_page
from services.desks.pages.forms import EMPTY, Form, read_form
from services.desks.pages.phrases import Phrases
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in, viewer_in
from services.desks.people.domain import OF_PEOPLE
from shared.roles import ADMINISTRATOR
from shared.service.errors import NotFound

ROLES = tuple(sorted(OF_PEOPLE))
FIELDS_OF_REQUEST = {"roles.0.role": "role", "roles.0.code": "code", "role": "role", "code": "code"}
CHANGES = frozenset({"disabling", "enabling", "reset", "handing-over"})
"""What is done to an account, by the last part of the route."""
RECORDED: dict[str, tuple[str, str]] = {
    "account.changed.v1": ("账号变更", "account changed"),
    "person.signed_in.v1": ("登录", "signed in"),
    "person.session_ended.v1": ("退出", "signed out"),
    "person.sign_in_refused.v1": ("登录被拒", "sign-in refused"),
}

DETAILS: dict[str, tuple[str, str]] = {
    "created": ("新建", "made"),
    "changed": ("修改", "changed"),
    "disabled": ("停用", "disabled"),
    "enabled": ("启用", "enabled"),
    "reset": ("重置密码", "password reset"),
    "password_changed": ("修改密码", "password changed"),
    "second_factor_set": ("绑定动态验证码", "one-time codes set up"),
    "unknown_account": ("没有这个账号", "no such account"),
    "wrong_password": ("密码不对", "wrong password"),
    "wrong_code": ("动态验证码不对", "wrong one-time code"),
    "not_in_force": ("已停用或没有角色", "disabled, or no role"),
    "not_trusted": ("统一身份认证的答复不可信", "the identity provider is not trusted"),
    "too_many": ("尝试过多", "too many tries"),
    "signed_out": ("本人退出", "by the person"),
    "replaced": ("同一浏览器重新登录", "by a new one in the same browser"),
    "signed_out_elsewhere": ("在统一身份认证平台退出", "at the identity provider"),
}


async def show(request: Request) -> Response:
    """All accounts, by their logins."""
    return await _accounts_page(request, EMPTY)


async def _accounts_page(request: Request, form: Form, *, status: int = 200, made: Any = None) -> Response:
    cursor = request.query_params.get("cursor")
    listed = await calls_in(request).get(viewer_in(request), "desks", "/people/accounts", cursor=cursor)
    return page(
        request,
        "accounts/accounts.html",
        status=status,
        accounts=listed["items"],
        next=next_page(request, listed["next"]),
        roles=ROLES,
        names={role.value: role.zh for role in ROLES},
        form=form,
        made=made,
        may_change=viewer_in(request).role is ADMINISTRATOR,
    )


async def make(request: Request) -> Response:
    """Make an account. Its first password is on this page alone."""
    form = await read_form(request)
    role = {"role": form["role"], **({"code": form["code"]} if form["code"] else {})}
    body = {"login": form["login"], "name": form["name"], "roles": [role]}
    if form["post"]:
        body["post"] = form["post"]
    try:
        made = await calls_in(request).post(
            viewer_in(request), "desks", "/people/accounts", body, form.headers()
        )
    except Refused as error:
        return await _accounts_page(request, form.refused(error, FIELDS_OF_REQUEST), status=error.status)
    return await _accounts_page(request, EMPTY, made=made)


async def change(request: Request) -> Response:
    """Disable, enable or reset an account; a reset shows its new first password once."""
    form, act = await read_form(request), request.path_params["act"]
    if act not in CHANGES:
        raise NotFound("没有这项操作", "there is no such act")
    path = f"/people/accounts/{request.path_params['account_id']}/{act}"
    try:
        body = {"to": form["to"]} if act == "handing-over" else None
        answer = await calls_in(request).post(viewer_in(request), "desks", path, body, form.headers())
    except Refused as error:
        return await _accounts_page(request, EMPTY.refused(error), status=error.status)
    if act == "reset":
        return await _accounts_page(request, EMPTY, made=answer)
    return RedirectResponse("/accounts", 303)


async def record(request: Request) -> Response:
    """Who signed in, who was refused, and what was done to accounts; the newest first."""
    calls, viewer, phrases = calls_in(request), viewer_in(request), phrases_in(request)
    asked = {name: request.query_params.get(name) for name in ("cursor", "account_id")}
    listed = await calls.get(viewer, "desks", "/people/record", **asked)
    accounts = await calls.get(viewer, "desks", "/people/accounts", limit=200)
    names = {each["account_id"]: f"{each['name']} ({each['login']})" for each in accounts["items"]}
    lines = [
        {
            **line,
            "who": names.get(line["account_id"], line["account_id"]),
            "when": phrases.when(datetime.fromisoformat(line["at"])),
            "what": phrases.t(*RECORDED.get(line["type"], (line["type"], line["type"]))),
            "detail": _detail(line, phrases),
        }
        for line in listed["items"]
    ]
    return page(request, "accounts/record.html", lines=lines, next=next_page(request, listed["next"]))


def _detail(line: dict[str, Any], phrases: Phrases) -> str:
    """What exactly was done, in words; a session is named by the beginning of its id."""
    detail = line["detail"] or ""
    if line["type"] == "person.signed_in.v1":
        return phrases.t(f"会话 {detail[:8]}", f"session {detail[:8]}")
    return phrases.t(*DETAILS.get(detail, (detail, detail.replace("_", " "))))


PAGES = (
    Page("GET", "/accounts", show, READING_ACCOUNTS),
    Page("POST", "/accounts", make, ADMINISTERING),
    Page("POST", "/accounts/{account_id}/{act}", change, ADMINISTERING),
    Page("GET", "/audit", record, READING_ACCOUNTS),
)
