"""Bodies that no client means: each is refused with a sentence, never an error of ours, in little memory."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.types import ASGIApp, Message

from shared.roles import EVERYBODY
from shared.service.accounts import Accounts
from shared.service.errors import HuyingError, Invalid, TooLarge
from shared.telemetry.metrics import Metrics, Telemetry
from shared.telemetry.spans import Tracer
from shared.web import json_bodies
from shared.web.arriving import IMPORT_LIMIT, LIMIT, BodyBounds, bounds_of
from shared.web.json_bodies import MOST_VALUES
from shared.web.request import json as answer
from shared.web.routes import Description, application

DEEP = 100_000
REFUSED: dict[str, tuple[bytes, type[Exception]]] = {
    "deep lists": (b"[" * DEEP + b"]" * DEEP, RequestValidationError),
    "deep objects": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, RequestValidationError),
    "deep lists without an end": (b"[" * DEEP, RequestValidationError),
    "just too deep": (b"[" * 33 + b"]" * 33, RequestValidationError),
    "a million digits": (b"1" * 1_000_000, RequestValidationError),
    "a million digits after a point": (b"0." + b"1" * 1_000_000 + b"e999", RequestValidationError),
    "a number that no number holds": (b"[1e999]", RequestValidationError),
    "NaN": (b"[NaN]", RequestValidationError),
    "Infinity": (b"[-Infinity]", RequestValidationError),
    "a field twice": (b'{"a": 1, "b": {"c": 1, "c": 1}}', Invalid),
    "a field twice, written differently": (b'{"a": 1, "\\u0061": 2}', Invalid),
    "a strange field twice": (b'{"\\ud800": 1, "\\ud800": 2}', Invalid),
    "tiny lists": (b"[" + b"[]," * MOST_VALUES + b"0]", TooLarge),
    "tiny objects": (b'[{"":0}' + b',{"":0}' * MOST_VALUES + b"]", TooLarge),
    "tiny lists in lists": (b"[" + b"[[]]," * (MOST_VALUES // 2) + b"0]", TooLarge),
    "tiny objects in objects": (b"[" + b'{"":{}},' * (MOST_VALUES // 2) + b"0]", TooLarge),
    "tiny numbers": (b"[0" + b",0" * MOST_VALUES + b"]", TooLarge),
    "commas alone": (b"," * IMPORT_LIMIT, TooLarge),
    "a text without an end": (b'"' + b'\\",' * 10_000_000, RequestValidationError),
    "no JSON": (b"{a: 1}", RequestValidationError),
}


def test_the_deepest_body_that_is_taken_has_32_levels() -> None:
    assert json_bodies.parse(b"[" * 32 + b"]" * 32)


@pytest.mark.parametrize(("body", "refusal"), REFUSED.values(), ids=REFUSED)
def test_a_body_that_no_client_means_is_refused(body: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal) as refused:
        json_bodies.parse(body)
    if isinstance(refused.value, HuyingError):
        assert (refused.value.zh + refused.value.en).encode()
        assert refused.value.status in (413, 422)


@pytest.mark.parametrize(
    "content",
    [
        {"a": [1, -2, 1.5, 1e300, None, True, "字, [x] {y}"], "b": {"a": {}}},
        [[], {}, "", 0],
        [["x"] * 90] * 1000,
        "a",
    ],
)
def test_any_other_body_is_read_as_before(content: Any) -> None:
    body = json.dumps(content, ensure_ascii=False).encode()
    assert json_bodies.parse(body) == json_bodies.parse(b"\xef\xbb\xbf" + body) == content


@pytest.mark.slow
def test_an_import_of_long_texts_is_no_list_of_many_values() -> None:
    text = "The lorry, they say, could not turn, [see the photo], so it left. "
    items = [{"source_id": str(n), "text": text * 40} for n in range(15_000)]
    body = json.dumps({"items": items}).encode()
    assert 35 * 1024 * 1024 < len(body) < IMPORT_LIMIT
    assert len(json_bodies.parse(body)["items"]) == 15_000


MEASURED = """
import resource
from fastapi.exceptions import RequestValidationError
from shared.service.errors import HuyingError
from shared.web import json_bodies
from shared.web.arriving import IMPORT_LIMIT

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

