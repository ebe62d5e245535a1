"""The live history judged by other packs: what the services hold, without touching it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from huying.local.running_services import RunningServices
from huying.simulate.compare import differences
from huying.simulate.judging import Told, explained, result
from huying.simulate.local_days import WallClock
from huying.simulate.outcome import Outcome
from huying.simulate.results import Figures, Renderer, Result
from huying.simulate.verify import calendars_of, histories
from services.escalation import engine
from shared.events import CATALOGUE, AppealAssigned, CardWithdrawn, Event
from shared.rules.judging.decide import Judgement
from shared.rules.judging.rulings import CardIssued, Lifted
from shared.rules.pack import pack
from shared.rules.pack.pack import Pack
from shared.rules.time.calendar import Calendars


def simulate(
    services: RunningServices,
    pack_ids: Sequence[str],
    out: Path,
    settings: Path | None = None,
    *,
    upto: datetime | None = None,
    of: str | None = None,
    explain: bool = False,
) -> Outcome:
    """Judge all cases of the services by one pack or two, up to `upto` or their now.

    `of` leaves all out but those registered under the pack of this id, in any version. What comes of it is
    written into `out`, a case under its registration number. PackError; ValueError where services refuse.
    """
    started = perf_counter()
    packs = [pack.load(one, settings) for one in pack_ids]
    zone = ZoneInfo(packs[0].zone)
    if upto is None:
        upto = datetime.fromisoformat(services.ask("GET", "escalation", "/flow").json()["now"])
    elif upto.tzinfo is None:
        upto = upto.replace(tzinfo=zone)
    live = _Live(packs, calendars_of(services.ask("GET", "escalation", "/calendars").json()), upto, explain)
    told = sorted(live.told(item for item in histories(services) if _is_of(item, of)))
    outcome = Outcome(out, str(services.urls["escalation"]), packs, upto, live.units)
    numbers = {number: number for number, *_ in told}
    outcome.take(told, [numbers for _ in packs], len(told), explain=explain)
    outcome.finish([live.figures], [], perf_counter() - started)
    return outcome


def _is_of(item: Mapping[str, Any], of: str | None) -> bool:
    return of is None or (item["pack"] or "").partition("@")[0] == of


class _Live:
    """Judges what `GET /histories` gives. `units` are names by code, as far as they were met."""

    def __init__(self, packs: list[Pack], calendars: Calendars, upto: datetime, explain: bool) -> None:
        self.figures = [Figures() for _ in packs]
        self.units: dict[str, str] = {}
        self._packs = packs
        self._calendars = calendars
        self._upto = upto
        self._explain = explain
        self._renderers = [Renderer(WallClock(ZoneInfo(rules.zone))) for rules in packs]

    def told(self, items: Iterator[Mapping[str, Any]]) -> Iterator[Told]:
        """The cases that had come by then, as they stand under each pack."""
        for item in items:
            history = [CATALOGUE[act["type"]].model_validate(act) for act in item["events"]]
            if any(act.occurred_at <= self._upto for act in history):
                yield self._told(UUID(item["appeal_id"]), item["registration_number"], history)

    def _told(self, appeal_id: UUID, number: str, history: list[Event]) -> Told:
        judgements = [
            engine.judge(appeal_id, history, rules, self._calendars, self._upto) for rules in self._packs
        ]
        found = [result(number, number, judgement) for judgement in judgements]
        legs = [leg for act in history if isinstance(act, AppealAssigned) for leg in act.legs]
        units = list(dict.fromkeys(leg.unit for leg in legs))
        self.units |= {leg.unit: leg.unit_name or leg.unit for leg in legs}
        for figures, its, judgement in zip(self.figures, found, judgements, strict=True):
            _count(figures, its, judgement, history, units)
        return (
            number,
            [renderer.rows(its) for renderer, its in zip(self._renderers, found, strict=True)],
            differences(*found) if len(found) > 1 else [],
            [explained(judgement) for judgement in judgements] if self._explain else [],
        )


def _count(
    figures: Figures, its: Result, judgement: Judgement, history: list[Event], units: list[str]
) -> None:
    withdrawn = {act.card_id for act in history if isinstance(act, CardWithdrawn)}
    rulings = judgement.rulings
    cards = [ruling for ruling in rulings if isinstance(ruling, CardIssued)]
    carded = [card.unit for card in cards if card.card_id not in withdrawn]
    lifted = next((ruling.unit for ruling in rulings if isinstance(ruling, Lifted)), None)
    figures.add(its, units, carded, lifted or (units[0] if units else ""))
