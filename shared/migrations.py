"""What the migrations of all services have in common. What a release ran is not changed again."""

import sqlalchemy as sa
from alembic import context, op


def run(metadata: sa.MetaData) -> None:
    """Migrate over the connection `shared.db.migrate` opened."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


def add_chain() -> None:
    """The hash chain over what was said of each case, and the heads sealed each day, as first released."""
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
