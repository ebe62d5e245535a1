"""Batches of Kafka's message format 2 as a broker may hold them, packed by each codec; and bombs."""

import gzip
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import cramjam
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c, encode_varint

from shared.service.settings import KafkaSettings

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
APPENDED, TRANSACTIONAL, CONTROL = 0x08, 0x10, 0x20
XERIAL = b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"
"""What begins a content that Java's producers pack by snappy."""
BLOCK = 32_768
RECORDS_AT = 61
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
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=2**31 - 1,
    )
    for number, value in enumerate(values):
        builder.append(number, timestamp=1_000, key=b"k", value=value, headers=[("h", b"v")])
    built = bytearray(builder.build())
    if packed is not None:
        built[RECORDS_AT:] = packed
    struct.pack_into(">qi", built, 0, offset, len(built) - 12)
    built[22] |= codec | flags
    struct.pack_into(">I", built, 17, calc_crc32c(bytes(built[21:])))
    return bytes(built)


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


async def put(kafka: KafkaSettings, topic: str, *batches: bytes, transaction: str | None = None) -> int:
    """Put batches on the first partition of a topic as they are; returns the broker's last error code."""
    client, code = AIOKafkaClient(**kafka.client()), 0
    await client.bootstrap()
    try:
        for content in batches:
            request = ProduceRequest(transaction, -1, 30_000, [(topic, [(0, content)])])
            answer = await client.send(client.get_random_node(), request)
            code = answer.topics[0][1][0][1]
    finally:
        await client.close()
    return code
