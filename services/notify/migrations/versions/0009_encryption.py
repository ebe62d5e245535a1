"""Which keys encrypt personal data, how far older rows have been encrypted, and the blind index of addresses."""

import sqlalchemy as sa
from alembic import op

from shared.database.migrations import add_encryption

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    add_encryption()
    for table in ("contacts", "deliveries"):
        op.add_column(table, sa.Column("address_index", sa.Text(), comment="blind index of the address"))
    op.create_index("contacts_index", "contacts", ["channel", "address_index"])
    op.drop_index("deliveries_address", "deliveries")
    op.create_index("deliveries_index", "deliveries", ["channel", "address_index", "changed_at"])
