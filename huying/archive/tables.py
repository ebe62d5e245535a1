"""How an export treats every table of every service, and how a rebuild fills it.

Some documents hold what no event does: the text of an act, a reader's click, evidence of a delivery. An
export writes them as records, together with the inbox of their service, so that a rebuilt service handles no
event a second time. The tables of the judge and of the desks hold nothing of the kind: a rebuild derives them
from the events.
"""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa

from services import SERVICES


class Treatment(StrEnum):
    """What an export does with a table."""

    EVENTS = "events"  # written as events, with their hash chain and its heads
    RECORD = "record"  # written row by row, in a file that is not public
    DERIVED = "derived"  # not written; derived from the events at a rebuild
    TRANSIENT = "transient"  # neither written nor derived


@dataclass(frozen=True)
class ArchivedTable:
    """How one table is archived.

    `where` is the SQL condition of the rows that are written, `without` names columns left out, `order` is
    the SQL order in which rows can be inserted again. `canonical` is the SQL expression of a row `t` by which
    two cities are compared; it is empty where they are not compared.
    """

    treatment: Treatment
    reason: str
    where: str = "true"
    without: tuple[str, ...] = ()
    order: str = ""
    canonical: str = "to_jsonb(t)"


class ServiceTable(NamedTuple):
    """A table of a service, by name."""

    service: str
    name: str
    table: ArchivedTable


_DEEPEST_LAST = """(
    with recursive up as (
      select parent, 0 as depth from units u where u.code = t.code
      union all select u.parent, up.depth + 1 from units u join up on u.code = up.parent
    ) select max(depth) from up
  ), code"""
_JUDGED_CASE = """(
    to_jsonb(t) || jsonb_build_object('file', (
      select jsonb_object_agg(f.key, case
        when f.key = 'said' then (
          select coalesce(jsonb_agg(s order by s), '[]') from jsonb_array_elements(f.value) as s
        )
        when jsonb_typeof(f.value) = 'array' then (
          select coalesce(jsonb_agg(case when jsonb_typeof(one) <> 'object' then one else (
            select jsonb_object_agg(k, case
              when right(k, 3) = '_at' and jsonb_typeof(v) = 'string' then to_jsonb((v #>> '{}')::timestamptz)
              else v end)
            from jsonb_each(one) as m (k, v)
          ) end order by place), '[]')
          from jsonb_array_elements(f.value) with ordinality as e (one, place)
        )
        else f.value end)
      from jsonb_each(t.file - 'version' - 'judged_upto' - 'traceparent') as f
    ))
  )"""
"""Compares moments as moments: the judge may write them in the city's zone."""
_HISTORY_ACT = """(
    to_jsonb(t) - 'event' || jsonb_build_object('event', t.event::jsonb - 'marks', 'marks', (
      select jsonb_agg(m order by m) from jsonb_array_elements(coalesce(t.event::jsonb->'marks', '[]')) as m
    ))
  )"""


def _record(reason: str, **more: object) -> ArchivedTable:
    return ArchivedTable(Treatment.RECORD, reason, **more)  # type: ignore[arg-type]


def _heard_again(contents: str) -> ArchivedTable:
    return ArchivedTable(Treatment.DERIVED, f"{contents}, made anew of the events")


