"""The table of how far the replies of each bank on Kafka were read."""

import sqlalchemy as sa


def add_tables(metadata: sa.MetaData) -> None:
    """Add them to the tables of the service."""
    time = sa.DateTime(timezone=True)
    sa.Table(
        "bank_replies",
        metadata,
        sa.Column("bank", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("next_offset", sa.BigInteger, nullable=False),
        sa.Column("complete_upto", time, comment="all that the bank said up to then is in this database"),
        sa.Column("log_end", sa.BigInteger, comment="offset of the next reply"),
        sa.Column("looked_at", time, comment="when the log ended there"),
    )
