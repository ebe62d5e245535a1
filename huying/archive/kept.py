"""What becomes of every table of every service in an export, and at a rebuild.

A service whose documents hold what no event says (an act's text, a reader's click, evidence of a delivery)
keeps them as records, and with them what it had heard, so that nothing is done a second time. The judge's
tables hold nothing of the kind: they are made anew from the events.
"""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa

from services import SERVICES


class How(StrEnum):
    """What becomes of a table."""

    SAID = "said"  # the events themselves, their chain and its heads
    RECORD = "record"  # travels row by row, in a file that is not public
    DERIVED = "derived"  # made anew from the events
    TRANSIENT = "transient"  # not kept


@dataclass(frozen=True)
class Table:
    """`where` chooses the rows, `without` names columns left out, `order` is how rows can be put back.

    `canonical` is the SQL of a row `t` by which two cities are compared; empty where they are not.
    """

    how: How
    why: str
    where: str = "true"
    without: tuple[str, ...] = ()
    order: str = ""
    canonical: str = "to_jsonb(t)"


class Named(NamedTuple):
    """A table with the service that owns it."""

    service: str
    name: str
    table: Table


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
"""Moments are compared as moments: those of the judge may be written in the city's zone."""
_HISTORY_ACT = """(
    to_jsonb(t) - 'event' || jsonb_build_object('event', t.event::jsonb - 'marks', 'marks', (
      select jsonb_agg(m order by m) from jsonb_array_elements(coalesce(t.event::jsonb->'marks', '[]')) as m
    ))
  )"""


def _record(why: str, **more: object) -> Table:
    return Table(How.RECORD, why, **more)  # type: ignore[arg-type]


BACKBONE: Mapping[str, Table] = {
    "outbox": Table(
        How.SAID,
        "events; what went elsewhere (to banks, about parked messages) are records",
        without=("seq",),
        canonical="to_jsonb(t) - array['seq', 'sent_at', 'traceparent']",
    ),
    "links": Table(How.SAID, "the chain, which `audit verify` checks", canonical=""),
    "seals": Table(How.SAID, "its heads"),
    "inbox": _record("what had been heard must not be done again", canonical="to_jsonb(t.event_id)"),
    "parked": _record("still to be mended"),
    "heard": Table(How.TRANSIENT, "how far a broker was read; the judge's is said in the file"),
    "relay": Table(How.TRANSIENT, "how far a broker was told"),
    "idempotency": Table(How.TRANSIENT, "answers kept for a day"),
}
OWN: Mapping[str, Mapping[str, Table]] = {
    "intake": {
        "appeals": _record("texts and contacts of enterprises, receipt codes, ratings"),
        "numbers": _record("which registration numbers are taken"),
    },
    "dispatch": {
        "appeals": _record("what units and the office did, and decided"),
        "acts": _record("the same as evidence, with texts and authors"),
        "followers": _record("which appeals are handled with which"),
        "judged": _record("deadlines as heard last, by which requests are decided"),
        "units": _record("the directory", order=_DEEPEST_LAST),
    },
    "escalation": {
        "inbox": Table(How.DERIVED, "filled by hearing again", canonical="to_jsonb(t.event_id)"),
        "cases": Table(How.DERIVED, "judged anew; what was said stays said", canonical=_JUDGED_CASE),
        "history": Table(
            How.DERIVED,
            "heard again; which acts came too late is a record",
            where="late",
            canonical=_HISTORY_ACT,
        ),
        "publications": _record("the units' answers, how the office heard them"),
        "leaders": _record("the directory"),
        "calendars": _record("when which notice became known"),
    },
    "financing": {
        "cases": _record("requests with amounts, consents, complaints"),
        "history": _record("what is judged by, banks' reports among it"),
        "legs": _record("banks' shares as they stand"),
        "reports": _record("what banks reported, and what they were answered"),
        "banks": _record("the directory"),
        "enterprises": _record("what the window knows of them"),
        "calendars": _record("when which notice became known"),
        "bank_messages": _record("what banks were told: not told again"),
        "bank_deliveries": _record("evidence of webhooks"),
        "bank_endpoints": Table(How.TRANSIENT, "holds secrets: entered anew"),
        "bank_replies": _record("how far a bank's replies were read"),
        "numbers": _record("which numbers are taken"),
    },
    "notify": {
        "appeals": _record("whom messages are about"),
        "messages": _record("what was written to whom, and read when: not written again"),
        "deliveries": _record("evidence: not sent again"),
        "attempts": _record("evidence"),
        "contacts": _record("addresses; those with a secret are entered anew", where="secret is null"),
        "preferences": _record("which language people read"),
        "inquiries": _record("whose enterprise intake was asked for"),
        "acknowledgements": _record("who acknowledged what"),
    },
}


def tables(service: str) -> Iterator[Named]:
    """Every table of a service, in an order in which rows can be put back."""
    for name, table in {**BACKBONE, **OWN[service]}.items():
        yield Named(service, name, table)


def every() -> Iterator[Named]:
    """Every table of every service."""
    for service in SERVICES:
        yield from tables(service)


def metadata(service: str) -> sa.MetaData:
    """The tables as the service declares them."""
    found: sa.MetaData = importlib.import_module(f"services.{service}.store").metadata
    return found


def order(one: Named) -> str:
    """The SQL by which its rows are put in order: by key where nothing else is said."""
    keys = metadata(one.service).tables[one.name].primary_key.columns
    return one.table.order or ", ".join(f'"{column.name}"' for column in keys)


def travels(one: Named) -> str | None:
    """Which rows of a table travel as records: an SQL condition, None for no rows."""
    if one.name == "outbox":
        return f"topic <> '{one.service}.events'"
    if one.table.how is How.RECORD or one.table.where != "true":
        return one.table.where
    return None
