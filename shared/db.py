"""A service's own database: its tables and migrations, and which of its errors pass by themselves."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared import links
from shared.database import DRIVER_ERRORS, Connection
from shared.telemetry import log

SERVICES = Path(__file__).parent.parent / "services"
_MIGRATION_LOCK = 7_401_001
DATABASE_ERRORS = (DBAPIError, *DRIVER_ERRORS, OSError, TimeoutError)
_TRANSIENT = ("08", "40", "53", "55", "57", "58")  # SQLSTATE classes that pass by themselves


def engine(url: str) -> AsyncEngine:
    """What migrations run on; a service at work uses `shared.database`."""
    return create_async_engine(url, poolclass=sa.NullPool, connect_args={"timeout": 10})


def is_transient(error: BaseException) -> bool:
    """Whether trying again later may help: connection lost, server starting, deadlock, disk full."""
    said = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(said, "sqlstate", None)
    return isinstance(error, DATABASE_ERRORS) if state is None else state[:2] in _TRANSIENT


def add_backbone(metadata: sa.MetaData) -> None:
    """The tables of outbox, its chain, inbox, heard watermarks, relay, idempotency keys, parked messages."""
    time = sa.DateTime(timezone=True)
    sa.Table(
        "outbox",
        metadata,
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("event_id", pg.UUID, nullable=False, unique=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("occurred_at", time, nullable=False),
        sa.Column("traceparent", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("sent_at", time),
        sa.Index("outbox_unsent", "seq", postgresql_where=sa.text("sent_at is null")),
        sa.Index("outbox_key", "key"),
    )
    links.add_tables(metadata)
    sa.Table(
        "inbox",
        metadata,
        sa.Column("event_id", pg.UUID, primary_key=True),
        sa.Column("received_at", time, nullable=False, server_default=sa.func.now()),
    )
    sa.Table(
        "heard",
        metadata,
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("watermark", time),
    )
    sa.Table(
        "relay",
        metadata,
        sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.text("true")),
        sa.Column("cluster", sa.Text),
        sa.Column("offsets", pg.JSONB, nullable=False, server_default="{}"),
        sa.Column("hold_at", time),
        sa.Column("hold_until", time),
    )
    sa.Table(
        "idempotency",
        metadata,
        sa.Column("caller", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", time, nullable=False, server_default=sa.func.now()),
        sa.Index("idempotency_age", "created_at"),
    )
    sa.Table(
        "parked",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("headers", pg.JSONB, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("parked_at", time, nullable=False, server_default=sa.func.now()),
        sa.Column("redriven_at", time),
        sa.UniqueConstraint("topic", "partition", "offset", "cluster"),
    )


async def migrate(db: AsyncEngine, service: str) -> None:
    """Bring the service's database up to the newest migration; replicas that start together take turns.

    One that a newer version migrated is left as it is: migrations expand first, so this version works on it.
    """

    def upgrade(connection: sa.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(SERVICES / service / "migrations"))
        config.attributes["connection"] = connection
        known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
        found = MigrationContext.configure(connection).get_current_revision()
        if found is None or found in known:
            command.upgrade(config, "head")
        else:
            log(service).warning("a newer version migrated the database", revision=found, known=max(known))

    async with db.begin() as conn:
        await conn.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        await conn.run_sync(upgrade)


async def ping(conn: Connection) -> None:
    """Raises where the database does not answer."""
    await conn.execute(sa.text("select 1"))
