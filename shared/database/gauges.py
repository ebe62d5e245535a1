"""Gauges that are read from the database of every service."""

from sqlalchemy import text

from shared.telemetry.metrics import Gauge, GaugeQuery

SLOWLY_S = 60.0
OUTBOX_COUNTED = 100_000

BACKBONE = (
    GaugeQuery(
        Gauge("huying_outbox_rows", "Events committed and not sent, counted up to 100000"),
        text(
            "select count(*) as value from"
            f" (select from outbox where sent_at is null limit {OUTBOX_COUNTED}) as unsent"
        ),
    ),
    GaugeQuery(
        Gauge("huying_outbox_age_seconds", "How long the oldest event not sent has been seen waiting"),
        text("select min(seq) as value from outbox where sent_at is null"),
        since=True,
    ),
    GaugeQuery(
        Gauge("huying_parked_messages", "Messages parked and not redriven", ("topic",)),
        text("select topic, count(*) as value from parked where redriven_at is null group by topic"),
    ),
    GaugeQuery(
        Gauge(
            "huying_watermark_age_seconds",
            "Since the newest watermark heard of a topic",
            ("topic", "partition"),
        ),
        text("select topic, partition, extract(epoch from :now - watermark) as value from heard"),
    ),
    GaugeQuery(
        Gauge(
            "huying_encryption_rows_seen",
            "Rows that renewal looked at under the present data key, of columns that are not done",
            ("column",),
        ),
        text("select name as column, seen as value from renewals where done_at is null"),
    ),
    GaugeQuery(
        Gauge("huying_database_bytes", "Size of the service's database"),
        text("select pg_database_size(current_database()) as value"),
        SLOWLY_S,
    ),
)
