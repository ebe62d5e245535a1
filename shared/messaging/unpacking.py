"""Unpacks fetched batches within a bound, before aiokafka decodes them: it unpacks any batch to any size.

A batch is handed on without compression. Where that cannot be, a batch with one record stands for it, at its
last offset: `stand_in_of` tells such a record from any that was written to the broker.
"""

import struct
from collections.abc import Callable
from secrets import token_hex
from typing import NamedTuple

import cramjam
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from aiokafka.structs import ConsumerRecord

from shared.messaging.sizes import LARGEST_UNPACKED

_HEAD = struct.Struct(">qiibIhiqq")
_LENGTH, _LENGTH_END, _MAGIC, _OLD_ATTRIBUTES, _CRC, _CHECKED, _HEAD_END = 8, 12, 16, 17, 17, 21, 61
"""Where the parts of a batch lie. The checksum covers all from `_CHECKED`; the records follow `_HEAD_END`."""
_CODEC, _TIME_TYPE, _TRANSACTIONAL, _CONTROL = 0x07, 0x08, 0x10, 0x20
"""The bits of a batch's attributes."""
_STAND_IN = token_hex()
"""The name of the header of a stand-in: nobody outside this process knows it."""
_XERIAL = b"\x82SNAPPY\x00"
_XERIAL_END = 16


class StandIn(NamedTuple):
    """Why a record stands for a batch, in Chinese and English."""

    zh: str
    en: str


class _Head(NamedTuple):
    """The start of a batch in Kafka's message format 2. Times are in milliseconds."""

    base_offset: int
    length: int
    leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_delta: int
    first_timestamp: int
    max_timestamp: int


def unpack(batches: bytes, room: int) -> tuple[bytes, int]:
    """The batches of one partition without compression, and how much of `room` is left, in bytes.

    Once no room is left, the next compressed batch and all after it are left out: they are fetched again.
    """
    view, position, is_changed = memoryview(batches), 0, False
    parts: list[bytes | memoryview] = []
    while position + _OLD_ATTRIBUTES < len(view):
        length: int = struct.unpack_from(">i", view, position + _LENGTH)[0]
        end = position + _LENGTH_END + length
        if not position + _OLD_ATTRIBUTES < end <= len(view):
            break  # incomplete: aiokafka sees to it
        batch = view[position:end]
        if _is_plain(batch):
            parts.append(batch)
        elif room <= 0:
            return b"".join(parts), 0
        else:
            replaced, spent = _replace(batch)
            parts.append(replaced)
            room, is_changed = room - spent, True
        position = end
    return (b"".join([*parts, view[position:]]) if is_changed else batches), room


def stand_in_of(record: ConsumerRecord) -> StandIn | None:
    """Why this record stands for a batch; None for a record that was written to the broker."""
    if record.headers and record.headers[0][0] == _STAND_IN:
        return StandIn(record.key.decode(), record.value.decode())
    return None


def _is_plain(batch: memoryview) -> bool:
    """Whether aiokafka may decode the batch as it is: or would not decode it, as control batches."""
    if batch[_MAGIC] < 2:
        return not batch[_OLD_ATTRIBUTES] & _CODEC
    if len(batch) < _HEAD_END:
        return True
    attributes = _Head._make(_HEAD.unpack_from(batch)).attributes
    return bool(attributes & _CONTROL) or not attributes & (_CODEC | _TRANSACTIONAL)


def _replace(batch: memoryview) -> tuple[bytes, int]:
    """The batch without compression, or what stands for it; and how many bytes were unpacked at most."""
    if batch[_MAGIC] < 2:  # a compressed message of an old format holds others, up to its own offset
        (offset,) = struct.unpack_from(">q", batch)
        return _stand_in(offset, _does_not_unpack(offset, offset)), 0
    head = _Head._make(_HEAD.unpack_from(batch))
    if calc_crc32c(bytes(batch[_CHECKED:])) != head.crc:
        return bytes(batch), 0  # aiokafka refuses it before it unpacks it
    first, last = head.base_offset, head.base_offset + head.last_delta
    if head.attributes & _TRANSACTIONAL:
        return _stand_in(last, _in_transaction(first, last), head), 0
    buffer = bytearray(LARGEST_UNPACKED)
    try:
        size = _CODECS[head.attributes & _CODEC](batch[_HEAD_END:], buffer)
    except (KeyError, struct.error, cramjam.DecompressionError):
        return _stand_in(last, _does_not_unpack(first, last), head), LARGEST_UNPACKED
    length = _HEAD_END - _LENGTH_END + size
    unpacked = bytearray(batch[:_HEAD_END]) + memoryview(buffer)[:size]
    _HEAD.pack_into(unpacked, 0, *head._replace(length=length, attributes=head.attributes & ~_CODEC))
    return _checked(unpacked), size


def _does_not_unpack(first: int, last: int) -> StandIn:
    return StandIn(
        f"偏移量 {first} 至 {last} 的批次无法解压到 {LARGEST_UNPACKED} 字节以内",
        f"offsets {first} to {last} do not unpack to at most {LARGEST_UNPACKED} bytes",
    )


def _in_transaction(first: int, last: int) -> StandIn:
    return StandIn(
        f"偏移量 {first} 至 {last} 的消息写在事务中：事务中的消息一律不计",
        f"offsets {first} to {last} were written in a transaction: what is written in one does not count",
    )


def _stand_in(offset: int, reason: StandIn, head: _Head | None = None) -> bytes:
    """A batch with one record at this offset, and the time of the batch with this `head`."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=LARGEST_UNPACKED,
    )
    timestamp = head.max_timestamp if head else 0
    builder.append(0, timestamp, reason.zh.encode(), reason.en.encode(), [(_STAND_IN, b"")])
    batch = bytearray(builder.build())
    attributes = head.attributes & _TIME_TYPE if head else 0
    written = _Head._make(_HEAD.unpack_from(batch))
    _HEAD.pack_into(batch, 0, *written._replace(base_offset=offset, attributes=attributes))
    return _checked(batch)


def _checked(batch: bytearray) -> bytes:
    """The batch with its checksum."""
    struct.pack_into(">I", batch, _CRC, calc_crc32c(bytes(batch[_CHECKED:])))
    return bytes(batch)


def _unpack_snappy(packed: memoryview, buffer: bytearray) -> int:
    """As one block, or as blocks that each follow their length, as Java's producers write them."""
    if bytes(packed[: len(_XERIAL)]) != _XERIAL:
        return int(cramjam.snappy.decompress_raw_into(packed, buffer))
    room, size, position = memoryview(buffer), 0, _XERIAL_END
    while position < len(packed):
        (length,) = struct.unpack_from(">I", packed, position)
        block = packed[position + 4 : position + 4 + length]
        size += int(cramjam.snappy.decompress_raw_into(block, room[size:]))
        position += 4 + length
    return size


_CODECS: dict[int, Callable[[memoryview, bytearray], int]] = {
    1: cramjam.gzip.decompress_into,
    2: _unpack_snappy,
    3: cramjam.lz4.decompress_into,
    4: cramjam.zstd.decompress_into,
}
"""By number: unpacks into a buffer and returns how many bytes. Raises where the buffer is too small."""
