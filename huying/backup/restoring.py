"""A city put back from a backup: the whole server to its last moment or an earlier one, or one database."""

import asyncio
import json
import os
import re
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from huying.backup.server import BASE, WAL, Server, server_of_postgres
from huying.backup.taking import NAME, bases, oids
from huying.local.embedded import EmbeddedPostgres
from huying.local.errors import EmbeddedError
from services import SERVICES

_START = "START WAL LOCATION"
_VALID_AGAIN = "update pg_database set datconnlimit = -1 where datname = $1 and datconnlimit = -2"
"""`drop database` marks the database before it removes the files; the files are there again."""
_SEGMENT = re.compile("[0-9A-F]{24}")
_FORGET_HEARD = "delete from heard"
"""A consumer then reads all topics from their start, and the inbox drops what the database has: the
broker may have offsets of a later moment."""


def base_for(folder: Path, to: datetime | None) -> Path:
    """The newest base backup that began before `to`. ValueError where there is none."""
    known = bases(folder)
    fitting = [
        base for base in known if to is None or datetime.strptime(base.name, NAME).replace(tzinfo=UTC) < to
    ]
    if not fitting:
        names = ", ".join(base.name for base in known) or "none"
        raise ValueError(
            f"{folder / BASE} has no base backup from before that moment (there are: {names})"
            " / 该时刻之前没有基础备份"
        )
    return fitting[-1]


async def restore(
    postgres: EmbeddedPostgres, folder: Path, to: datetime | None = None, before_drop_of: str | None = None
) -> None:
    """Put the server back into the state folder of `postgres`, which has no data, and leave it started.

    `to`: the moment up to which transactions are put back; all of them without it, or all before the database
    `before_drop_of` was dropped. ValueError where there are data already, or no backup; EmbeddedError where
    PostgreSQL refuses what is there.
    """
    base = base_for(folder, to)
    postgres.find()
    data, log = postgres.data, postgres.data.with_name("wal-restored")
    if data.exists():
        raise ValueError(
            f"{data} has data already: move them away, or name another folder by --state / 该目录已有数据"
        )
    await asyncio.to_thread(_copy, base, folder / WAL, data, log)
    target = [f"recovery_target_time = '{to.isoformat()}'"] if to else []
    if before_drop_of and (place := await _drop_of(before_drop_of, base, log, await postgres.programs())):
        target = [f"recovery_target_lsn = '{place}'", "recovery_target_inclusive = off"]
    (data / "postgresql.auto.conf").write_text(_recovery(log, target), "utf-8")
    (data / "recovery.signal").touch()
    postgres.give(data, log, *data.rglob("*"), *log.rglob("*"))
    try:
        await postgres.start()  # when it is ready, recovery has ended
    except EmbeddedError:
        await asyncio.to_thread(shutil.rmtree, data)
        raise
    server = await server_of_postgres(postgres)
    async with server.connected() as conn:
        await conn.execute("alter system reset all")
        await conn.execute("select pg_reload_conf()")
        await conn.execute(_VALID_AGAIN, before_drop_of)
        there = await _databases(conn)
    for service in there:
        await _forget_heard(server, service)
    await asyncio.to_thread(shutil.rmtree, log)


def _copy(base: Path, wal: Path, data: Path, log: Path) -> None:
    """Copy the base backup, and the log from its start on."""
    shutil.rmtree(log, ignore_errors=True)
    fresh = data.with_name("data.restored")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(base, fresh, symlinks=True)
    fresh.chmod(0o700)
    log.mkdir(mode=0o700)
    first = _first_segment(fresh / "backup_label")
    for file in sorted(wal.glob("*")) if wal.is_dir() else ():
        if file.suffix == ".history" or file.name[8:24] >= first[8:24]:
            shutil.copy(file, log / file.name.removesuffix(".partial"))
    _check_complete(first, [*log.iterdir(), *(fresh / "pg_wal").iterdir()])
    fresh.replace(data)


