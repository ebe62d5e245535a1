"""The posts that leaders hold, with days and deputies; the directory of units as dispatch says it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("leaders", sa.Column("post", sa.Text(), nullable=True))
    op.add_column("leaders", sa.Column("holds_from", sa.Date(), nullable=True))
    op.add_column("leaders", sa.Column("holds_until", sa.Date(), nullable=True))
    op.add_column("leaders", sa.Column("deputy", sa.Text(), nullable=True))
    op.add_column("leaders", sa.Column("above", sa.Text(), nullable=True))
    op.add_column(
        "leaders",
        sa.Column(
            "said", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="in an event"
        ),
    )
    op.create_table(
        "units",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("leader", sa.Text(), nullable=True, comment="the post in charge"),
        sa.PrimaryKeyConstraint("code"),
    )
