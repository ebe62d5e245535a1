"""Cases that version 0.1.0 registered and judged are judged to the same today, by the packs that they name.

`city-0.1.0.ndjson.gz` is an export made by that version, of an invented city on a driven clock: a moment
given for the completion passes amid a pause; nobody replies; a reply comes half a minute after 24:00; half a
working day from 11:00:20 ends at 16:45:20; after a long pause a reminder comes at once; acts at odd seconds.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from huying.archive.audit import verified
from huying.archive.files import lines
from services.escalation import engine
from shared.events import CATALOGUE, AppealJudged, AppealPaused, AppealReceived, Event
from shared.judging.deadlines import stated
from shared.rules.judging.decide import Judgement
from shared.rules.pack import pack_files
from shared.rules.time.calendar import Calendar
from tests.packs.histories import SETTINGS

EXPORT = Path(__file__).parent / "city-0.1.0.ndjson.gz"
CALENDAR = Calendar.load(ZoneInfo("Asia/Shanghai"))
UPTO = datetime.fromisoformat("2026-12-20T12:00+08:00")


def exported() -> Iterator[Event]:
    """The events of appeals in the export."""
    for line in lines(EXPORT):
        event = json.loads(line)
        about_appeals = event["source"] in ("/huying/intake", "/huying/dispatch", "/huying/escalation")
        if about_appeals and event["type"] in CATALOGUE:
            yield CATALOGUE[event["type"]].model_validate(
                event["data"] | {"id": event["id"], "occurred_at": event["time"]}
            )


def by_case() -> dict[str, list[Event]]:
    cases: dict[str, list[Event]] = {}
    for event in exported():
        cases.setdefault(event.registration_number, []).append(event)
    return cases


CASES = by_case()


def judged(events: list[Event], ref: str = "") -> Judgement:
    """The case judged by the pack that it names, or by another."""
    received = events[0]
    assert isinstance(received, AppealReceived)
    history = [event for event in events if type(event) in engine.ACTS]
    return engine.judge(
        received.appeal_id, history, pack_files.load(ref or received.pack, SETTINGS), CALENDAR, UPTO
    )


def rulings(events: list[Event], ref: str = "") -> dict[UUID, Event]:
    case = events[0].appeal_id, events[0].registration_number
    emitted = [engine.to_event(ruling, *case) for ruling in judged(events, ref).rulings]
    return {event.id: event for event in emitted}


def test_the_export_is_whole_and_holds_what_it_is_kept_for():
    assert verified(EXPORT).events == 168
    assert sorted(events[0].pack for events in CASES.values()) == [
        "bowu-2022@1",
        *["bozhou-2024@1"] * 3,
        "xuancheng-2024@1.1",
    ]


@pytest.mark.parametrize("number", CASES)
def test_a_case_of_version_0_1_0_is_judged_as_it_was(number: str):
    events = CASES[number]
    was = {event.id: event for event in events if type(event) in engine.EVENTS.values()}
    assert rulings(events) == was
    judgement = [event for event in events if isinstance(event, AppealJudged)][-1]
    assert judgement.deadlines == tuple(stated([], judged(events).deadlines))


@pytest.mark.parametrize("number", CASES)
def test_it_would_be_judged_otherwise_by_the_newest_version(number: str):
    """What version 2 changes is in the export: else it would show nothing."""
    name = CASES[number][0].pack.partition("@")[0]
    assert rulings(CASES[number]) != rulings(CASES[number], name)


def test_a_pause_of_version_0_1_0_is_written_down_as_it_was():
    pauses = [event for event in exported() if isinstance(event, AppealPaused)]
    assert len(pauses) == 2
    assert all("runs_on" not in event.model_dump(mode="json") for event in pauses)
