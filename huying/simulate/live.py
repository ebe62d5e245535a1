"""Judges the live history by other packs: reads what running services hold, and changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from huying.local.running_services import RunningServices
from huying.simulate import profiles
from huying.simulate.compare import differences
from huying.simulate.judging import JudgedCase, case_result, explanations
from huying.simulate.local_days import LocalDays
from huying.simulate.output import SimulationOutput
from huying.simulate.results import CaseResult, CsvRenderer, Totals
from huying.simulate.verify import calendars_of, histories
from services.escalation import engine
from shared.events import CATALOGUE, AppealAssigned, CardWithdrawn, Event
from shared.rules.judging.decide import Judgement
from shared.rules.judging.rulings import CardIssued, Lifted
from shared.rules.pack import pack_files
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
    excel: bool = False,
) -> SimulationOutput:
    """Judge all cases of the services by one pack or two, up to `upto` or their present.

    `of` keeps only cases registered under the pack of this id, in any version. The output is written into
    `out`, each case under its registration number. PackError; ValueError where services refuse.
    """
    started = perf_counter()
    packs = [pack_files.load(pack_id, settings) for pack_id in pack_ids]
    for rules in packs:
        profiles.check_pack("appeal", rules)
    zone = ZoneInfo(packs[0].zone)
    if upto is None:
        upto = datetime.fromisoformat(services.ask("GET", "escalation", "/flow").json()["now"])
    elif upto.tzinfo is None:
        upto = upto.replace(tzinfo=zone)
    live = _Live(packs, calendars_of(services.ask("GET", "escalation", "/calendars").json()), upto, explain)
    judged = sorted(live.judged(item for item in histories(services) if _is_of(item, of)))
    output = SimulationOutput(out, str(services.urls["escalation"]), packs, upto, live.units, excel=excel)
    numbers = {number: number for number, *_ in judged}
    output.take(judged, [numbers for _ in packs], len(judged), explain=explain)
    output.finish([live.totals], [], perf_counter() - started)
    return output


def _is_of(item: Mapping[str, Any], of: str | None) -> bool:
    return of is None or (item["pack"] or "").partition("@")[0] == of


class _Live:
    """Judges the cases of `GET /histories`. `units` holds the names of the units seen so far, by code."""

    def __init__(self, packs: list[Pack], calendars: Calendars, upto: datetime, explain: bool) -> None:
        self.totals = [Totals() for _ in packs]
        self.units: dict[str, str] = {}
        self._packs = packs
        self._calendars = calendars
        self._upto = upto
        self._explain = explain
        self._renderers = [CsvRenderer(LocalDays(ZoneInfo(rules.zone))) for rules in packs]

    def judged(self, items: Iterator[Mapping[str, Any]]) -> Iterator[JudgedCase]:
        """The cases that began by `upto`, judged under each pack."""
        for item in items:
            history = [CATALOGUE[act["type"]].model_validate(act) for act in item["events"]]
            if any(act.occurred_at <= self._upto for act in history):
                yield self._judged(UUID(item["appeal_id"]), item["registration_number"], history)

    def _judged(self, appeal_id: UUID, number: str, history: list[Event]) -> JudgedCase:
        judgements = [
            engine.judge(appeal_id, history, rules, self._calendars, self._upto) for rules in self._packs
        ]
        results = [case_result(number, number, judgement) for judgement in judgements]
        legs = [leg for act in history if isinstance(act, AppealAssigned) for leg in act.legs]
        units = list(dict.fromkeys(leg.unit for leg in legs))
        self.units |= {leg.unit: leg.unit_name or leg.unit for leg in legs}
        for totals, result, judgement in zip(self.totals, results, judgements, strict=True):
            _count(totals, result, judgement, history, units)
        return (
            number,
            [renderer.rows(result) for renderer, result in zip(self._renderers, results, strict=True)],
            differences(*results) if len(results) > 1 else [],
            [explanations(judgement) for judgement in judgements] if self._explain else [],
        )


def _count(
    totals: Totals, result: CaseResult, judgement: Judgement, history: list[Event], units: list[str]
) -> None:
    withdrawn = {act.card_id for act in history if isinstance(act, CardWithdrawn)}
    rulings = judgement.rulings
    cards = [ruling for ruling in rulings if isinstance(ruling, CardIssued)]
    carded = [card.unit for card in cards if card.card_id not in withdrawn]
    lifted = next((ruling.unit for ruling in rulings if isinstance(ruling, Lifted)), None)
    totals.add(result, units, carded, lifted or (units[0] if units else ""))
