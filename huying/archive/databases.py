"""Finds the databases of a city: below a state folder, or named by a file."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import asyncpg

from huying.local.embedded import EmbeddedPostgres
from services import SERVICES
from shared.database.connection import CONNECT_S
from shared.files import strict_yaml
from shared.service.clock import READER

Urls = Mapping[str, str]
"""The SQLAlchemy URL (asyncpg) of each service's database."""


@contextlib.asynccontextmanager
async def reading(state: Path, file: Path | None) -> AsyncIterator[Urls]:
    """Existing databases: those `file` names, or those below `state`, started where they do not run.

    ValueError where there are none.
    """
    if file is not None:
        yield named_in(file)
        return
    if not (state / "passwords.json").exists():
        raise ValueError(
            f"there is no city below {state}: name its folder by --state, or its databases by --databases"
            " / 该目录下没有数据，请用 --state 或 --databases 指明"
        )
    postgres = EmbeddedPostgres(state)
    urls = {service: postgres.dsn(service, service) for service in SERVICES}
    postgres.find()
    if await _answers(postgres.dsn("intake", "intake")):
        yield {service: postgres.dsn(service, service) for service in urls}
        return
    async with _started(postgres):
        yield {service: postgres.dsn(service, service) for service in urls}


@contextlib.asynccontextmanager
async def making(state: Path, file: Path | None) -> AsyncIterator[Urls]:
    """Databases to fill: those `file` names, or new ones below `state`, on which nothing may run."""
    if file is not None:
        yield named_in(file)
        return
    postgres = EmbeddedPostgres(state)
    async with _started(postgres):
        await postgres.ensure(SERVICES)
        yield {service: postgres.dsn(service, service) for service in SERVICES}


@contextlib.asynccontextmanager
async def _started(postgres: EmbeddedPostgres) -> AsyncIterator[None]:
    await postgres.start()
    try:
        yield
    finally:
        await postgres.stop()


async def _answers(url: str) -> bool:
    try:
        conn = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    await conn.close()
    return True


def named_in(file: Path) -> Urls:
    """The databases a YAML file names. ValueError where it does not name one for each service."""
    urls = strict_yaml.values(file)
    if not isinstance(urls, dict) or (missing := [name for name in SERVICES if name not in urls]):
        named = ", ".join(missing if isinstance(urls, dict) else SERVICES)
        raise ValueError(
            f"{file} is to have a line `service: postgresql+asyncpg://…` for {named}"
            " / 文件须为每个服务写明数据库"
        )
    return {name: str(urls[name]) for name in SERVICES}


@contextlib.asynccontextmanager
async def connected(service: str, url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a service's database. ValueError where it does not answer."""
    try:
        settings = {
            "timezone": "UTC",
            "jit": "off",
            "idle_in_transaction_session_timeout": "0",
            "application_name": READER,
        }
        conn = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=CONNECT_S, server_settings=settings)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise ValueError(f"the database of {service} does not answer: {error} / 数据库无法连接") from error
    try:
        yield conn
    finally:
        await conn.close(timeout=CONNECT_S)
