"""Escalation's tables."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from shared.db import add_backbone

metadata = sa.MetaData()
add_backbone(metadata)

sa.Table(
    "cases",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    sa.Column("registration_number", sa.Text, nullable=False, unique=True),
    sa.Column("hash", sa.BigInteger, nullable=False, comment="of the key; modulo partitions: the partition"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("supervised", sa.Boolean, nullable=False),
    sa.Column("units", pg.ARRAY(sa.Text), nullable=False, comment="with a card or an overdue deadline"),
    sa.Column("leader", sa.Text, comment="to whom it was lifted"),
    sa.Column("file", pg.JSONB, nullable=False),
    sa.Column("next_due_at", sa.DateTime(timezone=True)),
    sa.Column("unjudged_from", sa.DateTime(timezone=True), comment="when its oldest unjudged act occurred"),
    sa.Column("stuck", sa.Text, comment="why it cannot be judged"),
    sa.Index("cases_due", "next_due_at", postgresql_where=sa.text("next_due_at is not null")),
    sa.Index("cases_unjudged", "unjudged_from", postgresql_where=sa.text("unjudged_from is not null")),
    sa.Index("cases_stuck", "appeal_id", postgresql_where=sa.text("stuck is not null")),
    sa.Index("cases_supervised", "registration_number", postgresql_where=sa.text("supervised")),
    sa.Index("cases_units", "units", postgresql_using="gin"),
)
sa.Table(
    "history",
    metadata,
    sa.Column("event_id", pg.UUID, primary_key=True),
    sa.Column("appeal_id", pg.UUID, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column(
        "late",
        sa.Boolean,
        nullable=False,
        server_default=sa.text("false"),
        comment="came when its moment had been judged",
    ),
    sa.Index("history_appeal", "appeal_id"),
)
sa.Table(
    "leaders",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
)
sa.Table(
    "calendars",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
    sa.Column("loaded", sa.Boolean, nullable=False, comment="by people, not with a release"),
    sa.Column("data", pg.JSONB, nullable=False),
)
sa.Table(
    "publications",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("publication_id", pg.UUID, nullable=False, unique=True),
    sa.Column("appeal_id", pg.UUID, nullable=False),
    sa.Column("unit", sa.Text),
    sa.Column("published", sa.Boolean, comment="null: under review"),
    sa.Column("expires_on", sa.Date),
    sa.Column("file", pg.JSONB, nullable=False),
)
