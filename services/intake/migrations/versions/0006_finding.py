"""The index of texts and phones: keyed hashes, which do not say what they stand for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "finding",
        sa.Column("appeal_id", sa.UUID(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "key_id", sa.BigInteger(), nullable=False, comment="of the key that the hashes are made with"
        ),
        sa.Column("words", postgresql.ARRAY(sa.BigInteger()), nullable=False, comment="hashes of bigrams"),
        sa.Column(
            "tails", postgresql.ARRAY(sa.BigInteger()), nullable=False, comment="hashes of the ends of phones"
        ),
        sa.PrimaryKeyConstraint("appeal_id"),
    )
    op.create_index("finding_words", "finding", ["words"], postgresql_using="gin")
    op.create_index("finding_tails", "finding", ["tails"], postgresql_using="gin")
    op.create_index("finding_received", "finding", ["received_at"])
