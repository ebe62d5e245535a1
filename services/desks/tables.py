"""The tables of desks: the facts of each case, and the rows that lists are read from, all made of events."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.desks.people import tables as people
from shared.messaging.tables import add_backbone

metadata = sa.MetaData()
add_backbone(metadata)
people.add_tables(metadata)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _time(name: str, *, null: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _due() -> sa.Column[object]:
    """The due moment as lists sort by it: what has none comes last."""
    order = sa.Computed("coalesce(due_at, 'infinity'::timestamptz)", persisted=True)
    return sa.Column("due_order", sa.DateTime(timezone=True), order, nullable=False)


def _words(name: str) -> sa.Column[object]:
    return sa.Column(name, pg.ARRAY(sa.Text), nullable=False)


def _appeal() -> sa.Column[object]:
    return sa.Column("appeal_id", pg.UUID, nullable=False)


sa.Table(
    "appeals",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True, comment="of an appeal, or of a loan request"),
    sa.Column("registration_number", sa.Text, nullable=False, unique=True),
    sa.Column("file", pg.JSONB, nullable=False),
    sa.Index("appeals_unregistered", "appeal_id", postgresql_where=sa.text("file->>'pack' is null")),
)
sa.Table(
    "cases",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    _text("registration_number"),
    _text("pack"),
    _text("kind"),
    _text("channel"),
    _text("title"),
    _text("enterprise", null=True),
    _text("credit_code", null=True),
    _text("locality", null=True),
    _text("category", null=True),
    _text("urgency", null=True),
    _text("division", null=True),
    _text("complained_of", null=True),
    sa.Column("is_named", sa.Boolean, nullable=False, comment="whether units read who asks"),
    _text("state"),
    sa.Column("ended", sa.Boolean, nullable=False),
    _words("units"),
    _words("readers"),
    _words("marks"),
    _text("rating", null=True),
    _text("leader", null=True),
    sa.Column("lead", pg.UUID, comment="the appeal that it is handled with"),
    sa.Column("round", sa.Integer, nullable=False),
    _time("received_at", null=False),
    _time("updated_at", null=False),
    _time("due_at"),
    _text("deadline", null=True),
    _text("deadline_name", null=True),
    _text("due_unit", null=True),
    _time("overdue_at"),
    sa.Column("provisional", sa.Boolean, nullable=False),
    _due(),
    _words("tags"),
    _words("bigrams"),
    _text("searched"),
    _text("searched_by_units"),
    sa.Index("cases_number", "registration_number"),
    sa.Index("cases_due", "due_order", "appeal_id"),
    sa.Index("cases_received", "received_at", "appeal_id"),
    sa.Index("cases_updated", "updated_at", "appeal_id"),
    sa.Index("cases_overdue", "due_order", "appeal_id", postgresql_where=sa.text("overdue_at is not null")),
    sa.Index("cases_tags", "tags", postgresql_using="gin"),
    sa.Index("cases_bigrams", "bigrams", postgresql_using="gin"),
)
sa.Table(
    "legs",
    metadata,
    sa.Column("leg_id", pg.UUID, primary_key=True),
    _appeal(),
    _text("unit"),
    _text("unit_name", null=True),
    _text("role", null=True),
    sa.Column("round", sa.Integer, nullable=False),
    _text("state"),
    sa.Column("is_open", sa.Boolean, nullable=False),
    _time("due_at"),
    _text("deadline", null=True),
    _text("deadline_name", null=True),
    sa.Column("provisional", sa.Boolean, nullable=False),
    _time("overdue_at"),
    _time("assigned_at"),
    _time("contacted_at"),
    _time("responded_at"),
    _time("completed_at"),
    sa.Column("office_hours", pg.JSONB(none_as_null=True)),
    _due(),
    sa.Index("legs_appeal", "appeal_id"),
    sa.Index("legs_unit", "unit", "due_order", "leg_id", postgresql_where=sa.text("is_open")),
    sa.Index("legs_due", "due_order", "leg_id", postgresql_where=sa.text("is_open")),
)
sa.Table(
    "cards",
    metadata,
    sa.Column("card_id", pg.UUID, primary_key=True),
    _appeal(),
    sa.Column("leg_id", pg.UUID, nullable=False),
    _text("unit"),
    _text("card"),
    sa.Column("round", sa.Integer, nullable=False),
    _text("deadline"),
    _time("due_at", null=False),
    _text("clause"),
    _text("state"),
    _time("issued_at", null=False),
    sa.Index("cards_appeal", "appeal_id"),
)
sa.Table(
    "lifts",
    metadata,
    sa.Column("lift_id", pg.UUID, primary_key=True),
    _appeal(),
    _time("lifted_at", null=False),
    _text("reason"),
    _text("leader", null=True),
    _text("acts", null=True),
    _text("unit", null=True),
    _text("level", null=True),
    _text("clause"),
    sa.Index("lifts_appeal", "appeal_id"),
)
sa.Table(
    "waiting",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True, comment="the leg, card or stage that it is about"),
    _text("unit", null=True),
    _time("asked_at", null=False),
    _time("due_at"),
    _time("decided_at"),
    sa.Column("is_open", sa.Boolean, nullable=False),
    _due(),
    sa.Index("waiting_due", "due_order", "appeal_id", "kind", "subject", postgresql_where=sa.text("is_open")),
)
sa.Table(
    "lines",
    metadata,
    sa.Column("event_id", pg.UUID, primary_key=True),
    _appeal(),
    _time("at", null=False),
    _text("service"),
    _text("type"),
    _text("role", null=True),
    _text("code", null=True),
    sa.Column("data", pg.JSONB, nullable=False),
    sa.Index("lines_appeal", "appeal_id", "at", "event_id"),
)
sa.Table(
    "judged",
    metadata,
    sa.Column("subject", pg.UUID, primary_key=True, comment="an appeal, a loan request or a complaint"),
    _time("at", null=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("event_id", pg.UUID, nullable=False),
    sa.Column("deadlines", pg.JSONB, nullable=False, comment="with their explanations"),
)
sa.Table(
    "loans",
    metadata,
    sa.Column("appeal_id", pg.UUID, primary_key=True),
    _text("registration_number"),
    _text("pack"),
    _text("product"),
    _text("amount_band"),
    sa.Column("first_loan", sa.Boolean, nullable=False),
    _text("locality", null=True),
    _text("state"),
    sa.Column("is_open", sa.Boolean, nullable=False),
    _text("rating", null=True),
    _time("requested_at", null=False),
    _time("updated_at", null=False),
    _time("due_at"),
    _text("deadline", null=True),
    _text("deadline_name", null=True),
    _time("overdue_at"),
    _due(),
    sa.Index("loans_due", "due_order", "appeal_id"),
)
sa.Table(
    "bank_legs",
    metadata,
    sa.Column("leg_id", pg.UUID, primary_key=True),
    _appeal(),
    _text("leg"),
    _text("bank"),
    _text("bank_name"),
    sa.Column("wave", sa.Integer, nullable=False),
    _text("state"),
    _time("pushed_at", null=False),
    _time("reported_at"),
    _time("due_at"),
    _text("deadline", null=True),
    _text("deadline_name", null=True),
    _time("overdue_at"),
    _due(),
    sa.Index("bank_legs_appeal", "appeal_id"),
    sa.Index("bank_legs_bank", "bank", "due_order", "leg_id"),
    sa.Index("bank_legs_due", "due_order", "leg_id"),
)
sa.Table(
    "complaints",
    metadata,
    sa.Column("complaint_id", pg.UUID, primary_key=True),
    _appeal(),
    _text("complaint"),
    _text("pack"),
    _text("bank"),
    _text("institution"),
    _time("complained_at", null=False),
    _time("decided_at"),
    sa.Column("founded", sa.Boolean),
    _time("due_at"),
    _text("deadline", null=True),
    _time("overdue_at"),
    _due(),
    sa.Index("complaints_due", "due_order", "complaint_id"),
)
sa.Table(
    "units",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    _text("name"),
    _text("kind"),
    _text("parent", null=True),
    _text("leader", null=True),
    _time("at", null=False),
    sa.Column("event_id", pg.UUID, nullable=False),
    sa.Index("units_name", "name"),
)
