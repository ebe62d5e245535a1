"""The real HTTP server of services of a test city, which may be closed: services ask each other there."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import uvicorn

from huying.local.embedded import free_port
from shared.service.start import under_one_port
from tests.city import City


class Door:
    """Some services of a city under one port, while it is open. `urls` are the settings that name them."""

    def __init__(self, *services: str) -> None:
        self.port = free_port()
        self._services = services
        self.urls = {f"{name}_url": f"http://127.0.0.1:{self.port}/{name}" for name in services}

    @contextlib.asynccontextmanager
    async def open(self, city: City) -> AsyncIterator[None]:
        """Answer in the block."""
        app = under_one_port({name: city.services[name].app for name in self._services})
        config = uvicorn.Config(app, port=self.port, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            server.should_exit = True
            await task
