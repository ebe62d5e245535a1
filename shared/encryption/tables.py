"""The tables of encryption that every service has: which keys its data need, and how far renewal has come."""

import sqlalchemy as sa


def add_tables(metadata: sa.MetaData) -> None:
    """Declare the tables of data keys and of renewals."""
    time = sa.DateTime(timezone=True)
    sa.Table(
        "data_keys",
        metadata,
        sa.Column("key_id", sa.Text, primary_key=True, comment="or: index"),
        sa.Column("proof", sa.Text, nullable=False, comment="shows whether a key ring has this very key"),
        sa.Column("first_used_at", time, nullable=False, server_default=sa.func.now()),
    )
    sa.Table(
        "renewals",
        metadata,
        sa.Column("name", sa.Text, primary_key=True, comment="table and column"),
        sa.Column("key_id", sa.Text, nullable=False, comment="under which all rows are to be encrypted"),
        sa.Column("after", sa.Text, comment="the last row that was looked at"),
        sa.Column("seen", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("changed", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("done_at", time),
    )
