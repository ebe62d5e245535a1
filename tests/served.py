"""Services over HTTP for recorded cases: in this process, which starts at once, or as one process each."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple

from huying.kafka.broker import Kafka
from huying.local.cluster import scratch
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from huying.replay.replay import DrivenServices
from services import SERVICES
from shared.service.service import Service
from shared.service.start import listening, under_one_port
from tests.city import ALL, City


class Served(NamedTuple):
    """Where the services answer, and where their databases are."""

    services: DrivenServices
    postgres: EmbeddedPostgres


def served(
    as_processes: bool,
    postgres: EmbeddedPostgres,
    broker: EmbeddedBroker | Kafka,
    services: Sequence[Service],
    **settings: Any,
) -> AbstractAsyncContextManager[Served]:
    """Services with empty databases: all as processes with their own PostgreSQL and broker, or these here."""
    return in_processes(**settings) if as_processes else in_process(postgres, broker, services, **settings)


@asynccontextmanager
async def in_process(
    postgres: EmbeddedPostgres,
    broker: EmbeddedBroker | Kafka,
    services: Sequence[Service] = ALL,
    **settings: Any,
) -> AsyncIterator[Served]:
    """Services of a city on one port."""
    port = free_port()
    urls = {service.name: f"http://127.0.0.1:{port}/{service.name}" for service in services}
    asked = {f"{name}_url": urls[name] for name in ("intake", "financing") if name in urls}
    async with City(postgres, broker, services=services, log_level="ERROR", **asked, **settings) as city:
        apps = under_one_port({name: context.app for name, context in city.services.items()})
        async with listening(apps, "127.0.0.1", port):
            yield Served(DrivenServices(urls, city.keys["importer"]), postgres)


@asynccontextmanager
async def in_processes(**settings: Any) -> AsyncIterator[Served]:
    """A process for each service, with a PostgreSQL and a broker of their own."""
    async with scratch(log_level="ERROR", **settings) as cluster:
        urls = {name: cluster.url(name) for name in SERVICES}
        yield Served(DrivenServices(urls, cluster.keys["importer"]), cluster.postgres)
