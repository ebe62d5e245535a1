"""Financing's tables: a document for each case and its history; then those of each subject."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from services.financing.banks import tables as banks
from services.financing.banks.kafka import tables as kafka
from services.financing.banks.signing import tables as signing
from services.financing.banks.webhook import tables as webhook
from services.financing.enterprises import tables as enterprises
from services.financing.loans import tables as loans
from shared.judging import calendars
from shared.judging.cases import Cases, history
from shared.messaging.tables import add_backbone

CASES = Cases("financing", key="case_id", number="number")
metadata = sa.MetaData()
add_backbone(metadata)

sa.Table(
    "cases",
    metadata,
    sa.Column("case_id", pg.UUID, primary_key=True),
    sa.Column("what", sa.Text, nullable=False, comment="loan or complaint"),
    sa.Column("number", sa.Text, nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("source_id", sa.Text),
    sa.Column("credit_code", sa.Text),
    sa.Column("banks", pg.ARRAY(sa.Text), nullable=False, comment="whose legs it has, or whom it is about"),
    sa.Column("file", pg.JSONB, nullable=False),
    *CASES.columns(),
    sa.Index("cases_listed", "what", "state", "number"),
    sa.Index("cases_credit_code", "credit_code", "number"),
)
history(metadata, "case_id")
calendars.add_table(metadata)
for subject in (loans, banks, kafka, webhook, signing, enterprises):
    subject.add_tables(metadata)
