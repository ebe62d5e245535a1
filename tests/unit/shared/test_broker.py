"""The hash by which a key has its partition is Apache Kafka's own."""

import pytest

from shared.messaging.broker import key_hash

JAVA = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
}
"""`Utils.murmur2` of Apache Kafka, from its `UtilsTest`."""


@pytest.mark.parametrize(("key", "hashed"), JAVA.items())
def test_a_key_is_hashed_as_by_apache_kafka(key: str, hashed: int) -> None:
    assert key_hash(key) == hashed & 0x7FFF_FFFF
