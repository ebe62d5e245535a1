"""The gauge of cases without a registration reads an index, and not every case."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index(
        "appeals_unregistered",
        "appeals",
        ["appeal_id"],
        unique=False,
        postgresql_where=sa.text("file->>'pack' is null"),
    )
