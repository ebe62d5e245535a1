"""Who acknowledged, which language people read, whom intake is asked for, and receipts that are asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.add_column(
        "messages",
        sa.Column("acknowledgement", sa.UUID(), comment="that it asks for; its first message's id"),
    )
    op.alter_column("contacts", "changed_by", comment="an account, or intake that was asked")
    op.add_column("contacts", sa.Column("gone_at", time, comment="the address said that it is no more"))
    op.add_column("deliveries", sa.Column("poll_at", time, comment="when to ask what became of it"))
    op.add_column("deliveries", sa.Column("polls", sa.Integer(), server_default="0", nullable=False))
    op.create_index(
        "deliveries_poll", "deliveries", ["poll_at"], postgresql_where=sa.text("poll_at is not null")
    )
    op.create_table(
        "preferences",
        sa.Column("recipient", sa.Text(), primary_key=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", time, nullable=False),
    )
    op.create_table(
        "inquiries",
        sa.Column("appeal_id", sa.UUID(), primary_key=True, comment="whose enterprise intake is asked for"),
        sa.Column("next_at", time, comment="when to ask; null once it was answered"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("written_at", time, nullable=False),
    )
    op.create_index(
        "inquiries_due", "inquiries", ["next_at"], postgresql_where=sa.text("next_at is not null")
    )
    op.create_table(
        "acknowledgements",
        sa.Column("id", sa.UUID(), primary_key=True, comment="of the first message that asks for it"),
        sa.Column("appeal_id", sa.UUID(), nullable=False),
        sa.Column("card_id", sa.UUID()),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False, comment="who was asked last"),
        sa.Column("message_id", sa.UUID(), nullable=False, comment="the last message that asks"),
        sa.Column("asked_at", time, nullable=False),
        sa.Column("due_at", time, comment="when it climbs; null where it does not"),
        sa.Column("level", sa.Integer(), server_default="0", nullable=False, comment="how often it climbed"),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("ended_at", time),
        sa.Column("ended_by", sa.Text(), comment="an account, or the event that ended it"),
        sa.Column("traceparent", sa.Text(), nullable=False),
    )
    op.create_index(
        "acknowledgements_due",
        "acknowledgements",
        ["due_at"],
        postgresql_where=sa.text("due_at is not null"),
    )
    op.create_index("acknowledgements_appeal", "acknowledgements", ["appeal_id", "asked_at"])
