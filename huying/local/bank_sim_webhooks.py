"""The bank that answers by itself, reached by webhooks: it reports over HTTP."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping

import httpx
import uvicorn
from starlette.types import Receive, Scope, Send

from huying.local.bank_sim import Bank, Body, Plan

HERE = "http://127.0.0.1:"
EVER = {"since": "2000-01-01T00:00:00Z", "before": "2089-01-01T00:00:00Z", "all": True}


async def on_webhooks(plan: Plan, port: int, url: str, key: str) -> None:
    """Name this port as the bank's endpoint, hear its webhooks, and report over HTTP, until cancelled."""
    async with httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {key}"}) as client:

        async def post(content: bytes) -> None:
            headers = {"content-type": "application/json"}
            while not await _was_heard(client, content, headers):  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(1)

        async def send(report: Body) -> None:
            await post(json.dumps(report).encode())

        bank = Bank(plan, send, post)
        try:
            secret = await _registered(client, plan.bank, port)
            await _serve(_app(bank, secret), port)
        finally:
            bank.close()


async def _was_heard(client: httpx.AsyncClient, content: bytes, headers: dict[str, str]) -> bool:
    """Whether the window answered; a window that is away is waited for."""
    try:
        answer = await client.post("bank/reports", content=content, headers=headers)
    except httpx.TransportError:
        return False
    return not answer.is_server_error


async def _registered(client: httpx.AsyncClient, bank: str, port: int) -> str:
    """The secret that webhooks to this port are signed with. What was told before is told again."""
    path = f"banks/{bank}/endpoint"
    answer = await client.put(path, json={"url": f"{HERE}{port}/"})
    if answer.is_success and "secret" not in answer.json():
        answer = await client.post(f"{path}/secrets")
    if answer.is_error:
        raise ValueError(f"{answer.request.url} refused ({answer.status_code}): {answer.text[:300]}")
    secret = str(answer.json()["secret"])
    (await client.post(f"banks/{bank}/deliveries/replay", json=EVER)).raise_for_status()
    return secret


def _app(bank: Bank, secret: str) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status = 204 if _is_signed(headers, body, secret) else 401
        if status == 204:
            said = json.loads(body)
            bank.hear(headers["webhook-id"], said["type"], said["data"])
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


def _is_signed(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(wanted, one) for one in headers.get("webhook-signature", "").split())


async def _serve(app: Callable[[Scope, Receive, Send], Awaitable[None]], port: int) -> None:
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving
