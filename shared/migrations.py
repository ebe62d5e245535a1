"""What every service's `migrations/env.py` does: run alembic on the connection it is given."""

import sqlalchemy as sa
from alembic import context


def run(metadata: sa.MetaData) -> None:
    """Migrate over the connection `shared.db.migrate` opened."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
