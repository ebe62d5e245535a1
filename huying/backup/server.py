"""The PostgreSQL that is saved, and the programs of PostgreSQL that do it."""

import asyncio
import contextlib
import os
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from huying.local.embedded import EmbeddedPostgres

BASE, WAL = "base", "wal"
"""Folders of a backup: base backups by the moment at which they began, and the write-ahead log since."""
SLOT = "huying_backup"
"""The replication slot and the application's name by which the log is received."""


class ProgramFailed(ValueError):
    """A program of PostgreSQL ended with an error. The message has its last words."""

    def __init__(self, program: str, words: str) -> None:
        lines = words.strip().splitlines() or ["it said nothing"]
        super().__init__(f"{program} failed: {lines[-1]} / 数据库工具运行失败")


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL: the folder of its programs, and the environment by which they log in."""

    programs: Path
    login: Mapping[str, str]

    def environment(self) -> dict[str, str]:
        """The environment of a program: nothing else of the caller's is seen."""
        return {"PATH": os.defpath, "LC_ALL": "C", "PGAPPNAME": SLOT, **self.login}

    async def run(self, program: str, *options: str) -> str:
        """Run a program to its end; returns what it prints. `ProgramFailed` where it fails."""
        process = await asyncio.create_subprocess_exec(
            *(str(self.programs / program), *options),
            env=self.environment(),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )
        printed, words = await process.communicate()
        if process.returncode:
            raise ProgramFailed(program, words.decode(errors="replace"))
        return printed.decode()

    @contextlib.asynccontextmanager
    async def connected(self, database: str = "postgres") -> AsyncIterator[asyncpg.Connection]:
        """A connection as the administrator. ValueError where the server does not answer."""
        login = self.login
        try:
            conn = await asyncpg.connect(
                host=login["PGHOST"], user=login["PGUSER"], password=login["PGPASSWORD"], database=database
            )
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            raise ValueError(f"PostgreSQL does not answer: {error} / 数据库无法连接") from error
        try:
            yield conn
        finally:
            await conn.close()


async def server_of(state: Path) -> Server:
    """The PostgreSQL below `state`, which runs or is started by others. ValueError where there is none."""
    if not (state / "passwords.json").exists():
        raise ValueError(f"there is no city below {state}: name its folder by --state / 该目录下没有数据")
    return await server_of_postgres(EmbeddedPostgres(state))


async def server_of_postgres(postgres: EmbeddedPostgres) -> Server:
    """The server of an embedded PostgreSQL."""
    postgres.find()
    return Server(await postgres.programs(), postgres.login())
