"""What desks keeps of a case follows from the set of its events, whatever the order in which they arrive."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.desks.document import CaseFile, written
from services.desks.facts.keeping import FURTHER, keep
from services.desks.facts.slots import ONLY_LINES, SLOTS
from services.desks.handlers import HANDLERS
from services.desks.rows.cases import case_row
from services.desks.rows.legs import card_rows, leg_rows, lift_rows, waiting_rows
from services.desks.rows.loans import bank_leg_rows, complaint_rows, loan_row
from services.desks.work import line_row
from shared import events
from shared.events import CATALOGUE, Event
from tests.contract import samples

APPEAL = UUID(int=1)
START = datetime(2026, 2, 13, 2, tzinfo=UTC)
IDS = st.sampled_from([UUID(int=11), UUID(int=12)])
"""Of legs, cards and complaints: few, so that events meet in one slot."""
OF_CASES = [type_ for type_ in CATALOGUE.values() if not issubclass(type_, events.DirectoryEvent)]


@st.composite
def of_one_case(draw: st.DrawFn, type_: type[Event]) -> Event:
    """An event of the one case, at one of few moments, about one of few legs and cards."""
    event = draw(samples.events(type_))
    changes: dict[str, Any] = {"appeal_id": APPEAL, "registration_number": "BZ-20260213-00001"}
    changes["occurred_at"] = START + timedelta(hours=draw(st.integers(0, 3)))
    for name in ("leg_id", "card_id", "complaint_id", "publication_id"):
        if name in type_.model_fields:
            changes[name] = draw(IDS)
    return event.model_copy(update=changes)


HISTORIES = st.lists(st.sampled_from(OF_CASES).flatmap(of_one_case), min_size=1, max_size=12)


def folded(history: list[Event]) -> dict[str, Any]:
    """The file of the case, and all rows that follow from it."""
    case = CaseFile(appeal_id=APPEAL, registration_number="BZ-20260213-00001")
    for event in history:
        keep(case, event)
        case.touch(event)
    several = (leg_rows, card_rows, lift_rows, waiting_rows, bank_leg_rows, complaint_rows)
    rows = {function.__name__: list(function(case)) for function in several}
    return {"file": case.model_dump(), "case": case_row(case), "loan": loan_row(case), **rows}


@given(HISTORIES, st.data())
def test_whatever_the_order_and_however_often_events_arrive_the_rows_are_the_same(
    history: list[Event], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(history), max_size=6))
    shuffled = data.draw(st.permutations([*history, *again]))
    assert folded(shuffled) == folded(history)


@pytest.mark.parametrize("type_", OF_CASES, ids=lambda type_: type_.type)
@settings(max_examples=5)
@given(data=st.data())
def test_every_event_of_a_case_is_kept_and_has_a_line(type_: type[Event], data: st.DataObject) -> None:
    event = data.draw(of_one_case(type_))
    assert type_ in HANDLERS
    line = line_row(event)
    assert (line["type"], line["service"], line["at"]) == (event.type, event.source, event.occurred_at)
    known = (type_ in SLOTS) or (type_ in FURTHER)
    assert known is not (type_ in ONLY_LINES or type_.source == "notify")


def test_of_two_judgements_up_to_one_moment_the_later_one_stays_in_either_order() -> None:
    open_ = deadline()
    first = judged(UUID(int=9), open_)
    second = judged(UUID(int=8), open_.model_copy(update={"met_at": START, "verdict": events.Verdict.MET}))
    for history in ([first, second], [second, first]):
        (kept,) = folded(history)["file"]["facts"]["judged"]["deadlines"]
        assert kept["verdict"] == "met"


def deadline(**more: Any) -> events.Deadline:
    fields = {"leg_id": UUID(int=11), "unit": "roads", "round": 1, "deadline": "reply"}
    return events.Deadline(started_at=START, due_at=START + timedelta(days=3), **{**fields, **more})


def judged(id_: UUID, *deadlines: events.Deadline) -> Event:
    return events.AppealJudged(
        id=id_,
        occurred_at=START + timedelta(hours=1),
        appeal_id=APPEAL,
        registration_number="BZ-20260213-00001",
        state="dispatched",
        deadlines=deadlines,
    )


MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(MOMENTS, MOMENTS)
def test_moments_of_facts_sort_as_texts(first: datetime, second: datetime) -> None:
    assert (written(first) < written(second)) == (first < second)
