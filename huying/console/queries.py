"""Queries on the span store: traces, one trace with those linked to it, and the calls between services."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_LINKED = 50
CLIENT, PRODUCER = 3, 4
"""Kinds of spans of a call out and of a message sent (OTLP's enumeration)."""


@dataclass(frozen=True, slots=True)
class TraceFilter:
    """Conditions on traces, all of which must hold. `before` is the position of the last trace shown."""

    number: str = ""
    service: str = ""
    name: str = ""
    failed: bool = False
    longer_ms: float = 0
    since_ns: int | None = None
    until_ns: int | None = None
    before: tuple[int, str] | None = None
    limit: int = 50


def traces(conn: sqlite3.Connection, trace_filter: TraceFilter) -> list[dict[str, Any]]:
    """The newest `limit + 1` traces that fit, each with its services and numbers."""
    conditions, values = _conditions(trace_filter)
    query = f"""
        select * from traces t where {" and ".join(conditions) or "true"}
        order by start_ns desc, trace_id desc limit ?
        """
    traces = _rows(conn.execute(query, (*values, trace_filter.limit + 1)))
    for trace in traces:
        trace["parts"] = parts(conn, trace["trace_id"])
        trace["numbers"] = numbers(conn, trace["trace_id"])
        trace["event_types"] = event_types(conn, trace["trace_id"])
    return traces


def _conditions(trace_filter: TraceFilter) -> tuple[list[str], list[Any]]:
    pairs: list[tuple[str, tuple[Any, ...]]] = []
    if trace_filter.number:
        named = "t.trace_id in (select trace_id from spans where number >= ? and number < ?)"
        pairs.append((named, (trace_filter.number, trace_filter.number + "\U0010ffff")))
    if trace_filter.service:
        failed = " and failed > 0" if trace_filter.failed else ""
        part = f"exists (select 1 from parts where trace_id = t.trace_id and service = ?{failed})"
        pairs.append((part, (trace_filter.service,)))
    elif trace_filter.failed:
        pairs.append(("failed > 0", ()))
    if trace_filter.name:
        pairs.append(
            (
                "exists (select 1 from spans where trace_id = t.trace_id and instr(name, ?) > 0)",
                (trace_filter.name,),
            )
        )
    if trace_filter.longer_ms:
        pairs.append(("end_ns - start_ns >= ?", (int(trace_filter.longer_ms * 1_000_000),)))
    if trace_filter.since_ns is not None:
        pairs.append(("start_ns >= ?", (trace_filter.since_ns,)))
    if trace_filter.until_ns is not None:
        pairs.append(("start_ns < ?", (trace_filter.until_ns,)))
    if trace_filter.before is not None:
        pairs.append(("(start_ns, trace_id) < (?, ?)", trace_filter.before))
    return [condition for condition, _ in pairs], [value for _, values in pairs for value in values]


def parts(conn: sqlite3.Connection, trace_id: str) -> list[dict[str, Any]]:
    """The services of a trace, with their spans and errors."""
    query = "select service, spans, failed from parts where trace_id = ? order by service"
    return _rows(conn.execute(query, (trace_id,)))


def numbers(conn: sqlite3.Connection, trace_id: str) -> list[str]:
    """Up to five registration numbers that a trace is about."""
    query = "select distinct number from spans where trace_id = ? and number is not null limit 5"
    return [str(row[0]) for row in conn.execute(query, (trace_id,))]


def event_types(conn: sqlite3.Connection, trace_id: str) -> list[str]:
    """The types of the first six events that were sent in a trace."""
    query = f"""
        select detail ->> '$.attributes."huying.event_type"' as type from spans
        where trace_id = ? and kind = {PRODUCER} and type is not null
        group by type order by min(start_ns) limit 6
        """
    return [str(row[0]) for row in conn.execute(query, (trace_id,))]


def services(conn: sqlite3.Connection) -> list[str]:
    """Every service that has sent spans."""
    return [str(row[0]) for row in conn.execute("select distinct service from parts order by service")]


def trace(conn: sqlite3.Connection, trace_id: str) -> dict[str, Any] | None:
    """The trace as a whole; None where it is not (or no longer) kept."""
    row = conn.execute("select * from traces where trace_id = ?", (trace_id,)).fetchone()
    return dict(row) if row else None


def spans(conn: sqlite3.Connection, trace_id: str) -> list[dict[str, Any]]:
    """A trace's spans in order of their start, without their details."""
    query = """
        select span_id, parent_id, service, name, kind, start_ns, end_ns, failed, number
        from spans where trace_id = ? order by start_ns, span_id
        """
    return _rows(conn.execute(query, (trace_id,)))


def details(conn: sqlite3.Connection, trace_id: str, span_ids: Iterable[str]) -> dict[str, str]:
    """The details of these spans, as JSON."""
    query = "select detail from spans where trace_id = ? and span_id = ?"
    rows = {span_id: conn.execute(query, (trace_id, span_id)).fetchone() for span_id in span_ids}
    return {span_id: row[0] for span_id, row in rows.items() if row}


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
        {
            **dict(row),
            "numbers": numbers(conn, row["trace_id"]),
            "event_types": event_types(conn, row["trace_id"]),
        }
        for row in rows
    ]


def links_of(conn: sqlite3.Connection, trace_id: str) -> dict[str, list[tuple[str, str]]]:
    """Where each span of a trace points to."""
    query = "select span_id, to_trace, to_span from links where trace_id = ?"
    links: dict[str, list[tuple[str, str]]] = {}
    for span_id, to_trace, to_span in conn.execute(query, (trace_id,)):
        links.setdefault(span_id, []).append((to_trace, to_span))
    return links


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


def _rows(rows: Iterable[sqlite3.Row]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]
