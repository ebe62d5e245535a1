"""Appeals that are handled with another one, and how deadlines stand."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "followers",
        sa.Column("lead", sa.UUID(), nullable=False),
        sa.Column("follower", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("lead", "follower"),
    )
    op.create_table(
        "judged",
        sa.Column("appeal_id", sa.UUID(), nullable=False),
        sa.Column("deadlines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("appeal_id"),
    )
