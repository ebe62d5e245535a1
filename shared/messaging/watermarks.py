"""The watermarks that a service has heard of each partition, as its database keeps them."""

from collections.abc import Mapping, Sequence

from shared.database.connection import Connection
from shared.database.rows import insert
from shared.messaging.records import ReceivedRecord
from shared.messaging.wire import Watermark

Partition = tuple[str, int]
"""A topic and the number of one of its partitions."""

_SAVE = insert(
    "heard",
    {"topic": "text", "partition": "int", "cluster": "text", "watermark": "timestamptz"},
    then="""
    on conflict (topic, partition) do update
    set cluster = excluded.cluster, watermark = greatest(heard.watermark, excluded.watermark)
    """,
)


def newest_watermarks(records: Sequence[ReceivedRecord]) -> dict[Partition, Watermark]:
    """The newest watermark of each partition.

    Watermarks that are parked do not count, nor those that stand before what they claim to follow.
    """
    newest: dict[Partition, Watermark] = {}
    for record in records:
        watermark = record.watermark
        if watermark is not None and record.reason is None and record.raw.offset >= watermark.after:
            newest[record.raw.topic, record.raw.partition] = watermark
    return newest


async def save_watermarks(conn: Connection, cluster: str, newest: Mapping[Partition, Watermark]) -> None:
    """Keep up to when each partition has been read completely, on the broker with this cluster id.

    A watermark never goes back. Rows are written in the order of their keys: two writers cannot deadlock.
    """
    if newest:
        rows = [(*partition, cluster, watermark.upto) for partition, watermark in sorted(newest.items())]
        await _SAVE.execute(conn, rows)
