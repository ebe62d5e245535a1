"""Record batches as bytes, as a broker may hold them and no client library of ours would send them."""

import asyncio
import gzip
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import cramjam
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from aiokafka.record.util import calc_crc32c, encode_varint

from shared.service.settings import KafkaSettings

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
APPENDED, TRANSACTIONAL, CONTROL = 0x08, 0x10, 0x20
XERIAL = b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"
"""What begins a content that Java's producers pack by snappy."""
BLOCK = 32_768
CHECKSUM_AT, CHECKED_FROM, CODEC_AT, PRODUCER_AT, RECORDS_AT = 17, 21, 22, 43, 61
HUNG_UP = -99
"""Stands for the error code of a broker that hangs up instead of answering."""
_ZEROS = bytes(1_000_000)


def _xerial(content: bytes) -> bytes:
    blocks = [content[at : at + BLOCK] for at in range(0, len(content), BLOCK)]
    packed = [bytes(cramjam.snappy.compress_raw(block)) for block in blocks]
    return XERIAL + b"".join(len(block).to_bytes(4, "big") + block for block in packed)


def _in_two(pack: Callable[[bytes], Any]) -> Callable[[bytes], bytes]:
    return lambda content: bytes(pack(content[:9])) + bytes(pack(content[9:]))


PACK: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "gzip": (GZIP, gzip.compress),
    "gzip in two members": (GZIP, _in_two(gzip.compress)),
    "snappy": (SNAPPY, lambda content: bytes(cramjam.snappy.compress_raw(content))),
    "snappy of Java": (SNAPPY, _xerial),
    "lz4": (LZ4, lambda content: bytes(cramjam.lz4.compress(content))),
    "zstd": (ZSTD, lambda content: bytes(cramjam.zstd.compress(content))),
    "zstd in two frames": (ZSTD, _in_two(cramjam.zstd.compress)),
}
"""By name: the number of the codec, and what packs the records of a batch."""


def batch(
    offset: int, *values: bytes, codec: int = NONE, flags: int = 0, packed: bytes | None = None
) -> bytes:
    """A batch of these values from this offset on; its records are `packed` by the codec."""
    built = _built((b"k", value, [("h", b"v")]) for value in values)
    if packed is not None:
        built[RECORDS_AT:] = packed
    struct.pack_into(">qi", built, 0, offset, len(built) - 12)
    built[CODEC_AT] |= codec | flags
    return checked(built)


def headed_batch(*names: bytes, codec: int = NONE, flags: int = 0) -> bytes:
    """A batch of records without a key, each with one header of this name, which need not be text."""
    built = _built((None, b"{}", [("#" * len(name), b"")]) for name in names)
    for name in names:
        built[:] = built.replace(b"#" * len(name), name, 1)
    built[CODEC_AT] |= codec | flags
    return checked(built)


def _built(records: Iterable[tuple[bytes | None, bytes, list[tuple[str, bytes]]]]) -> bytearray:
    """The batch of records: of each its key, value and headers."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=2**31 - 1,
    )
    for number, (key, value, headers) in enumerate(records):
        builder.append(number, timestamp=1_000, key=key, value=value, headers=headers)
    return bytearray(builder.build())


def checked(built: bytearray) -> bytes:
    """The batch with the checksum of what it says now."""
    struct.pack_into(">I", built, CHECKSUM_AT, calc_crc32c(bytes(built[CHECKED_FROM:])))
    return bytes(built)


def legacy_batch(magic: int) -> bytes:
    """Two records in a message format of before Kafka 0.11."""
    builder = LegacyRecordBatchBuilder(magic=magic, compression_type=0, batch_size=10_000)
    for offset in range(2):
        builder.append(offset, timestamp=1_700_000_000_000, key=b"k", value=b"{}")
    return bytes(builder.build())


def packed_batch(offset: int, *values: bytes, by: str, flags: int = 0) -> bytes:
    """A batch of these values from this offset on, packed."""
    codec, pack = PACK[by]
    return batch(offset, *values, codec=codec, flags=flags, packed=pack(batch(0, *values)[RECORDS_AT:]))


def bomb(by: str, megabytes: int) -> bytes:
    """A batch with one record whose value is so many megabytes of zeros; it is packed piece by piece."""
    start, size = bytearray(), bytearray()
    for number in (0, 0, 0, -1, megabytes * len(_ZEROS)):  # attributes, time, offset, no key, length of value
        encode_varint(number, start.append)
    encode_varint(len(start) + megabytes * len(_ZEROS) + 1, size.append)
    parts = (bytes(size + start), *(_ZEROS for _ in range(megabytes)), b"\x00")
    return batch(0, b"", codec=PACK[by][0], packed=b"".join(_packed(by, parts)))


def _packed(by: str, parts: tuple[bytes, ...]) -> Iterator[bytes]:
    if by == "gzip":
        packer = zlib.compressobj(9, wbits=31)
        yield from map(packer.compress, parts)
        yield packer.flush()
        return
    stream = cramjam.zstd.Compressor() if by == "zstd" else cramjam.lz4.Compressor(block_linked=False)
    for part in parts:
        stream.compress(part)
        yield bytes(stream.flush())
    yield bytes(stream.finish())


async def put(kafka: KafkaSettings, topic: str, *batches: bytes, transaction: str | None = None) -> list[int]:
    """Put batches on the first partition of a topic as they are; returns the broker's error codes.

    The code is 0 where it took one, and `HUNG_UP` where it hung up instead of answering. The topic is waited
    for: the embedded broker acknowledges and loses what is sent to one that is not made yet.
    """
    codes = []
    for content in batches:
        client = AIOKafkaClient(**kafka.client())
        await client.bootstrap()
        try:
            async with asyncio.timeout(60):
                while not client.cluster.partitions_for_topic(topic):
                    await client.set_topics([topic])
                    await client.force_metadata_update()
            request = ProduceRequest(transaction, -1, 30_000, [(topic, [(0, content)])])
            answer = await client.send(client.get_random_node(), request)
            codes.append(answer.topics[0][1][0][1])
        except KafkaError:
            codes.append(HUNG_UP)
        finally:
            await client.close()
    return codes


class BatchHead(NamedTuple):
    """What the head of a batch says: the number of its codec, and whether its producer was idempotent."""

    codec: int
    idempotent: bool


async def heads(kafka: KafkaSettings, topic: str, partitions: int) -> set[BatchHead]:
    """The heads of all batches on a topic, as the broker hands them out."""
    client = AIOKafkaClient(**kafka.client())
    await client.bootstrap()
    try:
        places = [(partition, 0, 1_000_000) for partition in range(partitions)]
        request = FetchRequest(10, 0, 10_000_000, 0, [(topic, places)])
        answer = await client.send(client.get_random_node(), request)
    finally:
        await client.close()
    return {head for _, parts in answer.topics for part in parts for head in _heads(part[-1] or b"")}


def _heads(content: bytes) -> Iterator[BatchHead]:
    while content:
        (producer,) = struct.unpack_from(">q", content, PRODUCER_AT)
        yield BatchHead(content[CODEC_AT] & 0x07, producer >= 0)
        content = content[12 + int.from_bytes(content[8:12], "big") :]
