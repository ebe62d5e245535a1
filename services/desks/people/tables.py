"""The tables of people: accounts, sessions, tries to sign in, and from where something was done."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg


def _time(name: str, *, null: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def add_tables(metadata: sa.MetaData) -> None:
    """Declare the tables of people."""
    sa.Table(
        "accounts",
        metadata,
        sa.Column("account_id", pg.UUID, primary_key=True),
        sa.Column("login", sa.Text, nullable=False, unique=True, comment="never given to another account"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("post", sa.Text, comment="unit or post, in words"),
        sa.Column("roles", pg.JSONB, nullable=False, comment="each with its code and its term"),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("password_is_first", sa.Boolean, nullable=False, comment="to be changed at signing in"),
        _time("password_set_at", null=False),
        sa.Column("totp_secret", sa.Text),
        _time("totp_confirmed_at"),
        sa.Column("totp_step", sa.BigInteger, comment="of the code that was used last"),
        _time("disabled_at"),
        _time("created_at", null=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("subject", sa.Text, unique=True, comment="issuer and subject at the identity provider"),
    )
    sa.Table(
        "sessions",
        metadata,
        sa.Column("session_id", pg.UUID, primary_key=True),
        sa.Column("secret_hash", sa.Text, nullable=False, comment="SHA-256 of what the cookie holds"),
        sa.Column("account_id", pg.UUID, nullable=False),
        _time("started_at", null=False),
        _time("seen_at", null=False),
        _time("second_factor_at"),
        _time("ended_at"),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("provider_session", sa.Text, comment="the session at the identity provider"),
        sa.Column("id_token", sa.Text, comment="shows the provider whose session ends; emptied with it"),
        sa.Index("sessions_account", "account_id", postgresql_where=sa.text("ended_at is null")),
    )
    sa.Table(
        "sign_in_tries",
        metadata,
        sa.Column("bucket", sa.Text, primary_key=True, comment="SHA-256 of an address, name or device"),
        sa.Column("failures", sa.Integer, nullable=False),
        _time("tried_at", null=False),
        sa.Column(
            "is_noted", sa.Boolean, nullable=False, server_default="false", comment="refused, on record"
        ),
    )
    sa.Table(
        "origins",
        metadata,
        sa.Column("event_id", pg.UUID, primary_key=True),
        sa.Column("account_id", pg.UUID),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        _time("at", null=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("salt", sa.Text, nullable=False, comment="with the address it gives the event's origin"),
        sa.Index("origins_at", "at", "event_id"),
        sa.Index("origins_account", "account_id", "at", "event_id"),
    )
