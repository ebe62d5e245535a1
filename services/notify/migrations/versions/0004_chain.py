"""The hash chain over what was said of each case, and the heads sealed each day."""

from shared.database.migrations import add_chain

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    add_chain()
