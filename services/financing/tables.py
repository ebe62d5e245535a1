"""Financing's tables: one document a case, its history, bank legs, reports, the directory of banks."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.financing.banks.tables import add_bank_tables
from shared.judging import calendars
from shared.judging.cases import Cases, history
from shared.messaging.tables import add_backbone

CASES = Cases("financing", key="case_id", number="number")
metadata = sa.MetaData()
add_backbone(metadata)
add_bank_tables(metadata)
TIME = sa.DateTime(timezone=True)

sa.Table(
    "cases",
    metadata,
    sa.Column("case_id", pg.UUID, primary_key=True),
    sa.Column("what", sa.Text, nullable=False, comment="loan or complaint"),
    sa.Column("number", sa.Text, nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("source_id", sa.Text),
    sa.Column("credit_code", sa.Text),
    sa.Column("banks", pg.ARRAY(sa.Text), nullable=False, comment="whose legs it has, or whom it is about"),
    sa.Column("file", pg.JSONB, nullable=False),
    *CASES.columns(),
    sa.Index("cases_listed", "what", "state", "number"),
    sa.Index("cases_credit_code", "credit_code", "number"),
)
history(metadata, "case_id")
calendars.add_table(metadata)
sa.Table(
    "enterprises",
    metadata,
    sa.Column("credit_code", sa.Text, primary_key=True),
    sa.Column("profile", pg.JSONB, nullable=False),
    sa.Column("first_seen_at", TIME, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
)
sa.Table(
    "legs",
    metadata,
    sa.Column("leg", sa.Text, primary_key=True),
    sa.Column("case_id", pg.UUID, nullable=False),
    sa.Column("bank", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False, comment="its place in the request"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("pushed_at", TIME, nullable=False),
    sa.Column("overdue", sa.Boolean, nullable=False, comment="a deadline passed and was not met since"),
    sa.Column("deadlines", pg.JSONB, nullable=False),
    sa.Index("legs_bank", "bank", "leg"),
    sa.Index("legs_states", "bank", "state"),
    sa.Index("legs_overdue", "leg", postgresql_where=sa.text("overdue")),
)
sa.Table(
    "reports",
    metadata,
    sa.Column("bank", sa.Text, primary_key=True),
    sa.Column("report_id", sa.Text, primary_key=True),
    sa.Column("leg", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("source_id", sa.Text, comment="where it came from: a topic's place, a request"),
    sa.Column("reported_at", TIME, nullable=False),
    sa.Column("receipt", pg.JSONB, nullable=False),
    sa.Index("reports_last", "bank", "reported_at"),
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
    sa.Column("occurred_at", TIME, nullable=False),
    sa.Column("traceparent", sa.Text),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("sent_at", TIME, comment="when it began to leave"),
    sa.Column("dropped_at", TIME, comment="the request was withdrawn before it left"),
    sa.Index(
        "bank_messages_unsent",
        "bank",
        "seq",
        postgresql_where=sa.text("sent_at is null and dropped_at is null"),
    ),
    sa.Index("bank_messages_leg", "leg"),
)
sa.Table(
    "numbers",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),
)
