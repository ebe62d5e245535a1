"""The tables of the banks: directory, reports that were accepted and others, and messages to them."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg


def add_tables(metadata: sa.MetaData) -> None:
    """Add them to the tables of the service."""
    time = sa.DateTime(timezone=True)
    sa.Table(
        "reports",
        metadata,
        sa.Column("bank", sa.Text, primary_key=True),
        sa.Column("report_id", sa.Text, primary_key=True),
        sa.Column("leg", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, comment="where it came from: a topic's place, a request"),
        sa.Column("reported_at", time, nullable=False),
        sa.Column("receipt", pg.JSONB, nullable=False),
        sa.Index("reports_last", "bank", "reported_at"),
    )
    sa.Table(
        "unrecorded_reports",
        metadata,
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("bank", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, comment="where it came from: a topic's place, a request"),
        sa.Column("reported_at", time, nullable=False),
        sa.Column("receipt", pg.JSONB, nullable=False),
        sa.Column("size", sa.Integer, nullable=False, comment="bytes of the report as it was sent"),
        sa.Column("headers", pg.JSONB),
        sa.Column("raw", sa.LargeBinary, comment="its first bytes, of the latest refused ones"),
        sa.Index("unrecorded_reports_day", "bank", "reported_at"),
        sa.Index("unrecorded_reports_raw", "bank", "seq", postgresql_where=sa.text("raw is not null")),
    )
    sa.Table(
        "banks",
        metadata,
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("bank", pg.JSONB, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
    )
    sa.Table(
        "bank_messages",
        metadata,
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("bank", sa.Text, nullable=False),
        sa.Column("message_id", pg.UUID, nullable=False, unique=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("leg", sa.Text, nullable=False),
        sa.Column("occurred_at", time, nullable=False),
        sa.Column("traceparent", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("sent_at", time, comment="when it began to leave"),
        sa.Column("dropped_at", time, comment="the request was withdrawn before it left"),
        sa.Column("place", sa.BigInteger, comment="among those that the bank read one after the other"),
        sa.Index(
            "bank_messages_unsent",
            "bank",
            "seq",
            postgresql_where=sa.text("sent_at is null and dropped_at is null"),
        ),
        sa.Index("bank_messages_leg", "leg"),
        sa.Index("bank_messages_sent", "bank", "sent_at", postgresql_where=sa.text("sent_at is not null")),
        sa.Index("bank_messages_placed", "bank", "place", postgresql_where=sa.text("place is not null")),
        sa.Index(
            "bank_messages_to_place",
            "bank",
            "seq",
            postgresql_where=sa.text("place is null and dropped_at is null"),
        ),
    )
