"""The units of the city as dispatch says them, and an index by which old allowances are forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "units",
        sa.Column("code", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("directory_size", sa.Integer(), nullable=True, comment="units there were when it was said"),
    )
    op.create_index("allowances_began", "allowances", ["began_at"])
