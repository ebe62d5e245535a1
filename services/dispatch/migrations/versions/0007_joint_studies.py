"""When something is next to be said of a joint study (会商) of an appeal."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("appeals", sa.Column("study_next_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "appeals_study_next",
        "appeals",
        ["study_next_at"],
        unique=False,
        postgresql_where=sa.text("study_next_at is not null"),
    )
