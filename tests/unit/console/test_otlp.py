"""What a body of OTLP becomes, and what is refused."""

import gzip
import tracemalloc

import orjson
import pytest

from huying.console import otlp
from shared.service.errors import HuyingError
from tests.unit.console import invented


def decoded(body: bytes, kind: str = otlp.PROTOBUF) -> otlp.Received:
    return otlp.decoded(body, kind)


def test_protobuf_and_json_say_the_same() -> None:
    sent = invented.request(**invented.story())
    assert decoded(sent.SerializeToString()) == decoded(invented.as_json(sent), otlp.JSON)


def test_a_span_keeps_its_case_its_service_its_links_and_its_error() -> None:
    story = invented.story()
    by_id = {span.span_id: span for span in decoded(invented.request(**story).SerializeToString()).spans}
    post, timer, notify = story["intake"][0], story["escalation"][1], story["notify"][0]
    assert by_id[post.span_id.hex()].number == "BZ-20261109-00001"
    assert by_id[post.span_id.hex()].service == "intake"
    assert by_id[post.span_id.hex()].parent_id is None
    assert by_id[timer.span_id.hex()].links == ((post.trace_id.hex(), story["escalation"][0].span_id.hex()),)
    assert by_id[notify.span_id.hex()].failed
    assert not by_id[post.span_id.hex()].failed


def test_attributes_of_every_kind_are_shown_and_long_ones_are_cut() -> None:
    span = invented.span(invented.trace_id(), long="x" * 5000)
    for name, value in (("int_value", 2**62), ("bool_value", True), ("double_value", 1.5)):
        setattr(span.attributes.add(key=name).value, name, value)
    span.attributes.add(key="array").value.array_value.values.add().string_value = "one"
    span.attributes.add(key="map").value.kvlist_value.values.add(key="k").value.string_value = "v"
    span.attributes.add(key="nothing")
    (kept,) = decoded(invented.request(intake=[span]).SerializeToString()).spans
    shown = orjson.loads(kept.detail)["attributes"]
    assert len(shown.pop("long")) == otlp.LONGEST_TEXT
    assert shown == {
        "int_value": 2**62,
        "bool_value": True,
        "double_value": 1.5,
        "array": "one",
        "map": "{'k': 'v'}",
        "nothing": None,
    }


def test_of_many_attributes_and_links_the_first_are_kept() -> None:
    trace = invented.trace_id()
    others = tuple(invented.span(invented.trace_id()) for _ in range(500))
    span = invented.span(trace, links=others, **{f"a{n}": "x" for n in range(500)})
    (kept,) = decoded(invented.request(intake=[span]).SerializeToString()).spans
    assert len(kept.links) == len(orjson.loads(kept.detail)["attributes"]) == otlp.MOST_PARTS


def test_a_span_without_valid_ids_or_times_is_left_out_and_counted() -> None:
    good, zero, short, late = (invented.span(invented.trace_id()) for _ in range(4))
    zero.trace_id = bytes(16)
    short.span_id = b"abc"
    late.end_time_unix_nano = 2**64 - 1
    result = decoded(invented.request(intake=[good, zero, short, late]).SerializeToString())
    assert [span.span_id for span in result.spans] == [good.span_id.hex()]
    assert result.refused == 3


def test_a_span_that_ends_before_it_begins_took_no_time() -> None:
    span = invented.span(invented.trace_id())
    span.end_time_unix_nano = span.start_time_unix_nano - 5
    (kept,) = decoded(invented.request(intake=[span]).SerializeToString()).spans
    assert kept.end_ns == kept.start_ns


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"garbage!!", otlp.PROTOBUF, 400),
        (b"\x0a\xff\xff\xff\xff\x0f", otlp.PROTOBUF, 400),
        (b"\x0a" * 3000, otlp.PROTOBUF, 400),
        (b"", otlp.JSON, 400),
        (b"[1, 2]", otlp.JSON, 400),
        (b'"spans"', otlp.JSON, 400),
        (b"{", otlp.JSON, 400),
        (b"\xff\xfe", otlp.JSON, 400),
        (b'{"resourceSpans": 7}', otlp.JSON, 400),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "xyz"}]}]}]}', otlp.JSON, 400),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": 7}]}]}]}', otlp.JSON, 400),
        (b"[" * 900 + b"]" * 900, otlp.JSON, 400),
        (b'{"a":' * 100_000, otlp.JSON, 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_garbage_is_refused_with_words(body: bytes, kind: str, status: int) -> None:
    with pytest.raises(HuyingError) as refused:
        decoded(body, kind)
    assert refused.value.status == status
    assert refused.value.zh
    assert refused.value.en


def test_what_unpacks_to_too_much_is_refused_without_unpacking_it() -> None:
    bomb = gzip.compress(bytes(200 * 1024 * 1024))
    assert len(bomb) < otlp.LIMIT
    tracemalloc.start()
    with pytest.raises(HuyingError) as refused:
        otlp.unpacked(bomb, "gzip")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.status == 413
    assert most < 4 * otlp.LIMIT


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"no gzip", "gzip", 400),
        (gzip.compress(b"x" * 1000, mtime=0)[:-9], "gzip", 400),
        (b"", "gzip", 400),
        (b"", "br", 415),
    ],
)
def test_what_cannot_be_unpacked_is_refused(body: bytes, encoding: str, status: int) -> None:
    with pytest.raises(HuyingError) as refused:
        otlp.unpacked(body, encoding)
    assert refused.value.status == status


def test_more_spans_at_once_than_are_taken_are_refused() -> None:
    spans = [invented.span(invented.trace_id())] * (otlp.MOST_SPANS + 1)
    with pytest.raises(HuyingError) as refused:
        decoded(invented.request(intake=spans).SerializeToString())
    assert refused.value.status == 413
