"""The tables of webhooks: calls that wait or were made, and where each bank is called."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg


def add_tables(metadata: sa.MetaData) -> None:
    """Add them to the tables of the service."""
    time = sa.DateTime(timezone=True)
    sa.Table(
        "bank_deliveries",
        metadata,
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False, comment="of the message"),
        sa.Column("message_id", pg.UUID, nullable=False, unique=True),
        sa.Column("bank", sa.Text, nullable=False),
        sa.Column("request", sa.Text, nullable=False, comment="messages of one request keep their order"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_at", time, nullable=False, comment="of a sending one: end of its lease"),
        sa.Column("changed_at", time, nullable=False),
        sa.Column("status", sa.Integer, comment="of the last answer"),
        sa.Column("reason", sa.Text),
        sa.Index("bank_deliveries_listed", "bank", "seq"),
        sa.Index(
            "bank_deliveries_due",
            "bank",
            "request",
            "seq",
            postgresql_where=sa.text("state in ('waiting', 'sending')"),
        ),
        sa.Index("bank_deliveries_failed", "bank", "seq", postgresql_where=sa.text("state = 'failed'")),
    )
    sa.Table(
        "bank_endpoints",
        metadata,
        sa.Column("bank", sa.Text, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("old_secret", sa.Text),
        sa.Column("old_until", time),
        sa.Column("disabled_at", time),
        sa.Column("secret_at", time, comment="when the secret was made"),
        sa.Column("called_at", time, comment="of the last call"),
        sa.Column("status", sa.Integer, comment="of the last answer"),
        sa.Column("reason", sa.Text, comment="of the last answer"),
    )
