"""How each bank's connection stands: reports that changed nothing, ends of topics, last calls, ages of secrets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _unrecorded_reports()
    time = sa.DateTime(timezone=True)
    op.add_column("bank_replies", sa.Column("log_end", sa.BigInteger(), comment="offset of the next reply"))
    op.add_column("bank_replies", sa.Column("looked_at", time, comment="when the log ended there"))
    op.add_column("bank_endpoints", sa.Column("secret_at", time, comment="when the secret was made"))
    op.add_column("bank_endpoints", sa.Column("called_at", time, comment="of the last call"))
    op.add_column("bank_endpoints", sa.Column("status", sa.Integer(), comment="of the last answer"))
    op.add_column("bank_endpoints", sa.Column("reason", sa.Text(), comment="of the last answer"))
    op.create_index(
        "bank_messages_sent",
        "bank_messages",
        ["bank", "sent_at"],
        postgresql_where=sa.text("sent_at is not null"),
    )
    op.create_index("bank_messages_fed", "bank_messages", ["bank", "occurred_at", "seq"])
    op.create_index(
        "bank_deliveries_failed",
        "bank_deliveries",
        ["bank", "seq"],
        postgresql_where=sa.text("state = 'failed'"),
    )


def _unrecorded_reports() -> None:
    op.create_table(
        "unrecorded_reports",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column(
            "source_id", sa.Text(), nullable=True, comment="where it came from: a topic's place, a request"
        ),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False, comment="bytes of the report as it was sent"),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "raw", sa.LargeBinary(), nullable=True, comment="its first bytes, of the latest refused ones"
        ),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("unrecorded_reports_day", "unrecorded_reports", ["bank", "reported_at"])
    op.create_index(
        "unrecorded_reports_raw",
        "unrecorded_reports",
        ["bank", "seq"],
        postgresql_where=sa.text("raw is not null"),
    )
