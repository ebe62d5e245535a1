"""Which keys encrypt personal data, and how far older rows have been encrypted.

Appeals are found by phone and mail through their hashes: an index of encrypted values finds nothing.
"""

from alembic import op

from shared.database.migrations import add_encryption

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    add_encryption()
    op.drop_index("appeals_phone", "appeals")
    op.drop_index("appeals_email", "appeals")
