"""How large a record may be: what relays send and what topics take, in one place."""

LARGEST_RECORD = 1_000_000
"""Bytes of key and body; the rest of a request is for headers and framing. A larger row is laid aside."""
LARGEST_REQUEST = 1_048_576
"""The producer's `max_request_size`: a record and its framing."""
LARGEST_BATCH = 1_048_588
"""`max.message.bytes` of a topic that a service creates. As Kafka's default: older topics take as much."""
LARGEST_UNPACKED = 8 * LARGEST_BATCH
"""Bytes that a fetched batch unpacks to. Unless told else, producers compress batches of 1 MB at most."""
