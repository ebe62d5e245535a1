"""Start services in this process: each one's tasks form one group with the web server.

When one task dies the process ends, and its supervisor starts it again.
"""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.service.errors import NotFound
from shared.service.service import Service, ServiceContext
from shared.service.settings import Settings
from shared.telemetry.exporter import SPANS, OtlpExporter
from shared.web import problems


def under_one_port(apps: Mapping[str, ASGIApp]) -> ASGIApp:
    """Each service's application below its name."""

    async def root(scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].split("/", 2)[1]
        if name not in apps:
            names = ", ".join(f"/{name}" for name in apps)
            answer = problems.from_error(NotFound("没有这个地址", f"nothing is here: try {names}"))
            return await answer(scope, receive, send)
        await apps[name]({**scope, "root_path": f"/{name}"}, receive, send)

    return root


@contextlib.asynccontextmanager
async def running(
    services: Sequence[Service], settings: Callable[[str], Settings]
) -> AsyncIterator[list[ServiceContext]]:
    """Services with their tasks, without a web server; leaving ends them."""
    outlets: dict[str, OtlpExporter] = {}
    found = []
    for service in services:
        its = settings(service.name)
        if (to := its.otlp_endpoint) is not None and to not in outlets:
            outlets[to] = OtlpExporter.to(to)
        found.append(ServiceContext(service, its, outlets[to] if to else None))
    for to, exporter in outlets.items():  # one alone counts for all who share it: so a sum is right
        first = next(one for one in found if one.settings.otlp_endpoint == to)
        first.telemetry.metrics.add_counter(SPANS, exporter.counted)
    try:
        for one in found:
            await one.start()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(task) for one in found for task in one.tasks()]
            try:
                yield found
            finally:
                for task in tasks:
                    task.cancel()
    finally:
        for one in found:
            await one.engine.dispose()
            await one.reader.dispose()
        for exporter in outlets.values():
            await exporter.close()


async def serve(
    services: Sequence[Service],
    settings: Callable[[str], Settings],
    ready: Callable[[list[ServiceContext]], Awaitable[None]] | None = None,
    beside: Mapping[str, ASGIApp] | None = None,
) -> None:
    """Run services under one port, each below its name, until cancelled or one of their tasks dies.

    `beside` are applications that are no services, below theirs.
    """
    async with running(services, settings) as found:
        root = under_one_port({**{one.service.name: one.app for one in found}, **(beside or {})})
        first = found[0].settings
        async with listening(root, first.host, first.port) as serving:
            if ready is not None:
                await ready(found)
            _spare_the_collector()
            await serving


@contextlib.asynccontextmanager
async def listening(root: ASGIApp, host: str, port: int) -> AsyncIterator[asyncio.Task[None]]:
    """A web server that answers by now; it ends when this is left. The task ends when the server does."""
    server = uvicorn.Server(
        uvicorn.Config(
            root,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            lifespan="off",
        )
    )
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.02)
        yield serving
        server.should_exit = True


def _spare_the_collector() -> None:
    """Freeze the objects of the start; look for cycles every 20,000 new objects instead of every 700."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