before = peak()
for tiny in (b'{"":0},', b'"ab",', b'{"":'):
    body = b"[" + tiny * ((IMPORT_LIMIT - 2) // len(tiny))
    try:
        json_bodies.parse(body)
    except (HuyingError, RequestValidationError):
        continue
    raise SystemExit(tiny)
print(peak() - before)
"""


@pytest.mark.slow
def test_the_largest_import_of_tiny_values_takes_little_more_than_its_text() -> None:
    command = [sys.executable, "-c", MEASURED]
    completed_process = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    assert int(completed_process.stdout) < 300, "MiB more than at the start, of which 64 are a body"


class Wish(BaseModel):
    name: Annotated[str, Field(max_length=5)]


async def wishes(body: Wish) -> Response:
    return answer({"name": body.name})


@pytest.fixture
def guarded() -> ASGIApp:
    """A service with one route, which waits for a body as long as a test does."""
    router = APIRouter()
    for path in ("/wishes", "/import"):
        router.add_api_route(path, wishes, methods=["POST"])
    app = application(Description(), [router], body_bounds=lambda path: BodyBounds(bounds_of(path).most, 0.2))
    context = SimpleNamespace(
        accounts=Accounts([]),
        access={f"POST {path}": EVERYBODY for path in ("/wishes", "/import")},
        zone=UTC,
        service=SimpleNamespace(case_parameters=(), hiding=None),
        telemetry=Telemetry(Tracer("test"), Metrics("test")),
    )
    app.state.service = context
    return app


async def sent(app: ASGIApp, path: str, parts: AsyncIterator[bytes]) -> tuple[int, dict[bytes, bytes], Any]:
    """Status, headers and content of the answer to a request whose body arrives in `parts`."""
    messages: list[Message] = []

    async def receive() -> Message:
        async for part in parts:
            return {"type": "http.request", "body": part, "more_body": True}
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")],
    }
    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in messages[1:])
    return messages[0]["status"], dict(messages[0]["headers"]), json.loads(content)


async def trickling(part: bytes) -> AsyncIterator[bytes]:
    while True:
        await asyncio.sleep(0.01)
        yield part


async def silent() -> AsyncIterator[bytes]:
    yield b'{"name"'
    await asyncio.Event().wait()


async def endless(part: bytes) -> AsyncIterator[bytes]:
    while True:
        yield part


async def whole(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize("path", ["/wishes", "/import"])
async def test_a_body_that_does_not_arrive_is_not_waited_for(guarded: ASGIApp, path: str) -> None:
    for parts in (trickling(b" "), trickling(b""), silent()):
        status, headers, content = await sent(guarded, path, parts)
        assert (status, headers[b"connection"], content["code"]) == (408, b"close", "too_slow")
        assert content["detail"].startswith("请求体未在 0.2 秒内传完 / the body did not arrive")


async def test_a_chunked_body_without_an_end_is_read_no_further_than_the_limit(guarded: ASGIApp) -> None:
    status, headers, content = await sent(guarded, "/wishes", endless(b" " * LIMIT))
    assert (status, headers[b"connection"], content["code"]) == (413, b"close", "too_large")


async def test_a_body_in_pieces_is_taken(guarded: ASGIApp) -> None:
    pieces = (bytes([byte]) for byte in '{"name": "路面"}'.encode())
    assert (await sent(guarded, "/wishes", whole(pieces)))[::2] == (200, {"name": "路面"})


@pytest.mark.parametrize("name", [name for name, (body, _) in REFUSED.items() if len(body) < LIMIT])
async def test_a_refusal_is_a_problem_in_both_languages(guarded: ASGIApp, name: str) -> None:
    status, _, content = await sent(guarded, "/wishes", whole(iter([REFUSED[name][0]])))
    assert status in (400, 422)
    assert " / " in content["detail"]
    assert content["errors"]
