"""The public portal: an appeal in three fields, looked at once more, and registered with a receipt code."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.desks.pages import images
from services.desks.pages.calls import Mistake, Refused, together
from services.desks.pages.forms import EMPTY, Form, read_form, read_upload, without_files
from services.desks.pages.rendering import page
from services.desks.pages.routing import Page, calls_in, phrases_in
from services.desks.pages.tracking import next_steps
from services.desks.pages.uploading import Place, hand_over, limits
from shared.rules.terms import Kind
from shared.service.errors import Unavailable

FIELDS_OF_REQUEST = {
    "enterprise.name": "enterprise",
    "enterprise.credit_code": "credit_code",
    "enterprise.contact_name": "contact_name",
    "enterprise.phone": "phone",
    "enterprise.email": "email",
}
KINDS = [kind for kind in Kind if kind is not Kind.CLUE]
CONFLICT = 409
"""The status where the same was registered minutes ago."""
UNSIGNED = "anonymous_letter"
"""The channel of a letter without a signature (无署名意见书): it names nobody."""


async def show(request: Request) -> Response:
    """The start of the portal."""
    return page(request, "portal/start.html")


async def new(request: Request) -> Response:
    return await _new_page(request, EMPTY)


async def _new_page(request: Request, form: Form, status: int = 200, *, again: bool = False) -> Response:
    """`again`: the same was registered minutes ago, and may be sent once more on purpose."""
    answers = await together(categories=calls_in(request).get(None, "intake", "/categories"))
    items = (answers["categories"] or {"items": []})["items"]
    return page(
        request, "portal/new.html", form=form, kinds=KINDS, categories=items, status=status, again=again
    )


async def check(request: Request) -> Response:
    """Look at what was typed once more. What is missing is said first."""
    form = await read_form(request)
    if form["change"]:
        return await _new_page(request, form)
    if mistakes := _missing(form):
        return await _new_page(request, form.with_mistakes(*mistakes), 422)
    return page(request, "portal/check.html", form=form, kind=_kind(form), limits=await limits(request))


async def register(request: Request) -> Response:
    """Register the appeal, with the files chosen; the page shows the receipt code once."""
    form, files = await read_upload(request)
    if form["change"]:
        return await _new_page(request, await without_files(form, files))
    try:
        registered = await calls_in(request).post(None, "intake", "/appeals", body_of(form), form.headers())
    except (Refused, Unavailable) as error:
        again = error.status == CONFLICT
        form = (await without_files(form, files)).refused(error, FIELDS_OF_REQUEST)
        return await _new_page(request, form, error.status, again=again)
    number, code = registered["registration_number"], registered["receipt_code"]
    place = Place(None, f"/status/{number}/attachments", {"receipt-code": code})
    taken, mistakes = await hand_over(request, form, files, place)
    address = f"{request.url.scheme}://{request.headers.get('host', '')}/status/{number}#{code}"
    return page(
        request,
        "portal/done.html",
        number=number,
        code=code,
        taken=taken,
        form=Form(mistakes=tuple(mistakes)),
        limits=await limits(request),
        next=await _next(request, number, code),
        picture=images.qr_code(address),
        phrases=phrases_in(request),
    )


async def _next(request: Request, number: str, code: str) -> list[dict[str, Any]]:
    """What happens next to the new appeal, by when; nothing where intake has not judged it yet."""
    try:
        status = await calls_in(request).send(
            None, "GET", "intake", f"/status/{number}", headers={"receipt-code": code}
        )
    except (Refused, Unavailable):
        return []
    return next_steps(status.json(), phrases_in(request))


def _missing(form: Form) -> list[Mistake]:
    mistakes = []
    if not form["title"]:
        mistakes.append(
            Mistake("title", "请用一句话写出最要紧的问题", "say the most important thing in one sentence")
        )
    if not form["text"]:
        mistakes.append(Mistake("text", "请写明具体情况", "say what the matter is"))
    if not form["enterprise"] and not form["unsigned"]:
        mistakes.append(
            Mistake(
                "enterprise",
                "请填写企业名称；不愿留名的，请勾选“不署名”",
                "name the enterprise, or choose to stay unnamed",
            )
        )
    return mistakes


def _kind(form: Form) -> Kind:
    return Kind(form["kind"]) if form["kind"] in list(KINDS) else Kind.HELP


def body_of(form: Form) -> dict[str, Any]:
    """The body of the registration that a form comes to."""
    enterprise = {
        name: form[field]
        for name, field in (
            ("name", "enterprise"),
            ("credit_code", "credit_code"),
            ("contact_name", "contact_name"),
            ("phone", "phone"),
            ("email", "email"),
        )
        if form[field]
    }
    if "phone" in enterprise:
        enterprise["phone"] = enterprise["phone"].replace(" ", "")
    body: dict[str, Any] = {
        "channel": UNSIGNED if form["unsigned"] else "web",
        "kind": _kind(form),
        "title": form["title"],
        "text": form["text"],
    }
    if enterprise and not form["unsigned"]:
        body["enterprise"] = enterprise
    if form["category"]:
        body["category"] = form["category"]
    if form["place"]:
        body["place"] = {"address": form["place"]}
    if form["again"]:
        body["again"] = True
    return body


PAGES = (
    Page("GET", "/", show),
    Page("GET", "/new", new),
    Page("POST", "/new/check", check),
    Page("POST", "/new", register),
)
