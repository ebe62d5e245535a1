"""`huying verify`: judges every case anew from its history and compares the result with what was issued."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from huying.local.running_services import RunningServices
from services.escalation import engine
from shared.events import CATALOGUE, AppealLifted, CardIssued, Event
from shared.rules.pack import pack_files
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import Calendars
from shared.rules.time.notices import Known

PAGE = "200"
_COMPARED: dict[type[Event], tuple[str, ...]] = {
    CardIssued: ("unit", "leg_id", "round", "deadline", "due_at", "card", "clause", "occurred_at"),
    AppealLifted: ("unit", "leader", "level", "reason", "clause", "occurred_at"),
}
_CALLED: dict[str, str] = {CardIssued.type: "card", AppealLifted.type: "lift"}
NONE = "nothing"


class IssuedDifference(NamedTuple):
    """Something that was issued is not what the history gives, and the likely reason."""

    case: str
    subject: str
    expected: str
    issued: str
    reason: str


@dataclass(slots=True)
class Verification:
    """Counts of what was compared, and the differences. `waiting` cases have acts not judged yet."""

    cases: int = 0
    cards: int = 0
    lifts: int = 0
    waiting: int = 0
    differences: list[IssuedDifference] = field(default_factory=list)


def verify(services: RunningServices, packs: Sequence[Path], settings: Path | None) -> bool:
    """Print the differences between what was issued and what histories give; whether there are none.

    `packs` are files of packs that are not shipped. PackError for a pack that is missing.
    """
    own = {rules.ref: rules for rules in (pack_files.load(path, settings) for path in packs)}
    pack_of = cache(lambda ref: own.get(ref) or pack_files.load(ref, settings))
    calendars = calendars_of(services.ask("GET", "escalation", "/calendars").json())
    verification = verified(histories(services), pack_of, calendars)
    Console(markup=False).print(_table(verification))
    return not verification.differences


def histories(services: RunningServices) -> Iterator[dict[str, Any]]:
    """The cases of `GET /histories`, page by page."""
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        page = services.ask("GET", "escalation", "/histories", limit=PAGE, **cursor).json()
        yield from page["items"]
        cursor = {"cursor": page["next"]} if page["next"] else None


def calendars_of(answer: Mapping[str, Any]) -> Calendars:
    """The calendars in an answer of `GET /calendars`."""
    return Calendars.of(ZoneInfo(answer["zone"]), map(Known.of, answer["items"]))


def verified(
    items: Iterable[Mapping[str, Any]], pack_of: Callable[[str], Pack], calendars: Calendars
) -> Verification:
    """Compare the cases of `GET /histories`, each judged anew up to the moment it was judged."""
    verification = Verification()
    for item in items:
        verification.cases += 1
        types = [issued["type"] for issued in item["issued"]]
        verification.cards += types.count(CardIssued.type)
        verification.lifts += types.count(AppealLifted.type)
        if item["stuck"]:
            number = item["registration_number"]
            verification.differences.append(
                IssuedDifference(number, "case", "a judgement", NONE, item["stuck"])
            )
        elif item["waits"]:
            verification.waiting += 1
        elif item["pack"] and item["judged_upto"]:
            expected = _expected(item, pack_of(item["pack"]), calendars)
            verification.differences += _differences(item, expected)
    return verification


def _expected(item: Mapping[str, Any], rules: Pack, calendars: Calendars) -> list[Event]:
    history = [CATALOGUE[act["type"]].model_validate(act) for act in item["events"]]
    appeal_id, upto = UUID(item["appeal_id"]), datetime.fromisoformat(item["judged_upto"])
    judgement = engine.judge(appeal_id, history, rules, calendars, upto)
    return [engine.to_event(ruling, appeal_id, item["registration_number"]) for ruling in judgement.rulings]


def _differences(item: Mapping[str, Any], expected: Sequence[Event]) -> Iterator[IssuedDifference]:
    case = _IssuedCase(item)
    unseen = {_id(event): event for event in expected if type(event) in _COMPARED}
    for id_, issued in case.issued(unseen.values()):
        event = unseen.pop(id_, None)
        if event is None:
            yield case.differs(_called(issued), NONE, _named(issued), case.why(_NO_GROUND))
        else:
            yield from case.compared(event, issued)
    for event in unseen.values():
        reason = _REMOVED if event.id in case.said else _NEVER_SAID
        yield case.differs(_called_event(event), _named_event(event), NONE, case.why(reason))
    yield from _unsaid(case, expected)


def _unsaid(case: "_IssuedCase", expected: Sequence[Event]) -> Iterator[IssuedDifference]:
    ids = {event.id for event in expected}
    for event in expected:
        if event.id not in case.said and type(event) not in _COMPARED:
            yield case.differs(event.type, _named_event(event), NONE, case.why(_NEVER_SAID))
    groundless = len(case.said - ids)
    if groundless:
        yield case.differs("said", NONE, f"{groundless} events", case.why(_NO_GROUND))


_NO_GROUND = "no act leads to it: acts are missing, or the pack, its settings or the calendar are others"
_NEVER_SAID = "it was never said: acts were added, or the pack, its settings or the calendar are others"
_REMOVED = "it was said, and its record was taken away"
_CHANGED = "its record was changed after it was issued"


class _IssuedCase:
    """One case of `GET /histories`."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        self._item = item
        self.said = {UUID(id_) for id_ in item["said"]}

    def issued(self, expected: Iterable[Event]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """What was issued, by id; a lift stored without id by an older release is matched by its moment."""
        lifts = {event.occurred_at: str(event.id) for event in expected if type(event) is AppealLifted}
        for issued in self._item["issued"]:
            at = datetime.fromisoformat(issued["occurred_at"])
            yield issued["id"] or lifts.get(at, ""), issued

    def compared(self, event: Event, issued: Mapping[str, Any]) -> Iterator[IssuedDifference]:
        """The fields of one card or lift that differ."""
        for name in _COMPARED[type(event)]:
            expected, recorded = _plain(getattr(event, name)), _plain(issued[name], name)
            if expected != recorded:
                yield self.differs(
                    f"{_called(issued)} {issued['id']}, {name}", expected, recorded, self.why(_CHANGED)
                )

    def why(self, usual: str) -> str:
        """The acts that came too late, if there are any; else the usual reason."""
        late = [act for act in self._item["events"] if act["id"] in self._item["late"]]
        named = ", ".join(f"{act['type']} of {act['occurred_at']}" for act in late)
        return f"came when its moment had been judged: {named}" if late else usual

    def differs(self, subject: str, expected: str, issued: str, reason: str) -> IssuedDifference:
        return IssuedDifference(self._item["registration_number"], subject, expected, issued, reason)


def _id(event: Event) -> str:
    return str(event.card_id if isinstance(event, CardIssued) else event.id)


def _plain(value: object, name: str = "") -> str:
    if isinstance(value, str) and name in ("due_at", "occurred_at"):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return NONE if value is None else str(value)


def _called(issued: Mapping[str, Any]) -> str:
    return _CALLED[issued["type"]]


def _called_event(event: Event) -> str:
    return _CALLED[event.type]


def _named(issued: Mapping[str, Any]) -> str:
    return f"{issued['unit'] or 'the office'}, {_plain(issued['occurred_at'], 'occurred_at')}"


def _named_event(event: Event) -> str:
    unit = getattr(event, "unit", None) or "the office"
    return f"{unit}, {_plain(event.occurred_at)}"


def _table(verification: Verification) -> Table | str:
    counted = f"{verification.cases:,} cases, {verification.cards:,} cards, {verification.lifts:,} lifts"
    waiting = (
        f" ({verification.waiting:,} cases have news that are still to be judged)"
        if verification.waiting
        else ""
    )
    if not verification.differences:
        return f"{counted}: exactly what was issued{waiting}"
    title = f"{counted}: {len(verification.differences):,} differences{waiting}"
    table = Table(title=title)
    for name in ("case", "what", "expected", "issued", "likely reason"):
        table.add_column(name, overflow="fold")
    for difference in verification.differences:
        table.add_row(*difference)
    return table
