"""Appeals that are handled with another one."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("appeals", sa.Column("lead", sa.UUID(), nullable=True))
    op.create_index(
        "appeals_lead",
        "appeals",
        ["lead", "registration_number"],
        unique=False,
        postgresql_where=sa.text("lead is not null"),
    )
