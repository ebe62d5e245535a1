"""The place of each message among those that a bank reads one after the other over HTTP."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column(
        "bank_messages",
        sa.Column("place", sa.BigInteger(), comment="among those that the bank read one after the other"),
    )
    op.drop_index("bank_messages_fed", "bank_messages")
    op.create_index(
        "bank_messages_placed",
        "bank_messages",
        ["bank", "place"],
        postgresql_where=sa.text("place is not null"),
    )
    op.create_index(
        "bank_messages_to_place",
        "bank_messages",
        ["bank", "seq"],
        postgresql_where=sa.text("place is null and dropped_at is null"),
    )
