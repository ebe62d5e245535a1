"""What the databases say: days not sealed, keys that lack, transactions and slots that hold others up."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

import asyncpg

from huying.archive.databases import connected
from huying.doctor.finding import Finding, note, well, wrong

HELD_WAL = 1024**3
"""Bytes of write-ahead log that a replication slot keeps while nobody reads it."""
LONGEST_TRANSACTION = timedelta(minutes=15)
SEALED_WITHIN = timedelta(hours=26)
"""A day is sealed within a minute after its end."""
_UNSEALED = """
    select min(linked_at) as since, (select max(day) from seals) as sealed from links
    where number > coalesce((select max(upto) from seals), 0) and linked_at < $1
"""
_KEYS = "select key_id from data_keys where key_id <> 'index' order by key_id"
_LONGEST = """
    select max(now() - xact_start) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null
"""
_SLOTS = """
    select slot_name, active, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint as held
    from pg_replication_slots
"""


async def examine(
    urls: Mapping[str, str], rings: Mapping[str, Collection[str]], now: datetime
) -> list[Finding]:
    """Examine the databases. `rings`: the ids of the keys at hand, by service, where they are known."""
    findings: list[Finding] = []
    slots: list[asyncpg.Record] = []
    for service, url in urls.items():
        try:
            async with connected(service, url) as conn:
                findings += [*await _sealed(conn, service, now), *await _held(conn, service)]
                if service in rings:
                    findings += _keys(service, await conn.fetch(_KEYS), rings[service])
                slots = await conn.fetch(_SLOTS)
        except (ValueError, asyncpg.PostgresError) as error:
            do = ("检查 PostgreSQL 及连接设置", "look at PostgreSQL and at the database's address")
            findings.append(wrong(service, "数据库不可用", str(error).partition(" / ")[0], *do))
    if not findings:
        en = f"all {len(urls)} answer, sealed to yesterday, with their keys"
        findings.append(well("databases", f"{len(urls)} 个数据库正常，封存完整，密钥齐全", en))
    return [*findings, *map(_slot, slots)]


async def _sealed(conn: asyncpg.Connection, service: str, now: datetime) -> list[Finding]:
    """Whether all is sealed that was linked before the last day began."""
    row = await conn.fetchrow(_UNSEALED, now - SEALED_WITHIN)
    if row["since"] is None:
        return []
    if row["sealed"] is None:
        do = ("设置 HUYING_SEAL_KEY", "set HUYING_SEAL_KEY, which signs each day of the history")
        return [wrong(service, "历史记录从未封存", "its history was never sealed", *do)]
    do = ("查看日志中的 sealing；检查 HUYING_SEAL_KEY", "see `sealing` in its log, and HUYING_SEAL_KEY")
    sealed = row["sealed"]
    return [wrong(service, f"最近一次封存为 {sealed}", f"sealed last for {sealed}", *do)]


def _keys(service: str, rows: list[asyncpg.Record], ring: Collection[str]) -> Iterator[Finding]:
    if lacking := [row["key_id"] for row in rows if row["key_id"] not in ring]:
        names = ", ".join(lacking)
        do = ("从备份恢复密钥环", "put the key ring back from its copy: without it nobody reads these data")
        yield wrong(service, f"密钥环缺少 {names}", f"its key ring lacks {names}", *do)


async def _held(conn: asyncpg.Connection, service: str) -> list[Finding]:
    """Whether a transaction has been open so long that nothing is judged behind it and nothing is tidied."""
    longest = await conn.fetchval(_LONGEST)
    if longest is None or longest < LONGEST_TRANSACTION:
        return []
    minutes = longest.total_seconds() // 60
    do = ("在 pg_stat_activity 中找出并结束该会话", "find the session in pg_stat_activity and end it")
    return [wrong(service, f"事务已开启 {minutes:.0f} 分钟", f"a transaction is {minutes:.0f} min old", *do)]


def _slot(row: asyncpg.Record) -> Finding:
    name, held = row["slot_name"], row["held"] or 0
    if row["active"]:
        return well("wal", f"复制槽 {name} 正在接收", f"the slot {name} is read, {held:,} bytes behind")
    do = (
        "重新启动 huying backup wal；不再需要时 pg_drop_replication_slot",
        "start huying backup wal again; where it is needed no more, pg_drop_replication_slot",
    )
    kind = wrong if held > HELD_WAL else note
    return kind(
        "wal",
        f"复制槽 {name} 无人接收，占用 {held:,} 字节",
        f"nobody reads the slot {name}: {held:,} bytes",
        *do,
    )
