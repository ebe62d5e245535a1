"""Calendars as they became known, publications, cases that cannot be judged, versions of leaders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded", sa.Boolean(), nullable=False, comment="by people, not with a release"),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "publications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("publication_id", sa.UUID(), nullable=False),
        sa.Column("appeal_id", sa.UUID(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("published", sa.Boolean(), nullable=True, comment="null: under review"),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("file", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("publication_id"),
    )
    op.add_column("cases", sa.Column("stuck", sa.Text(), nullable=True, comment="why it cannot be judged"))
    op.create_index(
        "cases_stuck", "cases", ["appeal_id"], unique=False, postgresql_where=sa.text("stuck is not null")
    )
    op.add_column(
        "history",
        sa.Column(
            "late",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="came when its moment had been judged",
        ),
    )
    op.add_column("leaders", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
