"""Holds what the services hold against the journal: every event, inbox, judgement, message and count.

What must have been judged comes from `judgement`, which shares nothing with the judge of the product.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

import services.notify.messages
from services import SERVICES
from shared.messaging.wire import WATERMARK
from tests.faults.evidence import JUDGED, Evidence, Row
from tests.faults.ground import LENDING
from tests.faults.judgement import Expected, Said
from tests.faults.reckoning import rules

ROUTES = Path(services.notify.messages.__file__).parent / "routing.yaml"
DONE_BY_PEOPLE = {
    *(f"appeal.{what}" for what in ("received", "withdrawn", "assigned", "contacted", "responded")),
    *(f"appeal.{what}" for what in ("completed", "refused", "objected")),
    *(f"loan.{what}" for what in ("requested", "withdrawn", "reported")),
    "objection.decided",
    "lift.requested",
}


class Difference(NamedTuple):
    """One thing that is not as it must be: which check found it, and what it is."""

    kind: str
    words: str


def differences(found: Evidence, upto: datetime) -> Iterator[Difference]:
    """All differences between the journal and what the services hold, judged up to `upto`."""
    expected = {
        id_: Expected(rules(_pack(entries)), entries[0].get("kind", "")).judge(entries, upto)
        for id_, entries in found.journal.items()
        if "opens" in entries[0]
    }
    yield from _acts(found)
    for service in SERVICES:
        yield from _relayed(service, found)
        yield from _heard(service, found)
        yield from _counts(service, found)
    yield from _said(found, expected)
    yield from _cases(found, expected)
    yield from _messages(found, expected)
    yield from _files(found, expected)


def _pack(entries: list[dict[str, Any]]) -> str:
    return str(entries[0].get("pack") or LENDING).partition("@")[0]


def _compared(
    kind: str, wanted: Counter[Hashable], there: Counter[Hashable], names: Mapping[str, str]
) -> Iterator[Difference]:
    """Where two collections differ; the first part of each item is a case's id."""
    for item in wanted.keys() | there.keys():
        if wanted[item] != there[item]:
            assert isinstance(item, tuple)
            case, *rest = item
            said = ", ".join(part.isoformat() if isinstance(part, datetime) else str(part) for part in rest)
            yield Difference(
                kind, f"{names.get(case, case)}: {said}: {wanted[item]} expected, {there[item]} found"
            )


def _names(found: Evidence) -> dict[str, str]:
    return {id_: entries[0]["number"] for id_, entries in found.journal.items()}


def _acts(found: Evidence) -> Iterator[Difference]:
    """What was accepted is an event of its service, once and at its time, and nothing else is."""
    wanted: Counter[Hashable] = Counter(
        (id_, entry["type"], entry["at"]) for id_, entries in found.journal.items() for entry in entries
    )
    there: Counter[Hashable] = Counter(
        (row.key, row.type, row.at)
        for service in ("intake", "dispatch", "financing")
        for row in found.outbox[service]
        if row.type in DONE_BY_PEOPLE
    )
    yield from _compared("act", wanted, there, _names(found))


def _relayed(service: str, found: Evidence) -> Iterator[Difference]:
    """What is in the outbox is on the topic, under its key, each case's in order; and nothing else is.

    Where the broker comes back empty, what was on its way to it may stand before all that is sent again.
    """
    written = {row.id: row for row in found.outbox[service]}
    sent = {id_ for _, id_ in found.topic[service]}
    for id_ in written.keys() - sent:
        yield Difference("relay", f"{service}: {written[id_].type} {id_} never came onto the topic")
    for id_ in sent - written.keys():
        yield Difference("relay", f"{service}: {id_} is on the topic and in no outbox")
    wanted = _by_key((row.key, row.id) for row in found.outbox[service] if row.id in sent)
    orders = [_by_key(one for one in dict.fromkeys(found.topic[service]) if one[1] in written)]
    if not found.durable:
        again = reversed(dict.fromkeys(reversed(found.topic[service])))
        orders.append(_by_key(one for one in again if one[1] in written))
    for key in wanted.keys() | orders[0].keys():
        if wanted.get(key) not in [order.get(key) for order in orders]:
            yield Difference("order", f"{service}: the events of {key} are on the topic in another order")


