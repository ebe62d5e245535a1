"""Which keys encrypt personal data, and how far older rows have been encrypted."""

from shared.database.migrations import add_encryption

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    add_encryption()
