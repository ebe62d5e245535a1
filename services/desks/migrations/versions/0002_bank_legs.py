"""Open legs of banks by what is due first, and the names of deadlines that a pack names itself."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for table in ("cases", "legs", "loans", "bank_legs"):
        op.add_column(table, sa.Column("deadline_name", sa.Text(), nullable=True))
    op.add_column(
        "bank_legs", sa.Column("is_open", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.execute(
        """
        update bank_legs set is_open = true from loans
        where loans.appeal_id = bank_legs.appeal_id and loans.is_open
          and bank_legs.state not in ('declined', 'disbursed', 'withdrawn')
        """
    )
    op.create_index(
        "bank_legs_due",
        "bank_legs",
        ["due_order", "leg_id"],
        unique=False,
        postgresql_where=sa.text("is_open"),
    )
