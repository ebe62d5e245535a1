"""Record batches of each odd kind, for a broker that may take them."""

from collections.abc import Iterator

from tests.batches import CHECKED_FROM, CHECKSUM_AT, RECORDS_AT, checked, headed_batch, legacy_batch
from tests.hostile.drawing import Drawn

_LAST_DELTA, _COUNT = slice(23, 27), slice(57, 61)


def odd_batches(drawn: Drawn, *, counted: bool) -> Iterator[bytes]:
    """One batch of each odd kind; empty and miscounted ones only for a broker that has `counted` records.

    The embedded broker believes what such a batch says: it serves that partition no more.
    """
    yield headed_batch(drawn.choice((b"\xff\xfe", b"\x80x", b"\xc3", b"\xed\xa0\x80")))
    yield headed_batch(b"x-env", b"\xff", b"x-env")
    for codec in (1, 2, 3, 4, 5, 7):  # the bytes are not packed, or no codec has the number
        yield headed_batch(b"x-env", codec=codec)
    wrong_sum = bytearray(headed_batch(b"x-env"))
    wrong_sum[CHECKSUM_AT:CHECKED_FROM] = bytes(4)
    yield bytes(wrong_sum)
    for flag in (0x10, 0x20, 0x40):  # transactional, control, delete horizon
        yield headed_batch(b"x-env", flags=flag)
    miscounted = ((_COUNT, 0), (_LAST_DELTA, -1)) if counted else ()
    for place, value in ((_COUNT, 1_000), (_LAST_DELTA, 500), *miscounted):
        wrong = bytearray(headed_batch(b"x-env"))
        wrong[place] = value.to_bytes(4, "big", signed=True)
        yield checked(wrong)
    if counted:
        empty = bytearray(headed_batch(b"x-env")[:RECORDS_AT])
        empty[8:12] = (49).to_bytes(4, "big")
        empty[_COUNT] = bytes(4)
        yield checked(empty)
    for _ in range(4):
        flipped = bytearray(headed_batch(b"x-env", b"y-env"))
        flipped[drawn.randrange(RECORDS_AT, len(flipped))] ^= 1 << drawn.randrange(8)
        yield checked(flipped)
    yield from (legacy_batch(0), legacy_batch(1))
    yield drawn.randbytes(drawn.randint(1, 200))
    yield headed_batch(b"x-env")[:-3]
