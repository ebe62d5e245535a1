"""Spans on disk: one SQLite file, written by a thread of its own, bounded by age and size.

Who hands spans in never waits. What does not fit into the queue is dropped and counted.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from huying.console.otlp import Span
from shared.telemetry.logs import log

SCHEMA = """
create table if not exists spans (
  trace_id text, span_id text, parent_id text, service text, name text, kind integer, start_ns integer,
  end_ns integer, failed integer, number text, detail text, primary key (trace_id, span_id)
);
create index if not exists spans_number on spans (number, trace_id) where number is not null;
create index if not exists spans_start on spans (start_ns);
create table if not exists links (
  trace_id text, span_id text, to_trace text, to_span text,
  primary key (trace_id, span_id, to_trace, to_span)
) without rowid;
create index if not exists links_to on links (to_trace);
create table if not exists traces (
  trace_id text primary key, name text, service text, start_ns integer, end_ns integer, spans integer,
  failed integer, received_at real
);
create index if not exists traces_start on traces (start_ns, trace_id);
create index if not exists traces_received on traces (received_at);
create table if not exists parts (
  trace_id text, service text, spans integer, failed integer, primary key (trace_id, service)
) without rowid;
"""
VERSION = 1
TABLES = ("spans", "links", "parts", "traces")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept: for so long, in so many bytes; spans of one trace, and spans that wait."""

    age: timedelta = timedelta(days=7)
    size: int = 512 * 1024 * 1024
    trace: int = 50_000
    waiting: int = 20_000


@dataclass(slots=True)
class Counts:
    """Spans since the start; `refused` had no valid ids or times, `dropped` found no room."""

    stored: int = 0
    refused: int = 0
    dropped: int = 0
    pruned_traces: int = 0


class Store:
    """The spans of one state folder. `now` is asked for the age of what came in."""

    def __init__(self, file: Path, now: Callable[[], datetime], bounds: Bounds | None = None) -> None:
        self.file = file
        self.bounds = bounds or Bounds()
        self.counts = Counts()
        self._now = now
        self._log = log("console")
        self._queue: queue.Queue[list[Span] | None] = queue.Queue()
        self._lock = threading.Lock()
        self.waiting = 0
        """Spans handed in and not written."""
        self._prepare()
        self._thread = threading.Thread(target=self._write, name="console-store", daemon=True)
        self._thread.start()

    def offer(self, spans: list[Span]) -> int:
        """Hand spans in; how many were dropped because the writer is behind. Returns at once."""
        with self._lock:
            fitting = spans[: max(self.bounds.waiting - self.waiting, 0)]
            self.waiting += len(fitting)
            self.counts.dropped += len(spans) - len(fitting)
        if fitting:
            self._queue.put(fitting)
        return len(spans) - len(fitting)

    def close(self) -> None:
        """Write what waits, and end."""
        self._queue.put(None)
        self._thread.join()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that reads; rows by name."""
        conn = sqlite3.connect(self.file, timeout=5)
        try:
            conn.execute("pragma query_only = on")
            conn.row_factory = sqlite3.Row
            yield conn
        finally:
            conn.close()

    def _prepare(self) -> None:
        """Make the file. One that is damaged or of another version is put aside: its spans are no records."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._make()
        except sqlite3.DatabaseError as error:
            self._log.warning("spans put aside", file=str(self.file), reason=str(error))
            for name in ("", "-wal", "-shm"):
                old = self.file.with_name(self.file.name + name)
                if old.exists():
                    old.replace(self.file.with_name(f"{self.file.name}.damaged{name}"))
            self._make()

    def _make(self) -> None:
        conn = sqlite3.connect(self.file)
        try:
            conn.execute("pragma journal_mode = wal")
            (version,) = conn.execute("pragma user_version").fetchone()
            if version not in (0, VERSION):
                raise sqlite3.DatabaseError(f"it is of version {version}, not {VERSION}")
            conn.executescript(SCHEMA)
            conn.execute(f"pragma user_version = {VERSION}")
        finally:
            conn.close()

    def _write(self) -> None:
        conn = sqlite3.connect(self.file, timeout=5)
        conn.execute("pragma synchronous = off")
        conn.execute("pragma journal_size_limit = 16777216")
        while (spans := self._queue.get()) is not None:
            try:
                with conn:
                    self.counts.stored += self._keep(conn, spans)
                with conn:
                    self._prune(conn)
            except sqlite3.Error as error:
                self.counts.dropped += len(spans)
                self._log.warning("spans dropped", spans=len(spans), reason=str(error))
            with self._lock:
                self.waiting -= len(spans)
        conn.close()

    def _keep(self, conn: sqlite3.Connection, spans: list[Span]) -> int:
        """One transaction; how many were new."""
        full = self._full(conn, {span.trace_id for span in spans})
        fitting = [span for span in spans if span.trace_id not in full]
        self.counts.dropped += len(spans) - len(fitting)
        before = conn.total_changes
        conn.executemany(
            "insert or ignore into spans values (?,?,?,?,?,?,?,?,?,?,?)",
            [astuple(span)[:-1] for span in fitting],
        )
        kept = conn.total_changes - before
        conn.executemany(
            "insert or ignore into links values (?,?,?,?)",
            [(span.trace_id, span.span_id, *link) for span in fitting for link in span.links],
        )
        at = self._now().timestamp()
        for trace_id in {span.trace_id for span in fitting}:
            _sum_up(conn, trace_id, at)
        return kept

    def _full(self, conn: sqlite3.Connection, traces: Iterable[str]) -> set[str]:
        full = set()
        for trace_id in traces:
            row = conn.execute("select spans from traces where trace_id = ?", (trace_id,)).fetchone()
            if row and row[0] >= self.bounds.trace:
                full.add(trace_id)
        return full

    def _prune(self, conn: sqlite3.Connection) -> None:
        """Forget whole traces: those too old, then the oldest until the rest fits."""
        oldest = (self._now() - self.bounds.age).timestamp()
        too_old = "select trace_id from traces where received_at < ? limit 500"
        self._forget(conn, conn.execute(too_old, (oldest,)).fetchall())
        while _used(conn) > self.bounds.size:
            first = conn.execute("select trace_id from traces order by received_at limit 50").fetchall()
            if not first:
                return
            self._forget(conn, first)

    def _forget(self, conn: sqlite3.Connection, traces: list[tuple[str]]) -> None:
        for table in TABLES:
            conn.executemany(f"delete from {table} where trace_id = ?", traces)
        self.counts.pruned_traces += len(traces)


def _used(conn: sqlite3.Connection) -> int:
    """Bytes of the pages that hold something."""
    (pages,) = conn.execute("pragma page_count").fetchone()
    (free,) = conn.execute("pragma freelist_count").fetchone()
    (size,) = conn.execute("pragma page_size").fetchone()
    return int(pages - free) * int(size)


def _sum_up(conn: sqlite3.Connection, trace_id: str, at: float) -> None:
    conn.execute(
        """
        insert or replace into traces
        select trace_id, first_value(name) over first, first_value(service) over first,
          min(start_ns) over (), max(end_ns) over (), count(*) over (), sum(failed) over (), ?
        from spans where trace_id = ?
        window first as (order by parent_id is not null, start_ns)
        limit 1
        """,
        (at, trace_id),
    )
    conn.execute(
        """
        insert or replace into parts
        select trace_id, service, count(*), sum(failed) from spans where trace_id = ? group by service
        """,
        (trace_id,),
    )
