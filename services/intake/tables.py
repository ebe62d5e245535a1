"""The tables of intake: one document an appeal, its hashes, counters, units, proofs and allowances."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from shared.directory import copies
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
    sa.Index("appeals_received", "received_at"),
)
sa.Table(
    "search_keys",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("key_version", sa.Text, nullable=False, comment="of the key that made the hashes"),
    sa.Column("words", pg.ARRAY(sa.BigInteger), nullable=False, comment="of title and text"),
    sa.Column("tails", pg.ARRAY(sa.BigInteger), nullable=False, comment="ends of phones"),
    sa.Column("wholes", pg.ARRAY(sa.BigInteger), nullable=False, comment="of the enterprise, of the content"),
    sa.Index("search_keys_words", "words", postgresql_using="gin"),
    sa.Index("search_keys_tails", "tails", postgresql_using="gin"),
    sa.Index("search_keys_wholes", "wholes", postgresql_using="gin"),
)
sa.Table(
    "numbers",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),
)
sa.Table(
    "units",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("directory_size", sa.Integer, comment="units there were when it was said"),
    sa.Column("leader", sa.Text, comment="the post in charge"),
)
copies.add_table(metadata)
sa.Table(
    "proofs",
    metadata,
    sa.Column("proof_id", pg.UUID, primary_key=True),
    sa.Column("code_hash", sa.Text, nullable=False),
    sa.Column("appeals", pg.ARRAY(pg.UUID), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
)
sa.Table(
    "allowances",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("began_at", sa.DateTime(timezone=True), primary_key=True),
    sa.Column("used", sa.Integer, nullable=False),
    sa.Index("allowances_began", "began_at"),
)
