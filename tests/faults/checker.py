"""Compares what the services hold with the journal: every event, inbox, judgement, message and count.

What must have been judged is computed by `judgement`, which shares no code with the judge of the product.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from services import SERVICES
from shared.messaging.wire import WATERMARK
from tests.faults.environment import LENDING
from tests.faults.evidence import JUDGED, Evidence, OutboxRow
from tests.faults.expected import ExpectedEvent
from tests.faults.expected_messages import messages_about, templates_of
from tests.faults.judgement import ExpectedCase
from tests.faults.reckoning import rules

DONE_BY_PEOPLE = {
    *(f"appeal.{act}" for act in ("received", "withdrawn", "assigned", "contacted", "responded")),
    *(f"appeal.{act}" for act in ("completed", "refused", "objected", "paused", "resumed", "extended")),
    *(f"appeal.{act}" for act in ("rated", "reopened", "signed_off", "promised", "gathered")),
    *(f"appeal.{act}" for act in ("merged", "unmerged")),
    *(f"stage.{act}" for act in ("reached", "proposed", "declined")),
    *(f"loan.{act}" for act in ("requested", "withdrawn", "reported")),
    *(f"loan.{act}" for act in ("withdrawal_asked", "withdrawal_answered")),
    "objection.decided",
    "lift.requested",
    "extension.requested",
    "extension.denied",
}


class Difference(NamedTuple):
    """Something that is not as it must be: the kind of check that found it, and a description."""

    kind: str
    words: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.words}"


def differences(evidence: Evidence, upto: datetime) -> Iterator[Difference]:
    """All differences between the journal and what the services hold, judged up to `upto`."""
    expected = {
        id_: ExpectedCase(rules(_pack(entries)), entries[0].get("kind", "")).judge(entries, upto)
        for id_, entries in evidence.journal.items()
        if "opens" in entries[0]
    }
    yield from _acts(evidence)
    for service in SERVICES:
        yield from _relayed(service, evidence)
        yield from _heard(service, evidence)
        yield from _counts(service, evidence)
    yield from _judgements(evidence, expected)
    yield from _cases(evidence, expected)
    yield from _messages(evidence, expected)
    yield from _files(evidence, expected)
    yield from _records(evidence)


def _pack(entries: list[dict[str, Any]]) -> str:
    return str(entries[0].get("pack") or LENDING).partition("@")[0]


def _compared(
    kind: str, wanted: Counter[Hashable], held: Counter[Hashable], names: Mapping[str, str]
) -> Iterator[Difference]:
    """The differences of two collections; the first part of each item is a case's id."""
    for item in wanted.keys() | held.keys():
        if wanted[item] != held[item]:
            assert isinstance(item, tuple)
            case, *rest = item
            words = ", ".join(part.isoformat() if isinstance(part, datetime) else str(part) for part in rest)
            counts = f"{wanted[item]} expected, {held[item]} found"
            yield Difference(kind, f"{names.get(case, case)}: {words}: {counts}")


def _names(evidence: Evidence) -> dict[str, str]:
    return {id_: entries[0]["number"] for id_, entries in evidence.journal.items()}


def _acts(evidence: Evidence) -> Iterator[Difference]:
    """Every accepted act is an event of its service, once and at its time; no other act is."""
    wanted: Counter[Hashable] = Counter(
        (id_, entry["type"], entry["at"]) for id_, entries in evidence.journal.items() for entry in entries
    )
    held: Counter[Hashable] = Counter(
        (row.key, row.type, row.at)
        for service in ("intake", "dispatch", "escalation", "financing")
        for row in evidence.outbox[service]
        if row.type in DONE_BY_PEOPLE
    )
    yield from _compared("act", wanted, held, _names(evidence))


