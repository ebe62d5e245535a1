"""The live history judged by other packs, read page by page from services that are a transport here."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from huying.local.running_services import RunningServices
from huying.simulate import live
from huying.simulate.output import SimulationOutput
from services.escalation.engine import judge
from shared import events
from shared.events import Channel, Event, Kind, Leg, Role
from shared.events import Outcome as How
from shared.rules.judging.rulings import CardIssued
from shared.rules.pack import pack_files
from shared.rules.time import notices
from shared.rules.time.calendar import Calendar

LEGS = (UUID(int=11), UUID(int=12))
NOW = "2026-03-31T00:00:00+00:00"
PUBLISHED = notices.published(None)
CALENDAR = notices.Known(PUBLISHED.version, datetime(2020, 1, 1, tzinfo=UTC), PUBLISHED.notices).data()


def acts(number: int, replied_on: int | None) -> list[Event]:
    """Received and dispatched to two units on Monday 2 March 09:00; the first replies and completes."""
    at = datetime(2026, 3, 2, 1, tzinfo=UTC)
    case: dict[str, Any] = {
        "appeal_id": UUID(int=100 + number),
        "registration_number": f"BZ-20260302-{number:05}",
    }
    legs = (
        Leg(leg_id=LEGS[0], unit="roads", unit_name="交通局", role=Role.LEAD),
        Leg(leg_id=LEGS[1], unit="town", role=Role.ASSIST),
    )
    history: list[Event] = [
        events.AppealReceived(
            **case, occurred_at=at, channel=Channel.WEB, kind=Kind.HELP, title="路", pack="bozhou-2024@1"
        ),
        events.AppealAssigned(**case, occurred_at=at, legs=legs),
    ]
    for leg, unit in zip(LEGS, ("roads", "town"), strict=True) if replied_on else ():
        at = at.replace(day=replied_on or 0)
        completion = {**case, "occurred_at": at, "leg_id": leg, "unit": unit}
        history.append(events.AppealCompleted(**completion, outcome=How.SOLVED))
    return history


def item(history: list[Event], pack: str = "bozhou-2024@1") -> dict[str, Any]:
    documents = [{"type": act.type, **act.model_dump(mode="json")} for act in history]
    case = {"appeal_id": str(history[0].appeal_id), "registration_number": history[0].registration_number}
    return {**case, "pack": pack, "events": documents}


class Services:
    """Escalation, with two cases a page."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = items
        self.asked: list[str] = []

    def where(self, key: str = "key") -> RunningServices:
        return RunningServices(
            {"escalation": "http://here/escalation"}, key, httpx.MockTransport(self.answer)
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if request.headers["authorization"] != "Bearer key":
            return httpx.Response(401, json={"detail": "this API key is not known"})
        match request.url.path:
            case "/escalation/flow":
                return httpx.Response(200, json={"now": NOW})
            case "/escalation/calendars":
                return httpx.Response(200, json={"zone": "Asia/Shanghai", "items": [CALENDAR]})
        first = int(request.url.params.get("cursor", 0))
        more = str(first + 2) if first + 2 < len(self.items) else None
        return httpx.Response(200, json={"items": self.items[first : first + 2], "next": more})


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


CASES = (item(acts(1, 3)), item(acts(2, 10)), item(acts(3, None)), item(acts(4, None), "other@2"))


def simulated(folder: Path, *packs: str, **how: Any) -> SimulationOutput:
    return live.simulate(Services(*CASES).where(), packs or ["bozhou-2024@2"], folder, **how)


def test_live_cases_are_judged_by_the_pack_given_page_by_page(tmp_path: Path) -> None:
    """Contact is due on the 3rd, a reply on the 5th and, dispatched again, on Monday the 9th, at 24:00."""
    outcome = simulated(tmp_path)
    outcomes = [(row["source_id"][-1], row["state"], row["cards"]) for row in rows(tmp_path / "cases.csv")]
    assert outcomes == [
        ("1", "completed", "0"),
        ("2", "completed", "2"),
        ("3", "lifted", "2"),
        ("4", "lifted", "2"),
    ]
    assert (outcome.totals[0].cards, outcome.totals[0].lifts) == (6, 3)
    assert outcome.units == {"roads": "交通局", "town": "town"}


def test_cards_and_cases_count_for_the_unit_whose_leg_it_was(tmp_path: Path) -> None:
    simulated(tmp_path)
    counts = [(row["unit"], row["cases"], row["cards"], row["lifts"]) for row in rows(tmp_path / "units.csv")]
    assert counts == [("roads", "4", "3", "3"), ("town", "4", "3", "0")]


def test_a_card_that_was_withdrawn_counts_for_nobody(tmp_path: Path) -> None:
    history = acts(2, 10)
    case = {"appeal_id": history[0].appeal_id, "registration_number": history[0].registration_number}
    judged = judge(
        history[0].appeal_id,
        history,
        pack_files.load("bozhou-2024@2"),
        Calendar.load(ZoneInfo("Asia/Shanghai")),
        history[-1].occurred_at,
    )
    card = next(
        ruling for ruling in judged.rulings if isinstance(ruling, CardIssued) and ruling.unit == "town"
    )
    at = history[-1].occurred_at
    taken_back = events.CardWithdrawn(
        **case, occurred_at=at, card_id=card.card_id, unit="town", reason="误发"
    )
    outcome = live.simulate(Services(item([*history, taken_back])).where(), ["bozhou-2024@2"], tmp_path)
    assert outcome.totals[0].cards == 1
    assert +outcome.totals[0].unit_cards == {"roads": 1}


def test_an_earlier_moment_leaves_out_what_came_later(tmp_path: Path) -> None:
    due_minute_over = datetime(2026, 3, 6, 0, 1)  # noqa: DTZ001 - local, as it is typed
    outcome = simulated(tmp_path, upto=due_minute_over)
    assert (outcome.cases, outcome.totals[0].cards, outcome.totals[0].lifts) == (4, 6, 0)
    assert outcome.upto == datetime(2026, 3, 5, 16, 1, tzinfo=UTC)
    assert simulated(tmp_path, upto=datetime(2026, 3, 1, tzinfo=UTC)).cases == 0


def test_cases_of_another_pack_can_be_left_out(tmp_path: Path) -> None:
    assert simulated(tmp_path, of="bozhou-2024").cases == 3


def test_two_packs_are_compared_and_explained_on_the_live_history(tmp_path: Path) -> None:
    outcome = simulated(tmp_path, "bozhou-2024@2", "case-limits@2", explain=True)
    assert outcome.differing == 3
    (first, *_) = rows(tmp_path / "bozhou-2024@2" / "explanations.csv")
    assert (first["leg"], first["deadline"]) == ("roads", "contact")
    assert "2026-03-03 24:00" in first["zh"]
    assert "2026-03-03 24:00" in first["en"]


def test_services_that_refuse_the_key_are_named(tmp_path: Path) -> None:
    services = Services(*CASES)
    with pytest.raises(ValueError, match=r"http://here/escalation/flow answers 401: this API key"):
        live.simulate(services.where("wrong"), ["bozhou-2024@2"], tmp_path)
    assert services.asked == ["/escalation/flow"]


def test_a_pack_for_loan_requests_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'bozhou-2024-financing' judges loan requests"):
        simulated(tmp_path, "bozhou-2024@2", "bozhou-2024-financing")
