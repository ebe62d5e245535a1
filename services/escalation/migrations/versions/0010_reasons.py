"""What people wrote with their acts stays here, encrypted; events have it no more."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_OF_EVENTS = """
    insert into reasons (event_id, appeal_id, type, occurred_at, card_id, reason)
    select event_id, cast(key as uuid), type, occurred_at, cast(data->>'card_id' as uuid), reason
    from outbox,
      lateral (select cast(body as json) as data) as b,
      lateral (select coalesce(data->>'reason', data->>'instruction', data->>'summary') as reason) as w
    where topic = 'escalation.events' and reason <> '' and type in (
      'card.appealed.v1', 'card.upheld.v1', 'card.withdrawn.v1', 'appeal.leader_named.v1',
      'appeal.instructed.v1', 'appeal.gathered.v1', 'publication.decided.v1'
    )
    order by seq
"""
"""Cases of before had the words in themselves; renewal encrypts them here."""


def upgrade() -> None:
    op.create_table(
        "reasons",
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("appeal_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("card_id", sa.UUID(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, comment="encrypted"),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("reasons_appeal", "reasons", ["appeal_id", "occurred_at"])
    op.execute(_OF_EVENTS)
