"""Proofs by a code sent to a registered contact, what callers have used of their allowances, and contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "proofs",
        sa.Column("proof_id", sa.UUID(), primary_key=True),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("appeals", sa.ARRAY(sa.UUID()), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("expires_at", time, nullable=False),
    )
    op.create_table(
        "allowances",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("began_at", time, primary_key=True),
        sa.Column("used", sa.Integer(), nullable=False),
    )
    for part in ("phone", "email"):
        op.create_index(
            f"appeals_{part}",
            "appeals",
            [sa.text(f"((file -> 'enterprise') ->> '{part}')")],
            postgresql_where=sa.text(f"((file -> 'enterprise') ->> '{part}') is not null"),
        )
