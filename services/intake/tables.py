"""The tables of intake: one document an appeal, its index, and a counter of registration numbers a day."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from shared.messaging.tables import add_backbone

metadata = sa.MetaData()
add_backbone(metadata)

sa.Table(
    "appeals",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    sa.Column("registration_number", sa.Text, nullable=False, unique=True),
    sa.Column("source_id", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("units", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("file", pg.JSONB, nullable=False),
    sa.Column("lead", pg.UUID),
    sa.Index("appeals_lead", "lead", "registration_number", postgresql_where=sa.text("lead is not null")),
    sa.Index("appeals_units", "units", postgresql_using="gin"),
    sa.Index("appeals_state", "state", "registration_number"),
    sa.Index(
        "appeals_open",
        "received_at",
        postgresql_where=sa.text("state not in ('closed', 'withdrawn', 'referred', 'approved')"),
    ),
)
sa.Table(
    "finding",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("key_id", sa.BigInteger, nullable=False, comment="of the key that the hashes are made with"),
    sa.Column("words", pg.ARRAY(sa.BigInteger), nullable=False, comment="hashes of bigrams"),
    sa.Column("tails", pg.ARRAY(sa.BigInteger), nullable=False, comment="hashes of the ends of phones"),
    sa.Index("finding_words", "words", postgresql_using="gin"),
    sa.Index("finding_tails", "tails", postgresql_using="gin"),
    sa.Index("finding_received", "received_at"),
)
sa.Table(
    "numbers",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),
)
