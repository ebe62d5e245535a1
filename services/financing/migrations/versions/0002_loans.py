"""Loan requests with their banks and complaints: cases, histories, legs, reports, the directory."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _cases()
    _banks()


def _cases() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "cases",
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False, comment="loan or complaint"),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("credit_code", sa.Text(), nullable=True),
        sa.Column(
            "banks",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="whose legs it has, or whom it is about",
        ),
        sa.Column("file", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("next_due_at", time, nullable=True),
        sa.Column("unjudged_from", time, nullable=True, comment="when its oldest unjudged act occurred"),
        sa.Column("stuck", sa.Text(), nullable=True, comment="why it cannot be judged"),
        sa.PrimaryKeyConstraint("case_id"),
        sa.UniqueConstraint("number"),
    )
    for column, name in (("next_due_at", "due"), ("unjudged_from", "unjudged")):
        op.create_index(f"cases_{name}", "cases", [column], postgresql_where=sa.text(f"{column} is not null"))
    op.create_index("cases_stuck", "cases", ["case_id"], postgresql_where=sa.text("stuck is not null"))
    op.create_index("cases_listed", "cases", ["what", "state", "number"])
    op.create_index("cases_credit_code", "cases", ["credit_code", "number"])
    op.create_table(
        "history",
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("history_case", "history", ["case_id"])
    op.create_table(
        "numbers",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )


def _banks() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "legs",
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="its place in the request"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pushed_at", time, nullable=False),
        sa.Column("overdue", sa.Boolean(), nullable=False, comment="a deadline passed and was not met since"),
        sa.Column("deadlines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("leg"),
    )
    op.create_index("legs_bank", "legs", ["bank", "leg"])
    op.create_index("legs_overdue", "legs", ["leg"], postgresql_where=sa.text("overdue"))
    op.create_table(
        "reports",
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column(
            "source_id", sa.Text(), nullable=True, comment="where it came from: a topic's place, a request"
        ),
        sa.Column("reported_at", time, nullable=False),
        sa.Column("receipt", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("bank", "report_id"),
    )
    op.create_table(
        "banks",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("bank", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    _messages()


def _messages() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "bank_messages",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("message_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("occurred_at", time, nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sent_at", time, nullable=True, comment="when it began to leave"),
        sa.Column("dropped_at", time, nullable=True, comment="the request was withdrawn before it left"),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("message_id"),
    )
    op.create_index(
        "bank_messages_unsent",
        "bank_messages",
        ["bank", "seq"],
        postgresql_where=sa.text("sent_at is null and dropped_at is null"),
    )
    op.create_index("bank_messages_leg", "bank_messages", ["leg"])
