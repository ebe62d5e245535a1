"""The order and place of spans in the picture of a trace."""

import time
from typing import Any

from huying.console import waterfall


def span(span_id: str, parent: str | None = None, start: int = 0, end: int = 10) -> dict[str, Any]:
    return {
        "span_id": span_id,
        "parent_id": parent,
        "service": "intake",
        "name": span_id,
        "kind": 2,
        "start_ns": start,
        "end_ns": end,
        "failed": 0,
        "number": None,
    }


def order(*spans: dict[str, Any]) -> list[tuple[str, int]]:
    return [(placed["span_id"], depth) for placed, depth in waterfall.in_order(spans)]


def test_children_stand_below_their_parent_in_order_of_their_start() -> None:
    ordered = order(span("a"), span("b", "a", 1), span("d", None, 2), span("c", "b", 3), span("e", "a", 4))
    assert ordered == [("a", 0), ("b", 1), ("c", 2), ("e", 1), ("d", 0)]


def test_a_span_whose_parent_did_not_come_stands_at_the_top() -> None:
    rows = waterfall.rows([span("a", "gone"), span("b", "a", 1)])
    assert [(row.span_id, row.depth, row.orphan) for row in rows] == [("a", 0, True), ("b", 1, False)]


def test_spans_that_are_each_other_s_parents_are_all_shown_once() -> None:
    assert order(span("a", "b"), span("b", "a"), span("c", "c"), span("d", "b")) == [
        ("a", 0),
        ("b", 1),
        ("d", 2),
        ("c", 0),
    ]


def test_a_bar_begins_and_ends_where_its_span_did() -> None:
    first, second = waterfall.rows([span("a", end=100), span("b", "a", 25, 75)])
    assert (first.left, first.width) == (0, 100)
    assert (second.left, second.width) == (25, 50)


def test_a_trace_that_took_no_time_can_be_drawn() -> None:
    (row,) = waterfall.rows([span("a", start=5, end=5)])
    assert (row.left, row.width) == (0, 0)


def test_ten_thousand_spans_below_each_other_are_laid_out_in_a_moment() -> None:
    deep = [span(str(n), str(n - 1) if n else None, n, 10_000) for n in range(10_000)]
    began = time.monotonic()
    rows = waterfall.rows(deep)
    assert time.monotonic() - began < 5
    assert len(rows) == 10_000
    assert rows[-1].depth == waterfall.DEEPEST
