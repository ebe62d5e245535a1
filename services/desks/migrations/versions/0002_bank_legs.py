"""Legs of banks by what is due first, and the names of deadlines that a pack names itself."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for table in ("cases", "legs", "loans", "bank_legs"):
        op.add_column(table, sa.Column("deadline_name", sa.Text(), nullable=True))
    op.create_index("bank_legs_due", "bank_legs", ["due_order", "leg_id"], unique=False)
