"""The simulated bank over HTTP: it gets requests by webhook and posts its reports."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping

import httpx
import uvicorn
from starlette.types import Receive, Scope, Send

from huying.local.bank_sim import Bank, BankPlan, Body

THIS_MACHINE = "http://127.0.0.1:"
ALL_TIME = {"since": "2000-01-01T00:00:00Z", "before": "2089-01-01T00:00:00Z", "all": True}


async def on_webhooks(plan: BankPlan, port: int, url: str, key: str) -> None:
    """Register this port as the bank's endpoint, take its webhooks, and report over HTTP, until cancelled."""
    async with httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {key}"}) as client:

        async def post(content: bytes) -> None:
            headers = {"content-type": "application/json"}
            while not await _was_answered(client, content, headers):  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(1)

        async def send(report: Body) -> None:
            await post(json.dumps(report).encode())

        bank = Bank(plan, send, post)
        try:
            secret = await _register(client, plan.bank, port)
            await _serve(_app(bank, secret), port)
        finally:
            bank.close()


async def _was_answered(client: httpx.AsyncClient, content: bytes, headers: dict[str, str]) -> bool:
    """Post a report; whether financing answered. A transport error or status 5xx is no answer."""
    try:
        answer = await client.post("bank/reports", content=content, headers=headers)
    except httpx.TransportError:
        return False
    return not answer.is_server_error


async def _register(client: httpx.AsyncClient, bank: str, port: int) -> str:
    """Register the endpoint; returns the secret of its webhooks. Earlier messages are delivered again."""
    path = f"banks/{bank}/endpoint"
    answer = await client.put(path, json={"url": f"{THIS_MACHINE}{port}/"})
    if answer.is_success and "secret" not in answer.json():
        answer = await client.post(f"{path}/secrets")
    if answer.is_error:
        raise ValueError(f"{answer.request.url} refused ({answer.status_code}): {answer.text[:300]}")
    secret = str(answer.json()["secret"])
    (await client.post(f"banks/{bank}/deliveries/replay", json=ALL_TIME)).raise_for_status()
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
            message = json.loads(body)
            bank.handle(headers["webhook-id"], message["type"], message["data"])
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


def _is_signed(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(
        hmac.compare_digest(expected, signature) for signature in headers.get("webhook-signature", "").split()
    )


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
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving
