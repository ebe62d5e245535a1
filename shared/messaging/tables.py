"""The tables that every service has for messages, and for requests that come twice."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from shared.audit import links, reads
from shared.encryption import tables as encryption
from shared.messaging import authors


def add_backbone(metadata: sa.MetaData) -> None:
    """Declare outbox, chain, keys, authors, reads, inbox, watermarks, relay state, idempotency, parked."""
    time = sa.DateTime(timezone=True)
    sa.Table(
        "outbox",
        metadata,
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("event_id", pg.UUID, nullable=False, unique=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("occurred_at", time, nullable=False),
        sa.Column("traceparent", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("sent_at", time),
        sa.Column(
            "salt", pg.UUID, server_default=sa.func.gen_random_uuid(), comment="of what its link commits to"
        ),
        sa.Index("outbox_unsent", "seq", postgresql_where=sa.text("sent_at is null")),
        sa.Index("outbox_key", "key"),
    )
    links.add_tables(metadata)
    encryption.add_tables(metadata)
    authors.add_table(metadata)
    reads.add_table(metadata)
    sa.Table(
        "inbox",
        metadata,
        sa.Column("event_id", pg.UUID, primary_key=True),
        sa.Column("received_at", time, nullable=False, server_default=sa.func.now()),
    )
    sa.Table(
        "heard",
        metadata,
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("watermark", time),
    )
    sa.Table(
        "relay",
        metadata,
        sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.text("true")),
        sa.Column("cluster", sa.Text),
        sa.Column("offsets", pg.JSONB, nullable=False, server_default="{}"),
        sa.Column("hold_at", time),
        sa.Column("hold_until", time),
    )
    sa.Table(
        "idempotency",
        metadata,
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", time, nullable=False, server_default=sa.func.now()),
        sa.Index("idempotency_age", "created_at"),
    )
    sa.Table(
        "parked",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("headers", pg.JSONB, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("parked_at", time, nullable=False, server_default=sa.func.now()),
        sa.Column("redriven_at", time),
        sa.UniqueConstraint("topic", "partition", "offset", "cluster"),
    )
