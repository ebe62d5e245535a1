"""The hash chain over what was said of each case, and the heads sealed each day."""

from shared.database.migrations import add_chain

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    add_chain()
