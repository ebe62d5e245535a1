"""The directory of leaders as escalation says it: who holds which post, and who stands in."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


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
    op.add_column(
        "units",
        sa.Column(
            "said", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="in an event"
        ),
    )
