"""Spans on disk: what is found again, and that age, size and haste bound them."""

import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from huying.console import otlp, queries
from huying.console.store import Bounds, Store
from tests.unit.console import invented

NUMBER = "BZ-20261109-00001"


class Time:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def moving() -> Time:
    return Time()


@pytest.fixture
def store(tmp_path: Path, moving: Time) -> Iterator[Store]:
    opened = Store(tmp_path / "spans.db", moving.now)
    yield opened
    opened.close()


def spans(**by_service: Any) -> list[otlp.Span]:
    return otlp.decoded(invented.request(**by_service).SerializeToString(), otlp.PROTOBUF).spans


def kept(store: Store, batch: list[otlp.Span]) -> None:
    """Hand spans in and wait for them."""
    store.offer(batch)
    until(lambda: store.waiting == 0)


def until(holds: Any) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def names(store: Store, **wanted: Any) -> list[str]:
    with store.reading() as conn:
        return [trace["name"] for trace in queries.traces(conn, queries.TraceFilter(**wanted))]


def test_traces_are_found_by_number_service_name_error_length_and_time(store: Store) -> None:
    kept(store, spans(**invented.story(), financing=[invented.span(invented.trace_id(), "GET /banks")]))
    first, later, other = "POST /intake/appeals", "judge", "GET /banks"
    at = invented.START_NS
    assert names(store) == [later, *sorted([first, other], key=names(store).index)]
    assert names(store, number=NUMBER) == [later, first]
    assert names(store, number="BZ-2026") == [later, first]
    assert names(store, number="BZ-20261109-0000%") == []
    assert names(store, service="notify") == [first]
    assert names(store, service="notify", failed=True) == [first]
    assert names(store, service="dispatch", failed=True) == []
    assert names(store, failed=True) == [first]
    assert names(store, name="escalation.events") == [later]
    assert names(store, longer_ms=40) == [first]
    assert names(store, since_ns=at + 1) == [later]
    assert names(store, until_ns=at + 1, number=NUMBER) == [first]


def test_a_page_goes_on_where_the_last_one_ended(store: Store) -> None:
    kept(store, spans(intake=[invented.span(invented.trace_id(), f"n{n}", at_ms=n) for n in range(5)]))
    with store.reading() as conn:
        page = queries.traces(conn, queries.TraceFilter(limit=2))
        last = page[1]
        rest = queries.traces(conn, queries.TraceFilter(limit=9, before=(last["start_ns"], last["trace_id"])))
    assert [trace["name"] for trace in [*page[:2], *rest]] == ["n4", "n3", "n2", "n1", "n0"]


def test_links_are_followed_both_ways(store: Store) -> None:
    story = invented.story()
    kept(store, spans(**story))
    first, later = story["intake"][0].trace_id.hex(), story["escalation"][1].trace_id.hex()
    with store.reading() as conn:
        assert [trace["trace_id"] for trace in queries.linked(conn, later)[0]] == [first]
        assert [trace["trace_id"] for trace in queries.linked(conn, first)[1]] == [later]
        assert queries.linked(conn, first)[0] == queries.linked(conn, later)[1] == []


def test_a_link_to_a_trace_that_was_never_seen_has_no_name(store: Store) -> None:
    span = invented.span(invented.trace_id(), links=(invented.span(invented.trace_id()),))
    kept(store, spans(intake=[span]))
    with store.reading() as conn:
        ((there,), _) = queries.linked(conn, span.trace_id.hex())
    assert there["name"] is None


def test_spans_that_come_twice_count_once_and_late_ones_are_added(store: Store) -> None:
    trace = invented.trace_id()
    root = invented.span(trace, "root", took_ms=5)
    child = invented.span(trace, "child", root, at_ms=100, failed=True)
    kept(store, spans(dispatch=[child]))
    kept(store, spans(dispatch=[child], intake=[root]) * 2)
    with store.reading() as conn:
        (trace,) = queries.traces(conn, queries.TraceFilter())
    assert (trace["name"], trace["spans"], trace["failed"]) == ("root", 2, 1)
    assert [(part["service"], part["spans"]) for part in trace["parts"]] == [("dispatch", 1), ("intake", 1)]
    assert store.counts.stored == 2


