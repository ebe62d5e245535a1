"""Record batches as bytes, as no client library of ours would send them."""

from collections.abc import Iterator

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from tests.city import City
from tests.hostile.drawing import Drawn

HUNG_UP = -99
_CRC, _ATTRIBUTES, _LAST_DELTA, _COUNT = slice(17, 21), slice(21, 23), slice(23, 27), slice(57, 61)


def batch(*names: bytes, codec: int = 0) -> bytes:
    """A batch of records without a key, each with one header of this name."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=100_000,
    )
    for offset, name in enumerate(names):
        headers = [("#" * len(name), b"")]
        builder.append(offset, timestamp=0, key=None, value=b"{}", headers=headers)
    built = bytearray(builder.build())
    for name in names:
        built[:] = built.replace(b"#" * len(name), name, 1)
    built[22] |= codec
    return checked(built)


def checked(built: bytearray) -> bytes:
    """The batch with the checksum of what it says now."""
    built[_CRC] = calc_crc32c(bytes(built[_ATTRIBUTES.start :])).to_bytes(4, "big")
    return bytes(built)


def legacy(magic: int) -> bytes:
    """Two records in a message format of before Kafka 0.11."""
    builder = LegacyRecordBatchBuilder(magic=magic, compression_type=0, batch_size=10_000)
    for offset in range(2):
        builder.append(offset, timestamp=1_700_000_000_000, key=b"k", value=b"{}")
    return bytes(builder.build())


def odd_batches(drawn: Drawn, *, counted: bool) -> Iterator[bytes]:
    """One batch of each odd kind; empty and miscounted ones only for a broker that has `counted` records.

    The embedded broker believes what such a batch says: it serves that partition no more.
    """
    yield batch(drawn.choice((b"\xff\xfe", b"\x80x", b"\xc3", b"\xed\xa0\x80")))
    yield batch(b"x-env", b"\xff", b"x-env")
    for codec in (1, 2, 3, 4, 5, 7):  # the bytes are not packed, or no codec has the number
        yield batch(b"x-env", codec=codec)
    wrong_sum = bytearray(batch(b"x-env"))
    wrong_sum[_CRC] = b"\0\0\0\0"
    yield bytes(wrong_sum)
    for flag in (0x10, 0x20, 0x40):  # transactional, control, delete horizon
        yield batch(b"x-env", codec=flag)
    miscounted = ((_COUNT, 0), (_LAST_DELTA, -1)) if counted else ()
    for place, value in ((_COUNT, 1_000), (_LAST_DELTA, 500), *miscounted):
        wrong = bytearray(batch(b"x-env"))
        wrong[place] = value.to_bytes(4, "big", signed=True)
        yield checked(wrong)
    if counted:
        empty = bytearray(batch(b"x-env")[:61])
        empty[8:12] = (49).to_bytes(4, "big")
        empty[_COUNT] = bytes(4)
        yield checked(empty)
    for _ in range(4):
        flipped = bytearray(batch(b"x-env", b"y-env"))
        flipped[drawn.randrange(61, len(flipped))] ^= 1 << drawn.randrange(8)
        yield checked(flipped)
    yield from (legacy(0), legacy(1))
    yield drawn.randbytes(drawn.randint(1, 200))
    yield batch(b"x-env")[:-3]


async def put(city: City, topic: str, *batches: bytes) -> list[int]:
    """Put batches on the first partition of a topic as they are; the broker's answers, 0 where it took one.

    Where the broker hangs up instead of answering it is `HUNG_UP`.
    """
    codes = []
    for content in batches:
        client = AIOKafkaClient(**city.broker.as_client().client())
        await client.bootstrap()
        try:
            request = ProduceRequest(None, -1, 5_000, [(topic, [(0, content)])])
            answer = await client.send(client.get_random_node(), request)
            codes.append(answer.topics[0][1][0][1])
        except KafkaError:
            codes.append(HUNG_UP)
        finally:
            await client.close()
    return codes
