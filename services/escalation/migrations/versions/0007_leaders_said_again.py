"""All leaders are said once more, for intake, which keeps them since this version."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("update leaders set said = false")
