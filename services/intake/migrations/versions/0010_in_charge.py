"""Who leads, and who is in charge of which unit: the leader in charge reads whom to contact."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("units", sa.Column("leader", sa.Text(), nullable=True, comment="the post in charge"))
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
