"""An index of the appeals that were closed against the enterprise's word, for the figures and the list."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index(
        "appeals_against_word",
        "appeals",
        ["registration_number"],
        unique=False,
        postgresql_where=sa.text("jsonb_path_exists(file, '$.closures[*].against_word ? (@ == true)')"),
    )
