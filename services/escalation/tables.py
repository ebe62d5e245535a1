"""Escalation's tables."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from shared.directory import copies
from shared.judging import calendars
from shared.judging.cases import Cases, history
from shared.messaging.tables import add_backbone

CASES = Cases("escalation", key="appeal_id", number="registration_number")
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
    *CASES.columns(),
    sa.Index("cases_supervised", "registration_number", postgresql_where=sa.text("supervised")),
    sa.Index("cases_units", "units", postgresql_using="gin"),
)
history(
    metadata,
    "appeal_id",
    sa.Column(
        "late",
        sa.Boolean,
        nullable=False,
        server_default=sa.text("false"),
        comment="came when its moment had been judged",
    ),
)
sa.Table(
    "leaders",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
    *copies.columns(nullable=True),
    sa.Column("said", sa.Boolean, nullable=False, server_default=sa.text("false"), comment="in an event"),
)
sa.Table(
    "units",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("leader", sa.Text, comment="the post in charge"),
)
calendars.add_table(metadata)
sa.Table(
    "reasons",
    metadata,
    sa.Column("event_id", pg.UUID, primary_key=True),
    sa.Column("appeal_id", pg.UUID, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("card_id", pg.UUID),
    sa.Column("reason", sa.Text, nullable=False, comment="encrypted"),
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
    sa.Index("reasons_appeal", "appeal_id", "occurred_at"),
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
