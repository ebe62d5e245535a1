"""Who did what: the accounts whose acts made the events."""

from shared.database.migrations import add_authors

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    add_authors()
