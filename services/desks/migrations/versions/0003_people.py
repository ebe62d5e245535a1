"""Accounts of people: accounts, sessions, tries to sign in, and from where something was done."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False, comment="never given to another account"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=True, comment="unit or post, in words"),
        sa.Column("roles", postgresql.JSONB(), nullable=False, comment="each with its code and its term"),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("password_is_first", sa.Boolean(), nullable=False, comment="to be changed at signing in"),
        sa.Column("password_set_at", TIME, nullable=False),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_confirmed_at", TIME, nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True, comment="of the code that was used last"),
        sa.Column("disabled_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
        sa.UniqueConstraint("login"),
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.UUID(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False, comment="SHA-256 of what the cookie holds"),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("second_factor_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_index(
        "sessions_account", "sessions", ["account_id"], postgresql_where=sa.text("ended_at is null")
    )
    op.create_table(
        "sign_in_tries",
        sa.Column("bucket", sa.Text(), nullable=False, comment="SHA-256 of an address, name or device"),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("tried_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("bucket"),
    )
    op.create_table(
        "origins",
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False, comment="with the address it gives the event's origin"),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("origins_at", "origins", ["at", "event_id"])
    op.create_index("origins_account", "origins", ["account_id", "at", "event_id"])