BACKBONE: Mapping[str, ArchivedTable] = {
    "outbox": ArchivedTable(
        Treatment.EVENTS,
        "events; what went elsewhere (to banks, about parked messages) are records",
        without=("seq",),
        canonical="to_jsonb(t) - array['seq', 'sent_at', 'traceparent', 'salt']",
    ),
    "links": ArchivedTable(Treatment.EVENTS, "the chain, which `audit verify` checks", canonical=""),
    "seals": ArchivedTable(Treatment.EVENTS, "its heads"),
    "data_keys": _record(
        "which keys the records are encrypted by; without the key ring nobody reads them", canonical=""
    ),
    "renewals": ArchivedTable(Treatment.TRANSIENT, "how far renewal has come"),
    "authors": _record("whose acts the events are, by the names of accounts"),
    "reads": _record("who read personal data, from where and why"),
    "inbox": _record("what had been heard must not be done again", canonical="to_jsonb(t.event_id)"),
    "parked": _record("still to be mended"),
    "heard": ArchivedTable(Treatment.TRANSIENT, "how far a broker was read; the judge's is said in the file"),
    "relay": ArchivedTable(Treatment.TRANSIENT, "how far a broker was told"),
    "idempotency": ArchivedTable(Treatment.TRANSIENT, "answers kept for a day"),
}
OWN: Mapping[str, Mapping[str, ArchivedTable]] = {
    "intake": {
        "appeals": _record("texts and contacts of enterprises, receipt codes, ratings"),
        "search_keys": ArchivedTable(Treatment.TRANSIENT, "hashes: made anew when intake starts"),
        "numbers": _record("which registration numbers are taken"),
        "units": _record("the directory as heard last"),
        "leaders": _record("who holds which post, as heard last"),
        "proofs": ArchivedTable(Treatment.TRANSIENT, "codes that are valid for minutes"),
        "allowances": ArchivedTable(
            Treatment.TRANSIENT, "how often callers asked for codes and registered within a day"
        ),
    },
    "dispatch": {
        "appeals": _record("what units and the office did, and decided"),
        "acts": _record("the same as evidence, with texts and authors"),
        "followers": _record("which appeals are handled with which"),
        "judged": _record("deadlines as heard last, by which requests are decided"),
        "units": _record("the directory", order=_DEEPEST_LAST),
        "leaders": _record("the directory as heard last"),
        "answer_templates": _record("written by the office and by units"),
    },
    "escalation": {
        "inbox": ArchivedTable(
            Treatment.DERIVED, "filled by hearing again", canonical="to_jsonb(t.event_id)"
        ),
        "cases": ArchivedTable(
            Treatment.DERIVED, "judged anew; what was said stays said", canonical=_JUDGED_CASE
        ),
        "history": ArchivedTable(
            Treatment.DERIVED,
            "heard again; which acts came too late is a record",
            where="late",
            canonical=_HISTORY_ACT,
        ),
        "publications": _record("the units' answers, how the office heard them"),
        "leaders": _record("the directory"),
        "units": _record("the directory as heard last"),
        "calendars": _record("when which notice became known"),
        "reasons": _record("what people wrote with their acts, encrypted: no event has it"),
    },
    "financing": {
        "cases": _record("requests with amounts, consents, complaints"),
        "history": _record("what is judged by, banks' reports among it"),
        "legs": _record("banks' shares as they stand"),
        "reports": _record("what banks reported, and what they were answered"),
        "unrecorded_reports": _record("which reports were refused or repeated: for statements"),
        "banks": _record("the directory"),
        "enterprises": _record("what the window knows of them"),
        "calendars": _record("when which notice became known"),
        "bank_messages": _record("what banks were told: not told again"),
        "bank_deliveries": _record("evidence of webhooks"),
        "bank_endpoints": ArchivedTable(Treatment.TRANSIENT, "holds secrets: entered anew"),
        "bank_report_secrets": ArchivedTable(Treatment.TRANSIENT, "holds secrets: made anew"),
        "bank_replies": _record("how far a bank's replies were read"),
        "numbers": _record("which numbers are taken"),
    },
    "notify": {
        "appeals": _record("whom messages are about"),
        "leaders": _record("who holds which post, as heard last"),
        "messages": _record("what was written to whom, and read when: not written again"),
        "deliveries": _record("evidence: not sent again"),
        "attempts": _record("evidence"),
        "contacts": _record(
            "addresses, encrypted; those with a secret are entered anew", where="secret is null"
        ),
        "preferences": _record("which language people read"),
        "inquiries": _record("whose enterprise intake was asked for"),
        "acknowledgements": _record("who acknowledged what"),
    },
    "desks": {
        "inbox": ArchivedTable(
            Treatment.DERIVED, "filled by hearing again", canonical="to_jsonb(t.event_id)"
        ),
        "appeals": _heard_again("the facts of cases"),
        "cases": _heard_again("rows of lists"),
        "legs": _heard_again("rows of lists"),
        "cards": _heard_again("rows of lists"),
        "lifts": _heard_again("rows of lists"),
        "waiting": _heard_again("rows of lists"),
        "lines": _heard_again("the timelines"),
        "judged": _heard_again("deadlines explained"),
        "loans": _heard_again("rows of lists"),
        "bank_legs": _heard_again("rows of lists"),
        "complaints": _heard_again("rows of lists"),
        "units": _heard_again("the directory"),
        "accounts": _record(
            "people, with the hashes of their passwords; one-time codes are set up anew",
            without=("totp_secret", "totp_confirmed_at", "totp_step"),
            canonical="to_jsonb(t) - array['totp_secret', 'totp_confirmed_at', 'totp_step']",
        ),
        "sessions": ArchivedTable(Treatment.TRANSIENT, "who is signed in: people sign in again"),
        "sign_in_tries": ArchivedTable(Treatment.TRANSIENT, "failures of the last day"),
        "origins": _record("from where people signed in: addresses, to which the events commit"),
    },
}
HEARD_AGAIN = "desks"
"""The service that owns nothing: its tables follow from what the others said. Older files lack it."""


def tables(service: str) -> Iterator[ServiceTable]:
    """Every table of a service, in an order in which rows can be inserted again."""
    for name, table in {**BACKBONE, **OWN[service]}.items():
        yield ServiceTable(service, name, table)


def all_tables() -> Iterator[ServiceTable]:
    """Every table of every service."""
    for service in SERVICES:
        yield from tables(service)


def metadata(service: str) -> sa.MetaData:
    """The tables as the service declares them."""
    metadata: sa.MetaData = importlib.import_module(f"services.{service}.tables").metadata
    return metadata


def order(table: ServiceTable) -> str:
    """The SQL order of a table's rows: its own `order`, else its primary key."""
    keys = metadata(table.service).tables[table.name].primary_key.columns
    return table.table.order or ", ".join(f'"{column.name}"' for column in keys)


@cache
def recorded_columns(service: str, name: str) -> frozenset[str]:
    """The columns of a table of which rows are written as records. KeyError for any other table."""
    table = ServiceTable(service, name, {**BACKBONE, **OWN[service]}[name])
    if recorded_rows(table) is None:
        raise KeyError(name)
    return frozenset(column.name for column in metadata(service).tables[name].columns)


def recorded_rows(table: ServiceTable) -> str | None:
    """The SQL condition of the rows that are written as records; None where no row is."""
    if table.name == "outbox":
        return f"topic <> '{table.service}.events'"
    if table.table.treatment is Treatment.RECORD or table.table.where != "true":
        return table.table.where
    return None
