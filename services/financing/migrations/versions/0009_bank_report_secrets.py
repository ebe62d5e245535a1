"""The secrets by which banks sign what they report over HTTP."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "bank_report_secrets",
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("secret_at", time, nullable=False, comment="when the secret was made"),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_until", time, nullable=True),
        sa.PrimaryKeyConstraint("bank"),
    )
