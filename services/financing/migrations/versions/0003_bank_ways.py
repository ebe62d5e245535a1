"""The banks' ways: webhooks that wait, where they go, how far replies were read."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "bank_deliveries",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False, comment="of the message"),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False, comment="messages of one request keep their order"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", time, nullable=False, comment="of a sending one: end of its lease"),
        sa.Column("changed_at", time, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True, comment="of the last answer"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("message_id"),
    )
    op.create_index("bank_deliveries_listed", "bank_deliveries", ["bank", "seq"])
    op.create_index(
        "bank_deliveries_due",
        "bank_deliveries",
        ["bank", "request", "seq"],
        postgresql_where=sa.text("state in ('waiting', 'sending')"),
    )
    op.create_table(
        "bank_endpoints",
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_until", time, nullable=True),
        sa.Column("disabled_at", time, nullable=True),
        sa.PrimaryKeyConstraint("bank"),
    )
    op.create_table(
        "bank_replies",
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column(
            "complete_upto",
            time,
            nullable=True,
            comment="all that the bank said up to then is in this database",
        ),
        sa.PrimaryKeyConstraint("bank", "partition"),
    )
