"""`huying rebuild`: a city built in empty databases from the file of its history.

Records are inserted as they were; the judge handles all events again and judges anew, and the desks hear all
again. Nothing is sent: the
events wait in the outboxes for the relays, which send them to a new broker, and every inbox holds them.
"""

import contextlib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from rich.table import Table

from huying.archive import files, tables
from huying.archive.audit import verified
from huying.archive.checker import Verdict
from huying.archive.databases import Urls, connected
from huying.archive.export import state
from huying.archive.files import Broken
from huying.archive.refill import JUDGE, Refill
from huying.archive.rehear import hear_again
from huying.archive.rejudge import derive, judge_on
from services import SERVICES, migrations
from services.escalation.judge import EscalationJudge
from shared.database.migrations import migrate, migration_engine

State = Mapping[str, Mapping[str, Any]]


def rebuildable(path: Path, keys: Sequence[bytes] = ()) -> Verdict:
    """Check a file as a whole, without any database. ValueError unless a city can be rebuilt from it."""
    verdict = verified(path, keys)
    if not verdict.header["records"]:
        raise ValueError(
            f"{path} is a public file, without records: nothing can be rebuilt from it / 公开文件无法用于重建"
        )
    names = {service["name"] for service in verdict.header["services"]}
    if names | {tables.HEARD_AGAIN} != set(SERVICES):
        raise ValueError(
            f"{path} is not of the services {', '.join(SERVICES)}: nothing can be rebuilt from it"
            " / 文件所含服务与本系统不符"
        )
    return verdict


async def rebuild(path: Path, urls: Urls, keys: Sequence[bytes] = ()) -> tuple[State, State]:
    """Build the city of the file in empty databases; returns the state the file gives, and the state built.

    ValueError where the file is not as written or holds no records, or where a database is not empty. The
    databases are empty again where they could not be filled to the end.
    """
    return await rebuild_verified(path, urls, rebuildable(path, keys))


async def rebuild_verified(path: Path, urls: Urls, verdict: Verdict) -> tuple[State, State]:
    """As `rebuild`, of a file with this verdict."""
    judge = judge_on(urls[JUDGE], verdict.header)
    for service, url in urls.items():
        await _create_tables(service, url)
    try:
        await _fill(path, urls, judge, verdict)
    except BaseException:
        await _empty(urls)
        raise
    finally:
        await judge.context.engine.dispose()
    async with contextlib.AsyncExitStack() as stack:
        conns = {
            service: await stack.enter_async_context(connected(service, url)) for service, url in urls.items()
        }
        rebuilt = await state(conns)
    names = {service["name"] for service in verdict.header["services"]}
    return verdict.state, {name: rows for name, rows in rebuilt.items() if name.partition(".")[0] in names}


async def _create_tables(service: str, url: str) -> None:
    """Migrate a database. ValueError where it holds rows already."""
    engine = migration_engine(url)
    try:
        await migrate(engine, migrations(service))
    finally:
        await engine.dispose()
    async with connected(service, url) as conn:
        full = [
            table.name
            for table in tables.tables(service)
            if await conn.fetchval(f'select exists (select from "{table.name}")')
        ]
    if full:
        raise ValueError(
            f"the database of {service} is not empty ({', '.join(full)}): rebuild into new databases, or "
            f"drop these and make them anew / {service} 的数据库不为空，请重建到新的数据库"
        )


async def _empty(urls: Urls) -> None:
    """Take back what was inserted. The tables were empty before."""
    for service, url in urls.items():
        names = ", ".join(f'"{table.name}"' for table in tables.tables(service))
        async with connected(service, url) as conn:
            await conn.execute(f"truncate {names} restart identity")


async def _fill(path: Path, urls: Urls, judge: EscalationJudge, verdict: Verdict) -> None:
    """Insert events and records, all or none; then derive the judge's tables."""
    read = sha256()
    async with contextlib.AsyncExitStack() as stack:
        conns = {}
        for service, url in urls.items():
            conns[service] = await stack.enter_async_context(connected(service, url))
            await stack.enter_async_context(conns[service].transaction())
        refill = Refill(conns)
        for line in files.lines(path):
            read.update(line + b"\n")
            await refill.take(line)
        if read.digest() != verdict.sum:
            raise Broken(f"{path} was changed while it was being read / 文件在读取过程中被改动")
        await refill.done()
    await derive(urls, judge, refill.late, verdict.header)
    await hear_again(urls)


def differences(before: State, now: State) -> list[str]:
    """The tables whose state differs."""
    return [name for name in {**before, **now} if before.get(name) != now.get(name)]


def shown(before: State, now: State) -> Table:
    """Of each table the rows then and now, and whether they are the same."""
    table = Table("table", "rows then", "rows now", "the same")
    for name in {**before, **now}:
        then, here = before.get(name, {}), now.get(name, {})
        table.add_row(name, str(then.get("rows")), str(here.get("rows")), "yes" if then == here else "NO")
    return table