def _relayed(service: str, evidence: Evidence) -> Iterator[Difference]:
    """Every event of the outbox is on the topic under its key, each case's in order; nothing else is.

    A broker that comes back empty is sent everything again; records in flight at its death may stand before.
    """
    written = {row.id: row for row in evidence.outbox[service]}
    sent = {id_ for _, id_ in evidence.topic[service]}
    for id_ in written.keys() - sent:
        yield Difference("relay", f"{service}: {written[id_].type} {id_} never came onto the topic")
    for id_ in sent - written.keys():
        yield Difference("relay", f"{service}: {id_} is on the topic and in no outbox")
    wanted = _by_key((row.key, row.id) for row in evidence.outbox[service] if row.id in sent)
    orders = [_by_key(event for event in dict.fromkeys(evidence.topic[service]) if event[1] in written)]
    if not evidence.durable:
        last_sent = reversed(dict.fromkeys(reversed(evidence.topic[service])))
        orders.append(_by_key(event for event in last_sent if event[1] in written))
    for key in wanted.keys() | orders[0].keys():
        if wanted.get(key) not in [order.get(key) for order in orders]:
            yield Difference("order", f"{service}: the events of {key} are on the topic in another order")


def _by_key(events: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for key, id_ in events:
        ids[key].append(id_)
    return ids


def _heard(service: str, evidence: Evidence) -> Iterator[Difference]:
    """Every event that a service has a handler for is in its inbox; nothing else is."""
    heard, types = evidence.hears[service]
    meant = {
        row.id: row
        for name in heard
        for row in evidence.outbox[name]
        if f"{row.type}.v1" in types - {WATERMARK}
    }
    inbox = set(evidence.inbox[service])
    for id_ in meant.keys() - inbox:
        row = meant[id_]
        yield Difference("inbox", f"{service} never handled {row.type} {id_} of {row.at.isoformat()}")
    for id_ in inbox - meant.keys():
        yield Difference("inbox", f"{service} handled {id_}, which is in no outbox it reads")


def _counts(service: str, evidence: Evidence) -> Iterator[Difference]:
    """No event is unsent or parked, and every event has its link in the hash chain."""
    counts = evidence.counts[service]
    for kind in ("unsent", "parked"):
        if counts[kind]:
            yield Difference(kind, f"{service}: {counts[kind]}")
    if counts["links"] != len(evidence.outbox[service]):
        rows = len(evidence.outbox[service])
        yield Difference("links", f"{service}: {counts['links']} links for {rows} events")


def _judgements(evidence: Evidence, expected: Mapping[str, ExpectedCase]) -> Iterator[Difference]:
    """Reminders, overdues, cards, rounds and lifts are those expected, each once and at its time."""
    wanted: Counter[Hashable] = Counter(
        (id_, *_expected_row(event, loan=id_ in evidence.loans))
        for id_, case in expected.items()
        for event in case.events
    )
    held: Counter[Hashable] = Counter(
        (row.key, *_held_row(row))
        for service in ("escalation", "financing")
        for row in evidence.outbox[service]
        if row.type in JUDGED.split()
    )
    yield from _compared("judgement", wanted, held, _names(evidence))


def _expected_row(event: ExpectedEvent, *, loan: bool) -> tuple[Hashable, ...]:
    if loan:
        of_office = event.unit is None and event.type != "appeal.raised"
        type_ = event.type.replace("appeal.", "loan.office_" if of_office else "loan.")
        return type_, event.leg, 0, event.deadline, event.at, None, None, event.to
    if event.type == "card.cleared":
        return event.type, None, 0, "", event.at, event.unit, None, None
    return event.type, event.leg, event.round, event.deadline, event.at, event.unit, event.leader, event.to


def _held_row(row: OutboxRow) -> tuple[Hashable, ...]:
    body = row.body or {}
    if row.type.startswith("loan."):
        return row.type, body["leg"], 0, body["deadline"], row.at, None, None, body.get("to")
    leg, number, deadline = body.get("leg_id"), body.get("round", 0), body.get("deadline", "")
    return row.type, leg, number, deadline, row.at, body.get("unit"), body.get("leader"), body.get("to")


def _cases(evidence: Evidence, expected: Mapping[str, ExpectedCase]) -> Iterator[Difference]:
    """Every case is known to its judge, with the state, rounds, cards and deadlines that follow."""
    names, wanted, held = _names(evidence), Counter[Hashable](), Counter[Hashable]()
    for id_, case in expected.items():
        is_loan = evidence.journal[id_][0]["opens"] == "loan"
        judged = (evidence.loans if is_loan else evidence.cases).get(id_)
        if judged is None:
            yield Difference("case", f"{names[id_]} is not known to its judge")
            continue
        legs = {leg["leg_id"]: leg["leg"] for leg in judged.get("legs", ())}
        wanted.update((id_, *deadline.row()) for deadline in case.deadlines)
        held.update((id_, *_deadline_row(deadline, legs)) for deadline in judged["deadlines"])
        if not is_loan:
            wanted[(id_, "stands", case.state, case.rounds(), case.cards, case.first_lifted_at)] = 1
            state = judged["state"], judged["rounds"], judged["cards_counted"], _moment(judged["lifted_at"])
            held[(id_, "stands", *state)] = 1
    for id_ in (evidence.cases.keys() | evidence.loans.keys()) - expected.keys():
        yield Difference("case", f"{id_} was registered by nobody")
    yield from _compared("deadline", wanted, held, names)


def _deadline_row(deadline: Mapping[str, Any], legs: Mapping[str, str]) -> tuple[Hashable, ...]:
    leg = legs.get(deadline["leg_id"], deadline["leg_id"])
    due_at, met_at = _moment(deadline["due_at"]), _moment(deadline["met_at"])
    return leg, deadline["deadline"], deadline["round"], due_at, deadline["verdict"], met_at


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _messages(evidence: Evidence, expected: Mapping[str, ExpectedCase]) -> Iterator[Difference]:
    """Everybody who must be told of a judgement has the message once."""
    wanted: Counter[Hashable] = Counter(
        (id_, template, recipient, event.at)
        for id_, case in expected.items()
        if id_ not in evidence.loans
        for event in case.events
        for template, recipient in messages_about(event, id_, case)
    )
    templates = {template for type_ in JUDGED.split() for template in templates_of(type_)}
    held: Counter[Hashable] = Counter(
        message
        for message in evidence.messages
        if message[1] in templates and message[0] not in evidence.loans
    )
    yield from _compared("message", wanted, held, _names(evidence))


def _files(evidence: Evidence, expected: Mapping[str, ExpectedCase]) -> Iterator[Difference]:
    """Intake, dispatch and notify see each case in its state: registered = open + done + withdrawn."""
    names, wanted, held = _names(evidence), Counter[Hashable](), Counter[Hashable]()
    for id_, case in expected.items():
        if id_ in evidence.loans:
            continue
        wanted[(id_, "at intake", case.state)] = 1
        held[(id_, "at intake", evidence.states.get(id_))] = 1
        legs = [*case.legs.values(), *case.unjudged.values()]
        wanted.update((id_, "at dispatch", leg.id, leg.round, leg.state()) for leg in legs)
        file = evidence.files.get(id_, {"legs": []})
        held.update((id_, "at dispatch", leg["leg_id"], leg["round"], leg["state"]) for leg in file["legs"])
        wanted.update((id_, "at notify", leg.id) for leg in legs)
        addressed = evidence.addressed.get(id_, {"legs": []})
        held.update((id_, "at notify", leg["leg_id"]) for leg in addressed["legs"])
    yield from _compared("file", wanted, held, names)


def _records(evidence: Evidence) -> Iterator[Difference]:
    """Each bank's record counts what it said to be withdrawn by what the enterprise answered."""
    wanted: Counter[Hashable] = Counter()
    for id_ in evidence.loans:
        entries = evidence.journal[id_]
        banks = {leg["leg"]: leg["unit"] for leg in entries[0]["legs"]}
        answers = {entry["leg"]: entry for entry in entries if entry["type"] == "loan.withdrawal_answered"}
        for entry in entries:
            if entry["type"] == "loan.withdrawal_asked":
                answer = answers.get(entry["leg"])
                became = "open" if answer is None else "confirmed" if answer["ends_leg"] else "denied"
                wanted[banks[entry["leg"]], became] += 1
    held: Counter[Hashable] = Counter(
        {(bank, became): n for bank, counts in evidence.records.items() for became, n in counts.items()}
    )
    yield from _compared("record", wanted, held, {})
