"""The files of a case: staff add them, read them as downloads, and see photos small."""

import asyncio
import io

from PIL import Image
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.desks.pages.access import FILING
from services.desks.pages.calls import OF_FILES
from services.desks.pages.case import case_page
from services.desks.pages.case_reading import read_case
from services.desks.pages.forms import read_upload
from services.desks.pages.papers import id_of
from services.desks.pages.routing import Page, calls_in, viewer_in
from services.desks.pages.uploading import NONE_CHOSEN, Place, hand_over
from shared.roles import READERS
from shared.service.errors import NotFound

SMALL = (320, 240)
MOST_PIXELS = 24_000_000
"""Of a picture that is not unpacked small at once, as a JPEG is; intake writes all pictures anew."""
FOR_ENTERPRISE = "for_enterprise"


async def add(request: Request) -> Response:
    """Add files to the case; what was refused stands beside the field."""
    form, files = await read_upload(request)
    case = await read_case(request)
    query = "?for_enterprise=true" if form[FOR_ENTERPRISE] else ""
    place = Place(viewer_in(request), f"/appeals/{case['appeal_id']}/attachments{query}", {})
    taken, mistakes = await hand_over(request, form, files, place)
    if not taken and not mistakes:
        mistakes = [NONE_CHOSEN]
    if mistakes:
        return await case_page(request, form.with_mistakes(*mistakes).again(), 422, taken)
    return RedirectResponse(f"/case/{case['registration_number']}?added={taken}", 303)


async def read(request: Request) -> Response:
    """A file of the case as a download."""
    return await calls_in(request).passed_on(viewer_in(request), "intake", await _path(request))


async def small(request: Request) -> Response:
    """A photo of the case, small. Intake puts on record that it was read."""
    path = await _path(request)
    async with request.app.state.drawing:
        answer = await calls_in(request).send(viewer_in(request), "GET", "intake", path)
        picture = await asyncio.to_thread(_small, answer.content)
    if picture is None:
        raise NotFound("这个文件没有小图", "there is no small picture of this file")
    return Response(picture, headers={**OF_FILES, "content-type": "image/jpeg"})


async def _path(request: Request) -> str:
    case, id_ = await read_case(request), id_of(request.path_params["file"])
    return f"/appeals/{case['appeal_id']}/attachments/{id_}"


def _small(content: bytes) -> bytes | None:
    """The picture as a small JPEG; None for what is no picture, or too large to be unpacked here."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as picture:
            if picture.format != "JPEG" and picture.width * picture.height > MOST_PIXELS:
                return None
            picture.draft("RGB", SMALL)
            picture.thumbnail(SMALL)
            written = io.BytesIO()
            picture.convert("RGB").save(written, "JPEG", quality=80)
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    return written.getvalue()


PAGES = (
    Page("POST", "/case/{number}/files", add, FILING),
    Page("GET", "/case/{number}/files/{file}", read, READERS),
    Page("GET", "/case/{number}/files/{file}/small", small, READERS),
)
