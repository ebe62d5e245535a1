"""All units are said once more, for services that keep them since this version."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("update units set said = false")