def _by_key(events: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, id_ in events:
        found[key].append(id_)
    return found


def _heard(service: str, found: Evidence) -> Iterator[Difference]:
    """Every event that a service does something about is in its inbox, and nothing else is."""
    heard, types = found.hears[service]
    meant = {
        row.id: row for name in heard for row in found.outbox[name] if f"{row.type}.v1" in types - {WATERMARK}
    }
    inbox = set(found.inbox[service])
    for id_ in meant.keys() - inbox:
        row = meant[id_]
        yield Difference("inbox", f"{service} never heard {row.type} {id_} of {row.at.isoformat()}")
    for id_ in inbox - meant.keys():
        yield Difference("inbox", f"{service} heard {id_}, which nobody said to it")


def _counts(service: str, found: Evidence) -> Iterator[Difference]:
    """Nothing waits or lies aside, and every event has its link."""
    counts = found.counts[service]
    for what in ("unsent", "parked"):
        if counts[what]:
            yield Difference(what, f"{service}: {counts[what]}")
    if counts["links"] != len(found.outbox[service]):
        rows = len(found.outbox[service])
        yield Difference("links", f"{service}: {counts['links']} links for {rows} events")


def _said(found: Evidence, expected: Mapping[str, Expected]) -> Iterator[Difference]:
    """Reminders, overdues, cards, rounds and lifts are those that follow, each once and at its time."""
    wanted: Counter[Hashable] = Counter(
        (id_, *_plain(said, loan=id_ in found.loans)) for id_, case in expected.items() for said in case.said
    )
    there: Counter[Hashable] = Counter(
        (row.key, *_told(row))
        for service in ("escalation", "financing")
        for row in found.outbox[service]
        if row.type in JUDGED.split()
    )
    yield from _compared("judgement", wanted, there, _names(found))


def _plain(said: Said, *, loan: bool) -> tuple[Hashable, ...]:
    if loan:
        return said.what.replace("appeal.", "loan."), said.leg, 0, said.deadline, said.at, None, None
    if said.what == "card.cleared":
        return said.what, None, 0, "", said.at, said.unit, None
    return said.what, said.leg, said.round, said.deadline, said.at, said.unit, said.leader


def _told(row: Row) -> tuple[Hashable, ...]:
    body = row.body or {}
    if row.type.startswith("loan."):
        return row.type, body["leg"], 0, body["deadline"], row.at, None, None
    leg, number, deadline = body.get("leg_id"), body.get("round", 0), body.get("deadline", "")
    return row.type, leg, number, deadline, row.at, body.get("unit"), body.get("leader")


def _cases(found: Evidence, expected: Mapping[str, Expected]) -> Iterator[Difference]:
    """Every case is known to its judge, with the state, rounds, cards and deadlines that follow."""
    names, wanted, there = _names(found), Counter[Hashable](), Counter[Hashable]()
    for id_, case in expected.items():
        is_loan = found.journal[id_][0]["opens"] == "loan"
        its = (found.loans if is_loan else found.cases).get(id_)
        if its is None:
            yield Difference("case", f"{names[id_]} is not known to its judge")
            continue
        legs = {leg["leg_id"]: leg["leg"] for leg in its.get("legs", ())}
        wanted.update((id_, *deadline.row()) for deadline in case.deadlines)
        there.update((id_, *_row(deadline, legs)) for deadline in its["deadlines"])
        if not is_loan:
            wanted[(id_, "stands", case.state, case.rounds(), case.cards, case.lifted_at)] = 1
            standing = its["state"], its["rounds"], its["cards_counted"], _moment(its["lifted_at"])
            there[(id_, "stands", *standing)] = 1
    for id_ in (found.cases.keys() | found.loans.keys()) - expected.keys():
        yield Difference("case", f"{id_} was registered by nobody")
    yield from _compared("deadline", wanted, there, names)


def _row(one: Mapping[str, Any], legs: Mapping[str, str]) -> tuple[Hashable, ...]:
    leg = legs.get(one["leg_id"], one["leg_id"])
    due_at, met_at = _moment(one["due_at"]), _moment(one["met_at"])
    return leg, one["deadline"], one["round"], due_at, one["verdict"], met_at


def _moment(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None


def _messages(found: Evidence, expected: Mapping[str, Expected]) -> Iterator[Difference]:
    """Whoever must be told of what was judged has the message in the inbox, once."""
    wanted: Counter[Hashable] = Counter(
        (id_, template, recipient, said.at)
        for id_, case in expected.items()
        if id_ not in found.loans
        for said in case.said
        for template, recipient in _recipients(said, id_, case)
    )
    templates = {route["template"] for what in JUDGED.split() for route in _routes(f"{what}.v1")}
    there: Counter[Hashable] = Counter(
        message for message in found.messages if message[1] in templates and message[0] not in found.loans
    )
    yield from _compared("message", wanted, there, _names(found))


@cache
def _all_routes() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load(ROUTES.read_text("utf-8"))["routes"]
    return found


def _routes(type_: str) -> list[dict[str, Any]]:
    return _all_routes().get(type_, [])


def _recipients(said: Said, id_: str, case: Expected) -> Iterator[tuple[str, str]]:
    """Template and recipient of each message about it."""
    fields = {"deadline": said.deadline, "unit": said.unit or "~", "reason": "overdue"}
    leader = said.leader or next((one.leader for one in case.said if one.what == "appeal.lifted"), None)
    addresses = {
        "unit": said.unit and f"unit:{said.unit}",
        "head": said.unit and f"head:{said.unit}",
        "leader": leader and f"leader:{leader}",
        "office": "office",
        "enterprise": f"enterprise:{id_}",
    }
    told: set[str] = set()
    for route in _routes(f"{said.what}.v1"):
        if all(fields[name] in values for name, values in route.get("when", {}).items()):
            for word in route["to"]:
                recipient = addresses[word]
                if recipient and recipient not in told:
                    told.add(recipient)
                    yield route["template"], recipient


def _files(found: Evidence, expected: Mapping[str, Expected]) -> Iterator[Difference]:
    """Who only hears of a case sees it as it stands: registered are as many as open, done and withdrawn."""
    names, wanted, there = _names(found), Counter[Hashable](), Counter[Hashable]()
    for id_, case in expected.items():
        if id_ in found.loans:
            continue
        wanted[(id_, "at intake", case.state)] = 1
        there[(id_, "at intake", found.states.get(id_))] = 1
        legs = (leg for leg in case.legs.values())
        wanted.update((id_, "at dispatch", leg.id, leg.round, _leg_state(leg)) for leg in legs)
        file = found.files.get(id_, {"legs": []})
        there.update((id_, "at dispatch", leg["leg_id"], leg["round"], leg["state"]) for leg in file["legs"])
        wanted.update((id_, "at notify", leg.id) for leg in case.legs.values())
        addressed = found.addressed.get(id_, {"legs": []})
        there.update((id_, "at notify", leg["leg_id"]) for leg in addressed["legs"])
    yield from _compared("file", wanted, there, names)


def _leg_state(leg: Any) -> str:
    return "ended" if leg.ended else "completed" if leg.completed else "open"
