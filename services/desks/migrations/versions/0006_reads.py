"""Who read personal data, from where and why: a row for each, which events commit to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "reads",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("read_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False, comment="makes the commitment of the event"),
        sa.Column("cases", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "kinds", postgresql.ARRAY(sa.Text()), nullable=False, comment="of fields; empty where refused"
        ),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True, comment="in words"),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column(
            "event_id", sa.UUID(), nullable=True, comment="of the event that has it; null for a moment"
        ),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("read_id"),
    )
    op.create_index("reads_unrecorded", "reads", ["seq"], postgresql_where=sa.text("event_id is null"))
    op.create_index("reads_account", "reads", ["account", "at"])
    op.create_index("reads_cases", "reads", ["cases"], postgresql_using="gin")
