"""Links commit to the words that stay with the city, by a salt of each row of the outbox."""

from shared.database.migrations import add_commitments

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    add_commitments()