def test_who_speaks_to_whom_and_how_often_it_fails(store: Store) -> None:
    kept(store, spans(**invented.story()))
    with store.reading() as conn:
        assert sorted(queries.edges(conn, 0)) == [
            ("intake", "dispatch", 1, 0),
            ("intake", "escalation", 1, 0),
            ("intake", "notify", 1, 1),
        ]
        assert queries.edges(conn, invented.START_NS + 10**12) == []
        assert {row["service"]: row["failed"] for row in queries.nodes(conn, 0)}["notify"] == 1


def test_spans_survive_a_restart(tmp_path: Path, moving: Time) -> None:
    first = Store(tmp_path / "spans.db", moving.now)
    first.offer(spans(**invented.story()))
    first.close()
    second = Store(tmp_path / "spans.db", moving.now)
    assert names(second, number=NUMBER) == ["judge", "POST /intake/appeals"]
    second.close()


def test_traces_older_than_allowed_are_forgotten_whole(store: Store, moving: Time) -> None:
    kept(store, spans(**invented.story()))
    moving.at += store.bounds.age - timedelta(seconds=1)
    kept(store, spans(intake=[invented.span(invented.trace_id(), "new")]))
    assert len(names(store)) == 3
    moving.at += timedelta(seconds=2)
    kept(store, spans(intake=[invented.span(invented.trace_id(), "newer")]))
    until(lambda: sorted(names(store)) == ["new", "newer"])
    with store.reading() as conn:
        for table in ("spans", "links", "parts", "traces"):
            (rows,) = conn.execute(f"select count(*) from {table}").fetchone()
            assert rows == {"links": 0}.get(table, 2), table


def test_the_file_stays_within_its_size_and_the_newest_stay(tmp_path: Path, moving: Time) -> None:
    store = Store(tmp_path / "spans.db", moving.now, Bounds(size=2_000_000))
    for n in range(40):
        moving.at += timedelta(seconds=1)
        batch = [invented.span(invented.trace_id(), f"n{n}", at_ms=n, text="x" * 1500) for _ in range(100)]
        kept(store, spans(intake=batch))
    newest, size = names(store)[0], store.file.stat().st_size
    store.close()
    assert store.counts.pruned_traces > 2000
    assert newest == "n39"
    assert size < 3_000_000


def test_one_trace_cannot_take_all_room(tmp_path: Path, moving: Time) -> None:
    store = Store(tmp_path / "spans.db", moving.now, Bounds(trace=100))
    trace = invented.trace_id()
    for _ in range(4):
        kept(store, spans(intake=[invented.span(trace) for _ in range(60)]))
    store.close()
    assert (store.counts.stored, store.counts.dropped) == (120, 120)


def test_who_hands_spans_in_never_waits_and_what_finds_no_room_is_counted(
    tmp_path: Path, moving: Time
) -> None:
    store = Store(tmp_path / "spans.db", moving.now, Bounds(waiting=1000))
    block = sqlite3.connect(store.file)
    block.execute("begin immediate")
    batch = spans(intake=[invented.span(invented.trace_id()) for _ in range(400)])
    began = time.monotonic()
    dropped = [store.offer(batch) for _ in range(5)]
    assert time.monotonic() - began < 1
    assert dropped == [0, 0, 200, 400, 400]
    block.rollback()
    block.close()
    until(lambda: store.waiting == 0)
    assert store.offer(batch) == 0
    store.close()
    assert store.counts.dropped == 1000


@pytest.mark.parametrize("content", [b"this is no database" * 100, None], ids=["damaged", "another version"])
def test_a_file_that_cannot_be_used_is_put_aside(tmp_path: Path, moving: Time, content: bytes | None) -> None:
    file = tmp_path / "spans.db"
    if content is None:
        conn = sqlite3.connect(file)
        conn.execute("pragma user_version = 99")
        conn.close()
    else:
        file.write_bytes(content)
    store = Store(file, moving.now)
    store.offer(spans(**invented.story()))
    store.close()
    assert store.counts.stored == 8
    assert (tmp_path / "spans.db.damaged").exists()
