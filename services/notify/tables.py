"""Notify's tables: cases, messages, contacts and languages, deliveries and attempts, acknowledgements."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from shared.directory import copies
from shared.messaging.tables import add_backbone

metadata = sa.MetaData()
add_backbone(metadata)
copies.add_table(metadata)

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
    sa.Column("acknowledgement", pg.UUID, comment="that it asks for; its first message's id"),
    sa.Column("language", sa.Text, nullable=False, server_default="zh-CN"),
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
    sa.Column("changed_by", sa.Text, nullable=False, comment="an account, or the service that was asked"),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("gone_at", sa.DateTime(timezone=True), comment="the address said that it is no more"),
    sa.Column("forget_at", sa.DateTime(timezone=True), comment="of one that a service told"),
    sa.Column("address_index", sa.Text, comment="blind index of the address"),
    sa.Index("contacts_index", "channel", "address_index"),
    sa.Index("contacts_forget", "forget_at", postgresql_where=sa.text("forget_at is not null")),
)
sa.Table(
    "preferences",
    metadata,
    sa.Column("recipient", sa.Text, primary_key=True),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
)
sa.Table(
    "inquiries",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True, comment="whose enterprise is asked for"),
    sa.Column("next_at", sa.DateTime(timezone=True), comment="when to ask; null once it was answered"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reason", sa.Text),
    sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("inquiries_due", "next_at", postgresql_where=sa.text("next_at is not null")),
)
sa.Table(
    "acknowledgements",
    metadata,
    sa.Column("id", pg.UUID, primary_key=True, comment="of the first message that asks for it"),
    sa.Column("appeal_id", pg.UUID, nullable=False),
    sa.Column("card_id", pg.UUID),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False, comment="who was asked last"),
    sa.Column("message_id", pg.UUID, nullable=False, comment="the last message that asks"),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("due_at", sa.DateTime(timezone=True), comment="when it climbs; null where it does not"),
    sa.Column("level", sa.Integer, nullable=False, server_default="0", comment="how often it climbed"),
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
    sa.Column("ended_by", sa.Text, comment="an account, or the event that ended it"),
    sa.Column("traceparent", sa.Text, nullable=False),
    sa.Index("acknowledgements_due", "due_at", postgresql_where=sa.text("due_at is not null")),
    sa.Index("acknowledgements_appeal", "appeal_id", "asked_at"),
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
    sa.Column("due_at", sa.DateTime(timezone=True), comment="in quiet hours it leaves only if this is near"),
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
    sa.Column("poll_at", sa.DateTime(timezone=True), comment="when to ask what became of it"),
    sa.Column("polls", sa.Integer, nullable=False, server_default="0"),
    sa.Column("address_index", sa.Text, comment="blind index of the address"),
    sa.Index(
        "deliveries_due",
        sa.text("urgent desc"),
        "next_at",
        postgresql_where=sa.text("state in ('waiting', 'sending')"),
    ),
    sa.Index("deliveries_parcel", "parcel", postgresql_where=sa.text("state in ('waiting', 'sending')")),
    sa.Index("deliveries_poll", "poll_at", postgresql_where=sa.text("poll_at is not null")),
    sa.Index("deliveries_message", "message_id"),
    sa.Index("deliveries_index", "channel", "address_index", "changed_at"),
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
