"""The tables of loan requests: the legs of their banks, and the counter of each day's numbers."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg


def add_tables(metadata: sa.MetaData) -> None:
    """Add them to the tables of the service."""
    time = sa.DateTime(timezone=True)
    sa.Table(
        "legs",
        metadata,
        sa.Column("leg", sa.Text, primary_key=True),
        sa.Column("case_id", pg.UUID, nullable=False),
        sa.Column("bank", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, comment="its place in the request"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("pushed_at", time, nullable=False),
        sa.Column("overdue", sa.Boolean, nullable=False, comment="a deadline passed and was not met since"),
        sa.Column("deadlines", pg.JSONB, nullable=False),
        sa.Index("legs_bank", "bank", "leg"),
        sa.Index("legs_states", "bank", "state"),
        sa.Index("legs_overdue", "leg", postgresql_where=sa.text("overdue")),
    )
    sa.Table(
        "numbers",
        metadata,
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
    )
