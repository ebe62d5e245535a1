"""What the pages ask the store: traces, one trace with its neighbours, and who speaks to whom."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_LINKED = 50
CLIENT, PRODUCER = 3, 4
"""Kinds of spans that call out, and that send a message (OTLP's enumeration)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which traces: all that is given must hold. `before` is the position of the last one shown."""

    number: str = ""
    service: str = ""
    name: str = ""
    failed: bool = False
    longer_ms: float = 0
    since_ns: int | None = None
    until_ns: int | None = None
    before: tuple[int, str] | None = None
    limit: int = 50


def traces(conn: sqlite3.Connection, wanted: Wanted) -> list[dict[str, Any]]:
    """The newest `limit + 1` traces that fit, each with its services and numbers."""
    conditions, values = _conditions(wanted)
    query = f"""
        select * from traces t where {" and ".join(conditions) or "true"}
        order by start_ns desc, trace_id desc limit ?
        """
    found = _rows(conn.execute(query, (*values, wanted.limit + 1)))
    for one in found:
        one["parts"] = parts(conn, one["trace_id"])
        one["numbers"] = numbers(conn, one["trace_id"])
        one["said"] = said(conn, one["trace_id"])
    return found


def _conditions(wanted: Wanted) -> tuple[list[str], list[Any]]:
    pairs: list[tuple[str, tuple[Any, ...]]] = []
    if wanted.number:
        named = "t.trace_id in (select trace_id from spans where number >= ? and number < ?)"
        pairs.append((named, (wanted.number, wanted.number + "\U0010ffff")))
    if wanted.service:
        failed = " and failed > 0" if wanted.failed else ""
        part = f"exists (select 1 from parts where trace_id = t.trace_id and service = ?{failed})"
        pairs.append((part, (wanted.service,)))
    elif wanted.failed:
        pairs.append(("failed > 0", ()))
    if wanted.name:
        pairs.append(
            (
                "exists (select 1 from spans where trace_id = t.trace_id and instr(name, ?) > 0)",
                (wanted.name,),
            )
        )
    if wanted.longer_ms:
        pairs.append(("end_ns - start_ns >= ?", (int(wanted.longer_ms * 1_000_000),)))
    if wanted.since_ns is not None:
        pairs.append(("start_ns >= ?", (wanted.since_ns,)))
    if wanted.until_ns is not None:
        pairs.append(("start_ns < ?", (wanted.until_ns,)))
    if wanted.before is not None:
        pairs.append(("(start_ns, trace_id) < (?, ?)", wanted.before))
    return [condition for condition, _ in pairs], [value for _, values in pairs for value in values]


def parts(conn: sqlite3.Connection, trace_id: str) -> list[dict[str, Any]]:
    """The services of a trace, with their spans and errors."""
    query = "select service, spans, failed from parts where trace_id = ? order by service"
    return _rows(conn.execute(query, (trace_id,)))


def numbers(conn: sqlite3.Connection, trace_id: str) -> list[str]:
    """Up to five registration numbers that a trace is about."""
    query = "select distinct number from spans where trace_id = ? and number is not null limit 5"
    return [str(row[0]) for row in conn.execute(query, (trace_id,))]


def said(conn: sqlite3.Connection, trace_id: str) -> list[str]:
    """The types of the first six events that were sent in a trace."""
    query = f"""
        select detail ->> '$.attributes."huying.event_type"' as type from spans
        where trace_id = ? and kind = {PRODUCER} and type is not null
        group by type order by min(start_ns) limit 6
        """
    return [str(row[0]) for row in conn.execute(query, (trace_id,))]


def services(conn: sqlite3.Connection) -> list[str]:
    """Every service that spoke."""
    return [str(row[0]) for row in conn.execute("select distinct service from parts order by service")]


def trace(conn: sqlite3.Connection, trace_id: str) -> dict[str, Any] | None:
    """The trace as a whole; None where it is not (or no longer) kept."""
    row = conn.execute("select * from traces where trace_id = ?", (trace_id,)).fetchone()
    return dict(row) if row else None


def spans(conn: sqlite3.Connection, trace_id: str) -> list[dict[str, Any]]:
    """A trace's spans in order of their start, without what is only shown when one looks closer."""
    query = """
        select span_id, parent_id, service, name, kind, start_ns, end_ns, failed, number
        from spans where trace_id = ? order by start_ns, span_id
        """
    return _rows(conn.execute(query, (trace_id,)))


def details(conn: sqlite3.Connection, trace_id: str, span_ids: Iterable[str]) -> dict[str, str]:
    """What else is known of these spans."""
    query = "select detail from spans where trace_id = ? and span_id = ?"
    found = {span_id: conn.execute(query, (trace_id, span_id)).fetchone() for span_id in span_ids}
    return {span_id: row[0] for span_id, row in found.items() if row}


def linked(conn: sqlite3.Connection, trace_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Up to fifty traces that this one points to, and as many that point to it; the earliest first."""
    there = "select distinct to_trace from links where trace_id = ? and to_trace <> trace_id"
    back = "select distinct trace_id from links where to_trace = ? and to_trace <> trace_id"
    return _neighbours(conn, there, trace_id), _neighbours(conn, back, trace_id)


def _neighbours(conn: sqlite3.Connection, which: str, trace_id: str) -> list[dict[str, Any]]:
    rows = conn.execute(
        f"""
        with there(trace_id) as ({which})
        select there.trace_id, name, service, start_ns, end_ns, spans, failed
        from there left join traces using (trace_id)
        order by start_ns limit {MOST_LINKED}
        """,
        (trace_id,),
    )
    return [
        {**dict(row), "numbers": numbers(conn, row["trace_id"]), "said": said(conn, row["trace_id"])}
        for row in rows
    ]


def links_of(conn: sqlite3.Connection, trace_id: str) -> dict[str, list[tuple[str, str]]]:
    """Where each span of a trace points to."""
    query = "select span_id, to_trace, to_span from links where trace_id = ?"
    found: dict[str, list[tuple[str, str]]] = {}
    for span_id, to_trace, to_span in conn.execute(query, (trace_id,)):
        found.setdefault(span_id, []).append((to_trace, to_span))
    return found


def nodes(conn: sqlite3.Connection, since_ns: int) -> list[dict[str, Any]]:
    """Spans, errors and the slowest of each service since then."""
    query = """
        select service, count(*) as spans, sum(failed) as failed, max(end_ns - start_ns) as slowest_ns
        from spans where start_ns >= ? group by service
        """
    return _rows(conn.execute(query, (since_ns,)))


def edges(conn: sqlite3.Connection, since_ns: int) -> list[tuple[str, str, int, int]]:
    """Who made whom do something since then: from, to, how often, how often it failed."""
    query = """
        select p.service, c.service, count(*), sum(c.failed)
        from spans c join spans p on p.trace_id = c.trace_id and p.span_id = c.parent_id
        where c.start_ns >= ? and p.service <> c.service group by 1, 2
        """
    return [tuple(row) for row in conn.execute(query, (since_ns,))]


def calls_out(conn: sqlite3.Connection, since_ns: int) -> list[tuple[str, str, int, int]]:
    """Calls of others since then: service, whom it called, how often, how often it failed."""
    query = f"""
        select service, coalesce(
            detail ->> '$.attributes."huying.peer"', detail ->> '$.attributes."huying.channel"',
            detail ->> '$.attributes."server.address"'
          ) as there, count(*), sum(failed)
        from spans where start_ns >= ? and kind = {CLIENT} and there is not null
        group by 1, 2 order by 3 desc limit 8
        """
    return [tuple(row) for row in conn.execute(query, (since_ns,))]


def _rows(found: Iterable[sqlite3.Row]) -> list[dict[str, Any]]:
    return [dict(row) for row in found]
