"""Which keys encrypt personal data, and how far older rows have been encrypted."""

from shared.database.migrations import add_encryption

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    add_encryption()
