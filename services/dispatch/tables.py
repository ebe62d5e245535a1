"""The tables of dispatch: one document an appeal, every act as evidence, the directory of units."""

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
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("units", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("file", pg.JSONB, nullable=False),
    sa.Column("study_next_at", sa.DateTime(timezone=True)),
    sa.Index("appeals_units", "units", postgresql_using="gin"),
    sa.Index(
        "appeals_study_next",
        "study_next_at",
        postgresql_where=sa.text("study_next_at is not null"),
    ),
    sa.Index("appeals_state", "state", "registration_number"),
    sa.Index(
        "appeals_against_word",
        "registration_number",
        postgresql_where=sa.text("jsonb_path_exists(file, '$.closures[*].against_word ? (@ == true)')"),
    ),
)
sa.Table(
    "acts",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("appeal_id", pg.UUID, nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("act", pg.JSONB, nullable=False),
    sa.Index("acts_appeal", "appeal_id", "id"),
)
sa.Table(
    "units",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("parent", sa.Text, sa.ForeignKey("units.code")),
    sa.Column("unit", pg.JSONB, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("said", sa.Boolean, nullable=False, server_default=sa.text("false"), comment="in an event"),
)
copies.add_table(metadata)
sa.Table(
    "followers",
    metadata,
    sa.Column("lead", pg.UUID, primary_key=True),
    sa.Column("follower", pg.UUID, primary_key=True),
)
sa.Table(
    "answer_templates",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True, comment="a unit; empty for the city"),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("template", pg.JSONB, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
)
sa.Table(
    "judged",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    sa.Column("deadlines", pg.JSONB, nullable=False),
)
