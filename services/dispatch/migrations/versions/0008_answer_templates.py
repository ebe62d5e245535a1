"""Answer templates (常用答复) of the city and of units."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "answer_templates",
        sa.Column("owner", sa.Text(), nullable=False, comment="a unit; empty for the city"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("template", pg.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("owner", "code"),
    )
