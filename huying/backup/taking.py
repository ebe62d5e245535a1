"""Base backups, and the write-ahead log received as it is written."""

import asyncio
import json
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from datetime import UTC, datetime
from pathlib import Path

from huying.backup.server import BASE, SLOT, WAL, ProgramFailed, Server

NAME = "%Y%m%dT%H%M%SZ"
"""By which a base backup is called: the moment at which it began."""
STOP_S = 30
_KEEP_LOG = """
    select pg_create_physical_replication_slot($1, true)
    where not exists (select from pg_replication_slots where slot_name = $1)
"""


def bases(folder: Path) -> list[Path]:
    """The complete base backups in a folder, the oldest first."""
    return sorted(path.parent for path in (folder / BASE).glob("*Z/backup_manifest"))


async def take_base(server: Server, folder: Path, now: datetime) -> Path:
    """Copy the whole server into `folder`, check the copy by its hashes, and return where it is."""
    name = now.astimezone(UTC).strftime(NAME)
    made, fresh = folder / BASE / name, folder / BASE / f"{name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    make_folder(fresh.parent)
    async with server.connected() as conn:  # the log is kept from here on, until it is received
        await conn.execute(_KEEP_LOG, SLOT)
    copied = ["--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256"]
    await server.run("pg_basebackup", "-D", str(fresh), *copied)
    await server.run("pg_verifybackup", "--quiet", "--exit-on-error", str(fresh))
    oids(made).write_text(json.dumps(await _oids(server)), "utf-8")
    fresh.replace(made)
    return made


def make_folder(folder: Path) -> None:
    """Make a folder of the backup for its owner alone. ValueError where it cannot be made."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"{folder} cannot be made: {error.strerror} / 无法建立备份目录") from error


def oids(base: Path) -> Path:
    """The file beside a base backup that names each database's number in the server."""
    return base.with_suffix(".json")


async def _oids(server: Server) -> dict[str, int]:
    async with server.connected() as conn:
        rows = await conn.fetch("select datname, oid::bigint as oid from pg_database")
    return {row["datname"]: row["oid"] for row in rows}


async def receive_wal(server: Server, folder: Path, *, synchronous: bool) -> None:
    """Receive the log until cancelled. Raises `ProgramFailed` where the server ends or refuses.

    With `synchronous` every commit from now on waits until its log is on disk in `folder` too, also after
    this ends: nothing is acknowledged that is not there. Without it commits do not wait.
    """
    wal = folder / WAL
    make_folder(wal)
    options = ["-D", str(wal), f"--slot={SLOT}"]
    await server.run("pg_receivewal", *options, "--create-slot", "--if-not-exists")
    command = [str(server.programs / "pg_receivewal"), *options, "--no-loop"]
    process = await asyncio.create_subprocess_exec(
        *(*command, *(["--synchronous"] if synchronous else [])),
        env=server.environment(),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    try:
        await wait_for(server, synchronous=synchronous)
        _, words = await process.communicate()
        raise ProgramFailed("pg_receivewal", words.decode(errors="replace"))
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), STOP_S)


async def wait_for(server: Server, *, synchronous: bool) -> None:
    """Have commits wait for whoever receives the log, or have them wait no longer."""
    async with server.connected() as conn:
        await conn.execute(f"alter system set synchronous_standby_names = '{SLOT if synchronous else ''}'")
        await conn.execute("select pg_reload_conf()")


async def is_received(server: Server, *, synchronous: bool) -> bool:
    """Whether the log is received now, and commits wait for that where they are to."""
    query = "select sync_state from pg_stat_replication where application_name = $1 and state = 'streaming'"
    async with server.connected() as conn:
        state = await conn.fetchval(query, SLOT)
    return state == "sync" if synchronous else state is not None
