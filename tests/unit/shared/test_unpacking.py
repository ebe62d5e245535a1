"""Compressed batches are unpacked within a bound; what stands for the others tells why."""

import struct
from collections.abc import Iterator

import pytest
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import ConsumerRecord

from shared.messaging.sizes import LARGEST_UNPACKED
from shared.messaging.unpacking import stand_in_of, unpack
from tests.batches import APPENDED, CONTROL, GZIP, PACK, SNAPPY, TRANSACTIONAL, XERIAL, batch, packed_batch

VALUE = b"a report " * 50


def decoded(batches: bytes) -> Iterator[ConsumerRecord]:
    """What aiokafka decodes of batches."""
    records = MemoryRecords(batches)
    while records.has_next():
        decoded_batch = records.next_batch()
        assert decoded_batch is not None
        assert decoded_batch.validate_crc()
        for record in decoded_batch:
            times = (record.timestamp, record.timestamp_type)
            yield ConsumerRecord(
                "t", 0, record.offset, *times, record.key, record.value, None, 0, 0, tuple(record.headers)
            )


def values(batches: bytes) -> list[tuple[int, bytes | str | None]]:
    """By offset: the values, or why a record stands for a batch."""
    pairs = ((record, stand_in_of(record)) for record in decoded(batches))
    return [(record.offset, reason.en if reason else record.value) for record, reason in pairs]


def opened(*batches: bytes) -> list[tuple[int, bytes | str | None]]:
    return values(unpack(b"".join(batches), LARGEST_UNPACKED)[0])


@pytest.mark.parametrize("by", PACK)
def test_a_batch_of_every_codec_comes_out_as_it_was_packed(by: str) -> None:
    several = [VALUE, b"", b"x" * 200_000]
    packed = packed_batch(7, *several, by=by, flags=APPENDED)
    content, room = unpack(packed, LARGEST_UNPACKED)
    assert list(decoded(content)) == list(decoded(batch(7, *several, flags=APPENDED)))
    assert content == batch(7, *several, flags=APPENDED)
    assert LARGEST_UNPACKED - room == len(batch(7, *several)) - 61


def test_what_is_not_compressed_is_handed_on_as_it_is_with_the_incomplete_batch_at_its_end() -> None:
    whole = batch(0, VALUE) + batch(1, VALUE, VALUE)
    for batches in (
        b"",
        whole,
        whole + whole[:30],
        whole + whole[:3],
        whole + b"\x00" * 40,
        whole + b"\xff" * 40,
    ):
        assert unpack(batches, 0) == (batches, 0)
    content, _ = unpack(packed_batch(0, VALUE, by="zstd") + whole[:70], LARGEST_UNPACKED)
    assert content == batch(0, VALUE) + whole[:70]


@pytest.mark.parametrize("by", PACK)
def test_what_unpacks_to_too_much_is_told_at_its_last_offset_and_its_neighbours_are_kept(by: str) -> None:
    bomb = packed_batch(5, VALUE, b"0" * LARGEST_UNPACKED, by=by, flags=APPENDED)
    content, room = unpack(batch(4, VALUE) + bomb + batch(7, VALUE), LARGEST_UNPACKED)
    reason = f"offsets 5 to 6 do not unpack to at most {LARGEST_UNPACKED} bytes"
    assert values(content) == [(4, VALUE), (6, reason), (7, VALUE)]
    assert room <= 0
    _, stand_in, _ = decoded(content)
    assert (stand_in.timestamp, stand_in.timestamp_type) == (1_000, 1)
    just_fits = packed_batch(5, b"0" * (LARGEST_UNPACKED - 100), by=by)
    assert len(values(unpack(just_fits, LARGEST_UNPACKED)[0])[0][1] or "") == LARGEST_UNPACKED - 100


ODD = {
    "unknown codec": (5, b""),
    "another unknown codec": (7, VALUE),
    **{f"{by}, nothing": (PACK[by][0], b"") for by in PACK},
    **{f"{by}, noise": (PACK[by][0], b"\xff\x00" * 500) for by in PACK},
    **{f"{by}, cut off": (PACK[by][0], PACK[by][1](VALUE * 9)[:-20]) for by in PACK},
    "a block of snappy before its own start": (SNAPPY, XERIAL + b"\xff\xff\xff\xfc"),
    "a block of snappy beyond the end": (SNAPPY, XERIAL + b"\x7f\xff\xff\xff\x01"),
    "a length of snappy that is cut off": (SNAPPY, XERIAL + b"\x00\x00"),
    "snappy that claims 4 GB": (SNAPPY, b"\xff\xff\xff\xff\x0f\x00"),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_content_of_its_codec_is_told(name: str) -> None:
    codec, packed = ODD[name]
    (refusal,) = opened(batch(3, VALUE, codec=codec, packed=packed))
    assert refusal == (3, f"offsets 3 to 3 do not unpack to at most {LARGEST_UNPACKED} bytes")


@pytest.mark.parametrize("by", [None, "gzip"])
def test_what_was_written_in_a_transaction_is_told_and_a_marker_of_its_end_is_left(by: str | None) -> None:
    several = (VALUE, VALUE)
    written = (
        packed_batch(1, *several, by=by, flags=TRANSACTIONAL)
        if by
        else batch(1, *several, flags=TRANSACTIONAL)
    )
    marker = batch(3, b"", flags=TRANSACTIONAL | CONTROL)
    content, _ = unpack(written + marker, LARGEST_UNPACKED)
    assert content.endswith(marker)
    reason = "offsets 1 to 2 were written in a transaction: what is written in one does not count"
    assert values(content.removesuffix(marker)) == [(2, reason)]


def test_a_compressed_message_of_an_old_format_is_told() -> None:
    message = struct.pack(">qiIbbqii", 8, 22, 0, 1, GZIP, 0, -1, 0)
    assert opened(message, batch(9, VALUE)) == [
        (8, f"offsets 8 to 8 do not unpack to at most {LARGEST_UNPACKED} bytes"),
        (9, VALUE),
    ]
    incomplete = batch(7, VALUE) + message[:-4]
    assert unpack(incomplete, LARGEST_UNPACKED) == (incomplete, LARGEST_UNPACKED)


def test_a_damaged_batch_is_left_to_aiokafka_which_refuses_it_before_it_unpacks_it() -> None:
    damaged = bytearray(packed_batch(0, VALUE, by="zstd"))
    damaged[-1] ^= 1
    assert unpack(bytes(damaged), LARGEST_UNPACKED)[0] == damaged


def test_of_many_batches_so_many_are_unpacked_as_have_room_and_the_others_are_left_out() -> None:
    large = b"0" * (LARGEST_UNPACKED // 2)
    many = [packed_batch(number, large, by="zstd") for number in range(50)]
    assert [offset for offset, _ in opened(*many)] == [0, 1]
    assert [offset for offset, _ in opened(*many[2:])] == [2, 3]
    bombs = [packed_batch(number, large * 3, by="zstd") for number in range(3)]
    assert [offset for offset, _ in opened(*bombs)] == [0]
    assert unpack(b"".join(bombs), 0) == (b"", 0)
