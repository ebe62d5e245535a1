"""An SMS gateway for tests: a real HTTP server that loses, delays, duplicates and refuses as it is told."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from huying.local.embedded import free_port
from services.notify.channels.sms import signature

SECRET = "gateway-secret"
PATH = "/v1/messages"
STATUS_PATH = "/v1/status"


class Gateway:
    """What it took, by reference, in order; and how it behaves."""

    def __init__(self) -> None:
        self.port = free_port()
        self.taken: dict[str, tuple[str, str]] = {}
        self.asked: Counter[str] = Counter()
        self.is_down = False
        self.lost_answers = 0
        """For so many messages it takes the message and answers 502."""
        self.too_often = 0
        """So many messages are refused with 429 and Retry-After `retry_after`."""
        self.retry_after = "600"
        self.delay_s = 0.0
        self.arrived = asyncio.Event()
        self.status: dict[str, str] = {}
        """The status it answers for a message, by its own id; DELIVERED where none is set."""
        self.polled: Counter[str] = Counter()
        self.is_silent = False
        """It answers requests for receipts with 503."""

    @property
    def url(self) -> str:
        """Where messages go."""
        return f"http://127.0.0.1:{self.port}{PATH}"

    @property
    def status_url(self) -> str:
        """Where it is asked for receipts."""
        return f"http://127.0.0.1:{self.port}{STATUS_PATH}"

    async def tell(self, request: Request) -> Response:
        """The receipts of messages; one that it does not have is left out."""
        body = await request.body()
        if not _is_signed(request, STATUS_PATH, body):
            return JSONResponse({"code": "BAD_SIGNATURE"}, 401)
        ids = orjson.loads(body)["ids"]
        self.polled.update(ids)
        if self.is_silent:
            return Response(status_code=503)
        known = [id_ for id_ in ids if id_.removeprefix("sms-") in self.taken]
        return JSONResponse(
            {"items": [{"id": id_, "status": self.status.get(id_, "DELIVERED")} for id_ in known]}
        )

    async def take(self, request: Request) -> Response:
        """One message; a reference it had before is not taken twice."""
        body = await request.body()
        if not _is_signed(request, PATH, body):
            return JSONResponse({"code": "BAD_SIGNATURE"}, 401)
        message = orjson.loads(body)
        self.asked[message["reference"]] += 1
        self.arrived.set()
        await asyncio.sleep(self.delay_s)
        if self.is_down:
            return Response(status_code=503)
        if self.too_often:
            self.too_often -= 1
            return JSONResponse({"code": "BUSY"}, 429, {"retry-after": self.retry_after})
        if message["to"].endswith("404"):
            return JSONResponse({"code": "INVALID_NUMBER"})
        if message["reference"] in self.taken:
            return JSONResponse({"code": "DUPLICATE", "id": f"sms-{message['reference']}"})
        self.taken[message["reference"]] = (message["to"], message["text"])
        if self.lost_answers:
            self.lost_answers -= 1
            return Response(status_code=502)
        return JSONResponse({"code": "OK", "id": f"sms-{message['reference']}"})

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Gateway"]:
        """Serve until left."""
        routes = [
            Route(PATH, self.take, methods=["POST"]),
            Route(STATUS_PATH, self.tell, methods=["POST"]),
        ]
        app = Starlette(routes=routes)
        config = uvicorn.Config(app, port=self.port, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield self
        finally:
            server.should_exit = True
            await task


def _is_signed(request: Request, path: str, body: bytes) -> bool:
    at, nonce = request.headers["x-timestamp"], request.headers["x-nonce"]
    return request.headers["x-signature"] == signature(SECRET, "POST", path, at, nonce, body)
