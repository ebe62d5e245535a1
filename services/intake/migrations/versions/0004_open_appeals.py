"""An index of the open appeals by age, for the figures."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index(
        "appeals_open",
        "appeals",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("state not in ('closed', 'withdrawn', 'referred', 'approved')"),
    )