def _check_complete(first: str, files: list[Path]) -> None:
    """ValueError where a file of the log is missing: recovery would end there without a word."""
    places = {_place(file.name) for file in files if _SEGMENT.fullmatch(file.name)}
    known = {place for place in places if place >= _place(first)}
    if missing := set(range(_place(first), max(known, default=0) + 1)) - known:
        raise ValueError(
            f"{len(missing)} files of the log are missing, the first is number {min(missing):X}: what was"
            " committed from there on cannot be put back / 日志不完整，其后的数据无法恢复"
        )


def _place(name: str) -> int:
    """The number of a file of the log of 16 MiB, by its name."""
    return int(name[8:16], 16) * 256 + int(name[16:24], 16)


def _first_segment(label: Path) -> str:
    """The log's file in which a base backup began, as `backup_label` names it."""
    line = next(line for line in label.read_text("utf-8").splitlines() if line.startswith(_START))
    return line.partition("(file ")[2].rstrip(")")


def _recovery(log: Path, target: list[str]) -> str:
    source = str(log).replace("'", "''").replace("%", "%%")
    lines = [f'restore_command = \'cp "{source}/%f" "%p"\'', "recovery_target_action = 'promote'"]
    lines.append("hot_standby = off")  # nobody is let in before everything is there
    return "\n".join([*lines, *target, ""])


async def _drop_of(database: str, base: Path, log: Path, programs: Path) -> str | None:
    """The place in the log where a database of a base backup was dropped, None where it was not.

    A moment would not do: the files are gone before the transaction of `drop database` commits.
    """
    number = json.loads(oids(base).read_text("utf-8"))[database]
    first = _first_segment(base / "backup_label")
    start = f"{int(first[8:16], 16):X}/{int(first[16:24], 16) << 24:X}"
    command = [str(programs / "pg_waldump"), "--rmgr=Database", f"--path={log}", f"--start={start}"]
    process = await asyncio.create_subprocess_exec(
        *(*command, f"--timeline={int(first[:8], 16)}"), stdout=PIPE, stderr=DEVNULL
    )
    printed, _ = await process.communicate()  # at the end of the log it always ends with an error
    drop = re.compile(rf"lsn: (\S+?),.*desc: DROP dir [^,]*\b\d+/{number}\b")
    places = [match[1] for line in printed.decode().splitlines() if (match := drop.search(line))]
    return places[-1] if places else None


async def _databases(conn: asyncpg.Connection) -> list[str]:
    names = await conn.fetch("select datname from pg_database where datname = any($1::text[])", SERVICES)
    return [row["datname"] for row in names]


async def _forget_heard(server: Server, service: str) -> None:
    async with server.connected(service) as conn:
        if await conn.fetchval("select to_regclass('heard')") is not None:
            await conn.execute(_FORGET_HEARD)


async def restore_database(server: Server, state: Path, service: str, folder: Path) -> None:
    """Put one database back into a running server: the backup is restored beside and carried over.

    The service must not run. What the server has of the database is dropped once the other is complete.
    """
    with tempfile.TemporaryDirectory(prefix="restored-", dir=state) as beside:
        os.chmod(beside, 0o755)  # PostgreSQL may run under another account
        shutil.copy(state / "passwords.json", beside)
        postgres = EmbeddedPostgres(Path(beside))
        try:
            await restore(postgres, folder, before_drop_of=service)
            source, dump = await server_of_postgres(postgres), Path(beside) / "dump"
            await source.run("pg_dump", "--format=custom", f"--file={dump}", service)
        finally:
            await postgres.stop()
        await _carry_over(server, service, dump)


async def _carry_over(server: Server, service: str, dump: Path) -> None:
    fresh = f"{service}_restored"
    async with server.connected() as conn:
        await conn.execute(f'drop database if exists "{fresh}"')
        await conn.execute(f'create database "{fresh}" owner "{service}"')
        await conn.execute(f'revoke all on database "{fresh}" from public')
    await server.run("pg_restore", "--exit-on-error", f"--dbname={fresh}", str(dump))
    async with server.connected() as conn:
        await conn.execute(f'drop database if exists "{service}" with (force)')
        await conn.execute(f'alter database "{fresh}" rename to "{service}"')
