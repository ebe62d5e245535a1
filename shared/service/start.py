"""Start services in this process: each one's tasks form one group with the web server.

When one task dies the process ends, and its supervisor starts it again.
"""

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.service.errors import NotFound
from shared.service.service import Service, ServiceContext
from shared.service.settings import Settings
from shared.telemetry.exporter import SPANS, OtlpExporter
from shared.web import problems
from shared.web.connections import BoundedProtocol, Bounds
from shared.web.front import Front

NORMAL = Bounds()


def under_one_port(apps: Mapping[str, ASGIApp], pages: ASGIApp | None = None) -> ASGIApp:
    """One application that hands a request to the application named by the first part of its path.

    `pages` answers all other paths; without it nothing is there.
    """

    async def root(scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].partition("/")[2].partition("/")[0]  # the path of `OPTIONS *` has no slash
        if name not in apps and pages is not None:
            return await pages(scope, receive, send)
        if name not in apps:
            names = ", ".join(f"/{name}" for name in apps)
            answer = problems.from_error(
                NotFound(f"没有这个地址，可用：{names}", f"nothing is here: try {names}")
            )
            return await answer(scope, receive, send)
        await apps[name]({**scope, "root_path": f"/{name}"}, receive, send)

    return root


@contextlib.asynccontextmanager
async def running(
    services: Sequence[Service], settings: Callable[[str], Settings]
) -> AsyncIterator[list[ServiceContext]]:
    """Run services with their tasks, without a web server, until the block is left or a task fails."""
    exporters: dict[str, OtlpExporter] = {}
    contexts = [_context(service, settings(service.name), exporters) for service in services]
    try:
        for context in contexts:
            await context.start()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(task) for context in contexts for task in context.tasks()]
            try:
                yield contexts
            finally:
                for task in tasks:
                    task.cancel()
    finally:
        for context in contexts:
            await context.closing.aclose()
            await context.engine.dispose()
            await context.reader.dispose()
        for exporter in exporters.values():
            await exporter.close()


def _context(service: Service, settings: Settings, exporters: dict[str, OtlpExporter]) -> ServiceContext:
    """Services with the same OTLP endpoint share an exporter. The first of them counts its spans, for all."""
    if (endpoint := settings.otlp_endpoint) is None:
        return ServiceContext(service, settings)
    if (exporter := exporters.get(endpoint)) is not None:
        return ServiceContext(service, settings, exporter)
    exporter = exporters[endpoint] = OtlpExporter.to(endpoint)
    context = ServiceContext(service, settings, exporter)
    context.telemetry.metrics.add_counter(SPANS, exporter.counted)
    return context


async def serve(
    services: Sequence[Service],
    settings: Callable[[str], Settings],
    ready: Callable[[list[ServiceContext]], Awaitable[None]] | None = None,
    beside: Mapping[str, ASGIApp] | None = None,
) -> None:
    """Run services under one port, each below its name, until cancelled or a task fails.

    `ready` is called when the web server answers. `beside` are further applications, each below its name.
    """
    async with running(services, settings) as contexts:
        apps = {context.service.name: context.app for context in contexts}
        first = contexts[0].settings
        root = under_one_port({**apps, **(beside or {})}, pages_of(contexts))
        bounds = Bounds(connections=first.most_connections, requests=first.most_requests)
        async with listening(root, first.host, first.port, bounds) as serving:
            if ready is not None:
                await ready(contexts)
            _freeze_start_objects()
            await serving


def pages_of(contexts: Sequence[ServiceContext]) -> ASGIApp | None:
    """The pages for people of the service that has some."""
    makers = [(context.service.pages, context) for context in contexts if context.service.pages]
    return next((make(context) for make, context in makers), None)


@contextlib.asynccontextmanager
async def listening(
    root: ASGIApp, host: str, port: int, bounds: Bounds = NORMAL
) -> AsyncIterator[asyncio.Task[None]]:
    """Run a web server in the block, which begins when it answers. The task ends when the server does."""
    protocol: Any = partial(BoundedProtocol, bounds=bounds)
    ending = asyncio.Event()
    server = _Server(
        ending,
        uvicorn.Config(
            Front(root, bounds.requests, ending),
            http=protocol,
            ws="none",
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            lifespan="off",
        ),
    )
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.02)
        yield serving
        server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn waits for the answers that run before it ends; those that stream without end are told first."""

    def __init__(self, ending: asyncio.Event, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending.set()
        await super().shutdown(sockets)


def _freeze_start_objects() -> None:
    """Freeze start-up objects; raise the threshold of the garbage collector from 700 to 20,000."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
