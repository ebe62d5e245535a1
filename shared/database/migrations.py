"""Runs the migrations of a service. A migration that was released is never changed again."""

import asyncio
from pathlib import Path

import sqlalchemy as sa
from alembic import command, context, op
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.database.errors import is_about_locks
from shared.database.locks import Lock, wait_for
from shared.telemetry.logs import log

LOCK_WAITS_S = (0.5, 1, 2, 4, 8, 16, 16)
"""How long a migration waits for a lock, at each try. The first is less than a second, after which PostgreSQL
looks for deadlocks: then the migration gives way, and no transaction of the service has to."""


def run(metadata: sa.MetaData) -> None:
    """Run the migrations, on the connection that `migrate` opened."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


def add_chain() -> None:
    """Create the tables of the hash chain and of its daily seals, as they were first released."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "links",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="in the outbox"),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="in its case, from 1"),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.Column("linked_at", time, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("seq"),
        sa.UniqueConstraint("key", "position"),
    )
    op.create_table(
        "seals",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False, comment="number of the last link it covers"),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False, comment="public, of who signed"),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", time, nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )


def add_authors() -> None:
    """Create the table of who did what, as it was first released."""
    op.create_table(
        "authors",
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("account", sa.Text(), comment="its name; null for an enterprise"),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("authors_key", "authors", ["key", "occurred_at"], unique=False)


def add_encryption() -> None:
    """Create the tables of data keys and of renewals, as they were first released."""
    time = sa.DateTime(timezone=True)
    op.create_table(
        "data_keys",
        sa.Column("key_id", sa.Text(), nullable=False, comment="or: index"),
        sa.Column("proof", sa.Text(), nullable=False, comment="shows whether a key ring has this very key"),
        sa.Column("first_used_at", time, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_table(
        "renewals",
        sa.Column("name", sa.Text(), nullable=False, comment="table and column"),
        sa.Column("key_id", sa.Text(), nullable=False, comment="under which all rows are to be encrypted"),
        sa.Column("after", sa.Text(), comment="the last row that was looked at"),
        sa.Column("seen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("changed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("done_at", time),
        sa.PrimaryKeyConstraint("name"),
    )


def add_commitments() -> None:
    """Give every new row of the outbox a salt; links say which fields they only commit to."""
    op.add_column("outbox", sa.Column("salt", sa.UUID(), comment="of what its link commits to"))
    op.alter_column("outbox", "salt", server_default=sa.text("gen_random_uuid()"))
    comment = "fields that are not in what is linked, with commas"
    op.add_column("links", sa.Column("withheld", sa.Text(), comment=comment))


def migration_engine(url: str) -> AsyncEngine:
    """The engine of migrations. A running service uses `shared.database.connection.Database`."""
    return create_async_engine(url, poolclass=sa.NullPool, connect_args={"timeout": 10})


async def migrate(db: AsyncEngine, migrations: Path) -> None:
    """Bring a service's database up to the newest migration. Replicas that start together take turns.

    The service may be at work meanwhile. Each migration of a database in use is a transaction of its own. It
    holds up nobody for longer than it waits for a lock itself, and is tried again where it could not get one.
    A database that a newer release migrated is left as it is: migrations expand first, so this release works
    on it. Raises `DBAPIError` where a migration fails, or never gets its locks.
    """
    waits_s = iter(LOCK_WAITS_S)
    wait_s = next(waits_s)
    done = False
    while not done:
        try:
            async with db.begin() as conn:
                await conn.execute(wait_for(Lock.MIGRATE))
                await conn.execute(sa.text(f"set local lock_timeout = {int(wait_s * 1000)}"))
                done = await conn.run_sync(_upgrade, migrations)
        except DBAPIError as error:
            if (longer_wait_s := next(waits_s, None)) is None or not is_about_locks(error):
                raise
            log(migrations.parent.name).warning(
                "a migration waits for those who are at work", try_again_in_s=wait_s, error=str(error.orig)
            )
            await asyncio.sleep(wait_s)
            wait_s = longer_wait_s


def _upgrade(connection: sa.Connection, migrations: Path) -> bool:
    """Run the next migration, in an empty database all of them. Whether none is left."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    current, head = MigrationContext.configure(connection).get_current_revision(), scripts.get_current_head()
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        log(migrations.parent.name).warning(
            "a newer version migrated the database", revision=current, known=max(known)
        )
    elif current is None:
        command.upgrade(config, "head")
    elif current != head:
        command.upgrade(config, "+1")
        return False
    return True
