"""The language of each message, and when contacts that a service told are forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("messages", sa.Column("language", sa.Text(), server_default="zh-CN", nullable=False))
    op.alter_column("contacts", "changed_by", comment="an account, or the service that was asked")
    op.alter_column("inquiries", "appeal_id", comment="whose enterprise is asked for")
    op.add_column(
        "contacts",
        sa.Column("forget_at", sa.DateTime(timezone=True), comment="of one that a service told"),
    )
    op.create_index(
        "contacts_forget", "contacts", ["forget_at"], postgresql_where=sa.text("forget_at is not null")
    )
    op.execute("update contacts set forget_at = changed_at + interval '30 days' where changed_by = 'intake'")
