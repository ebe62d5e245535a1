"""The state and the timeline of an appeal at intake after the events that were heard of it."""

from itertools import permutations

import pytest

from services.intake.handlers import HANDLERS, SILENT
from shared import events
from shared.events import CATALOGUE, Event
from shared.rules.judging.state import CaseState
from tests.unit.intake.case import (
    APPROVED,
    CLOSED,
    FOUND,
    LEG,
    LIFTED,
    OTHER,
    REFERRED,
    again,
    appeal_event,
    assigned,
    completed,
    contacted,
    heard,
    hours,
    overdue,
    relieved,
    upheld,
    watched,
)


@pytest.mark.parametrize(
    ("history", "state"),
    [
        ((), CaseState.REGISTERED),
        ((assigned(),), CaseState.DISPATCHED),
        ((assigned(), upheld(2, yes=False)), CaseState.DISPATCHED),
        ((assigned(), upheld(2)), CaseState.REGISTERED),  # nobody has it any more
        ((assigned(1, LEG, OTHER), completed(3)), CaseState.DISPATCHED),
        ((assigned(1, LEG, OTHER), completed(3), completed(4, OTHER)), CaseState.COMPLETED),
        ((assigned(1, LEG, OTHER), completed(3), upheld(4, OTHER)), CaseState.COMPLETED),
        ((assigned(), relieved(2)), CaseState.REGISTERED),
        ((assigned(1, LEG, OTHER), completed(3), relieved(4, OTHER)), CaseState.COMPLETED),
        ((assigned(), watched(1.5, "supervise"), completed(3)), CaseState.COMPLETED),
        ((assigned(), watched(1.5, "assist"), completed(3)), CaseState.DISPATCHED),
        ((assigned(), watched(1.5, "first_asked"), upheld(3)), CaseState.REGISTERED),
        ((assigned(), again(5)), CaseState.DISPATCHED),
        ((assigned(), again(5), completed(6)), CaseState.COMPLETED),
        ((assigned(), completed(4), again(5)), CaseState.DISPATCHED),
        ((assigned(), completed(5), again(5, reason="reopened")), CaseState.DISPATCHED),
        ((assigned(), contacted(2), contacted(3)), CaseState.DISPATCHED),
        ((assigned(), again(5), completed(6), again(7, 3)), CaseState.DISPATCHED),
        ((assigned(), LIFTED), CaseState.LIFTED),
        ((assigned(), LIFTED, completed(4)), CaseState.COMPLETED),
        ((assigned(), REFERRED), CaseState.REFERRED),
        ((assigned(), completed(4), CLOSED), CaseState.CLOSED),
        ((REFERRED, CLOSED), CaseState.CLOSED),
        ((assigned(), APPROVED), CaseState.APPROVED),
        ((assigned(), APPROVED, CLOSED), CaseState.APPROVED),  # closed before the judgement was heard
        (
            (
                assigned(),
                FOUND,
                appeal_event(events.FindingMade, 5, reasonable=False, by="office", reason="无"),
            ),
            CaseState.DISPATCHED,
        ),
    ],
)
def test_an_appeal_stands_as_its_events_say_in_whatever_order_they_came(
    history: tuple[Event, ...], state: CaseState
) -> None:
    appeals = [heard(*order) for order in permutations(history)]
    assert {appeal.state for appeal in appeals} == {state}
    assert all(appeal.timeline == appeals[0].timeline for appeal in appeals)
    assert len({tuple(sorted(leg.model_dump_json() for leg in appeal.legs)) for appeal in appeals}) == 1


def test_hearing_twice_changes_nothing_an_enterprise_sees() -> None:
    history = (assigned(), overdue(5), again(5), completed(6))
    once, twice = heard(*history), heard(*history, *history)
    assert once.model_dump(exclude={"version"}) == twice.model_dump(exclude={"version"})


def test_the_last_finding_counts_in_whatever_order_they_came() -> None:
    later = appeal_event(events.FindingMade, 5, reasonable=False, by="office", reason="无依据")
    for history in ((FOUND, later), (later, FOUND)):
        finding = heard(*history).finding
        assert finding is not None
        assert (finding.reasonable, finding.found_at) == (False, hours(5))


def test_every_event_of_the_units_and_the_judge_is_heard_or_left_out_on_purpose() -> None:
    heard_of = {cls for cls in CATALOGUE.values() if cls.source in ("dispatch", "escalation")}
    assert not HANDLERS.keys() & set(SILENT)
    assert HANDLERS.keys() | set(SILENT) == heard_of
