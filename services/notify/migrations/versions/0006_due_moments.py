"""When what a message warns of is due: at night it leaves only if that is near."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column(
        "deliveries",
        sa.Column(
            "due_at", sa.DateTime(timezone=True), comment="in quiet hours it leaves only if this is near"
        ),
    )
