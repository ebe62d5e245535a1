"""All units are said once more: intake keeps who is in charge of them since this version."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("update units set said = false")
