"""Keyed hashes by which appeals are found, and an index of appeals by when they came in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "search_keys",
        sa.Column("appeal_id", sa.UUID(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_version", sa.Text(), nullable=False, comment="of the key that made the hashes"),
        sa.Column("words", pg.ARRAY(sa.BigInteger()), nullable=False, comment="of title and text"),
        sa.Column("tails", pg.ARRAY(sa.BigInteger()), nullable=False, comment="ends of phones"),
        sa.Column(
            "wholes", pg.ARRAY(sa.BigInteger()), nullable=False, comment="of the enterprise, of the content"
        ),
        sa.PrimaryKeyConstraint("appeal_id"),
    )
    for column in ("words", "tails", "wholes"):
        op.create_index(
            f"search_keys_{column}", "search_keys", [column], unique=False, postgresql_using="gin"
        )
    op.create_index("appeals_received", "appeals", ["received_at"], unique=False)
