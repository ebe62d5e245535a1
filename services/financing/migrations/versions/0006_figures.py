"""Indexes for the figures: legs by state, and when a bank reported last."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index("legs_states", "legs", ["bank", "state"], unique=False)
    op.create_index("reports_last", "reports", ["bank", "reported_at"], unique=False)
