"""Gauges that are read from the database of every service."""

from sqlalchemy import text

from shared.telemetry.metrics import Gauge, GaugeQuery

SLOWLY_S = 60.0
OUTBOX_COUNTED = 100_000

_MOST_BY_ONE = """
    select coalesce(max(made), 0) as value from (
      select count(*) as made from reads
      where {outcome} and at > cast(:now as timestamptz) - interval '1 hour'
        and coalesce(purpose, '') <> all(array['message', 'own_leg'])
      group by account
    ) as accounts
"""
"""What services and programs of others read by themselves is left out, however much it is."""

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
        Gauge(
            "huying_reads_by_one_account",
            "Reads of personal data within an hour by the person's account that made most of them",
        ),
        text(_MOST_BY_ONE.format(outcome="kinds <> '{}'")),
        SLOWLY_S,
    ),
    GaugeQuery(
        Gauge(
            "huying_refusals_of_one_account",
            "Cases refused within an hour to the person's account that was refused most of them",
        ),
        text(_MOST_BY_ONE.format(outcome="kinds = '{}'")),
        SLOWLY_S,
    ),
    GaugeQuery(
        Gauge("huying_database_bytes", "Size of the service's database"),
        text("select pg_database_size(current_database()) as value"),
        SLOWLY_S,
    ),
)
