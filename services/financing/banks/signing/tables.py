"""The table of the secrets by which banks sign what they report over HTTP."""

import sqlalchemy as sa


def add_tables(metadata: sa.MetaData) -> None:
    """Add it to the tables of the service."""
    time = sa.DateTime(timezone=True)
    sa.Table(
        "bank_report_secrets",
        metadata,
        sa.Column("bank", sa.Text, primary_key=True),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("secret_at", time, nullable=False, comment="when the secret was made"),
        sa.Column("old_secret", sa.Text),
        sa.Column("old_until", time),
    )
