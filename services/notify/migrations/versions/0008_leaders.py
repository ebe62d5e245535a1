"""The directory of leaders as escalation says it: who holds which post, and who stands in."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "leaders",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("holds_from", sa.Date(), nullable=True),
        sa.Column("holds_until", sa.Date(), nullable=True),
        sa.Column("deputy", sa.Text(), nullable=True),
        sa.Column("above", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("code"),
    )
