"""The table of the enterprises that the window knows."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg


def add_tables(metadata: sa.MetaData) -> None:
    """Add them to the tables of the service."""
    time = sa.DateTime(timezone=True)
    sa.Table(
        "enterprises",
        metadata,
        sa.Column("credit_code", sa.Text, primary_key=True),
        sa.Column("profile", pg.JSONB, nullable=False),
        sa.Column("first_seen_at", time, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
    )
