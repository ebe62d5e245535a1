"""The live history under the pack in force gives what was issued; under another, what would have been."""

import csv
from pathlib import Path
from typing import Any

import httpx

from huying.local.running_services import RunningServices
from huying.simulate import live
from tests.city import City
from tests.scenarios.test_verify import story


async def answers(city: City) -> RunningServices:
    """What a simulation asks escalation for, asked beforehand."""
    answers_of: dict[str, Any] = {"/escalation/flow": await city.ok("ops", "GET", "/escalation/flow")}
    answers_of["/escalation/calendars"] = await city.ok("office", "GET", "/escalation/calendars")
    cursor: str | None = ""
    while cursor is not None:
        page = await city.ok(
            "office", "GET", f"/escalation/histories?limit=2{cursor and f'&cursor={cursor}'}"
        )
        answers_of["/escalation/histories" + cursor] = page
        cursor = page["next"]

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=answers_of[request.url.path + request.url.params.get("cursor", "")])

    return RunningServices({"escalation": "http://city/escalation"}, "key", httpx.MockTransport(answer))


def column(path: Path, name: str) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["source_id"]: row[name] for row in csv.DictReader(lines)}


async def test_the_pack_in_force_gives_the_cards_and_lifts_that_were_issued(
    city: City, tmp_path: Path
) -> None:
    appeals = await story(city)
    outcome = live.simulate(await answers(city), ["bozhou-2024"], tmp_path)
    cases = [await city.case(appeal) for appeal in appeals.values()]
    cards = [card for case in cases for card in case["cards"]]
    issued = sum(card["status"] != "withdrawn" for card in cards)
    assert 0 < outcome.totals[0].cards == issued < len(cards)
    assert outcome.totals[0].lifts == len(await city.published("escalation", "appeal.lifted.v1")) > 0
    assert column(tmp_path / "cases.csv", "state") == {
        case["registration_number"]: case["state"] for case in cases
    }


async def test_another_pack_says_what_would_have_changed(city: City, tmp_path: Path) -> None:
    appeals = await story(city)
    outcome = live.simulate(await answers(city), ["bozhou-2024", "case-limits"], tmp_path)
    assert (outcome.cases, outcome.totals[1].cards, outcome.totals[1].lifts) == (len(appeals), 0, 0)
    assert outcome.differing == 4  # the timely one too: only Bozhou's office follows it up
