"""Notify's tables: one document a case, the messages, where they go, and what came of sending them."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from shared.db import add_backbone

metadata = sa.MetaData()
add_backbone(metadata)

sa.Table(
    "appeals",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    sa.Column("registration_number", sa.Text, nullable=False, unique=True),
    sa.Column("file", pg.JSONB, nullable=False),
)
sa.Table(
    "messages",
    metadata,
    sa.Column("id", pg.UUID, primary_key=True, comment="of the event and the recipient"),
    sa.Column("appeal_id", pg.UUID, nullable=False),
    sa.Column("registration_number", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("read_at", sa.DateTime(timezone=True)),
    sa.Column("traceparent", sa.Text, nullable=False),
    sa.Index("messages_inbox", "recipient", "created_at", "occurred_at", "id"),
    sa.Index(
        "messages_unread",
        "recipient",
        "created_at",
        "occurred_at",
        "id",
        postgresql_where=sa.text("read_at is null"),
    ),
    sa.Index("messages_appeal", "appeal_id", "created_at", "occurred_at", "id"),
)
sa.Table(
    "contacts",
    metadata,
    sa.Column("recipient", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("secret", sa.Text, comment="signs what goes to a webhook or robot"),
    sa.Column("urgent_only", sa.Boolean, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
)
sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", pg.UUID, primary_key=True, comment="of the message, the channel and the address"),
    sa.Column("message_id", pg.UUID, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column(
        "next_at", sa.DateTime(timezone=True), nullable=False, comment="of a sending one: end of its lease"
    ),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("parcel", pg.UUID, comment="the call it went out with"),
    sa.Column("provider_id", sa.Text),
    sa.Column("outcome", sa.Text),
    sa.Column("code", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index(
        "deliveries_due",
        sa.text("urgent desc"),
        "next_at",
        postgresql_where=sa.text("state in ('waiting', 'sending')"),
    ),
    sa.Index("deliveries_parcel", "parcel", postgresql_where=sa.text("state in ('waiting', 'sending')")),
    sa.Index("deliveries_message", "message_id"),
    sa.Index("deliveries_address", "channel", "address", "changed_at"),
    sa.Index("deliveries_provider", "channel", "provider_id"),
    sa.Index("deliveries_failed", "changed_at", "id", postgresql_where=sa.text("state = 'failed'")),
)
sa.Table(
    "attempts",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("delivery_id", pg.UUID, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("code", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("provider_id", sa.Text),
    sa.Column("segments", sa.Integer),
    sa.Index("attempts_delivery", "delivery_id", "id"),
)
