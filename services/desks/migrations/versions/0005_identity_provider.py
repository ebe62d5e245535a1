"""Accounts that an identity provider knows, the provider's sessions, and tries that had to wait."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "accounts",
        sa.Column("subject", sa.Text(), nullable=True, comment="issuer and subject at the identity provider"),
    )
    op.create_unique_constraint("accounts_subject_key", "accounts", ["subject"])
    op.add_column(
        "sessions",
        sa.Column(
            "provider_session", sa.Text(), nullable=True, comment="the session at the identity provider"
        ),
    )
    op.add_column(
        "sessions",
        sa.Column(
            "id_token",
            sa.Text(),
            nullable=True,
            comment="shows the provider whose session ends; emptied with it",
        ),
    )
    op.add_column(
        "sign_in_tries",
        sa.Column(
            "is_noted",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("false"),
            comment="refused, on record",
        ),
    )
