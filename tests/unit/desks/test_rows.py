"""The rows of lists: what follows from the facts of a case."""

from typing import Any

import pytest

from services.desks.rows.cases import case_row
from services.desks.rows.legs import card_rows, leg_rows, waiting_rows
from shared import events
from shared.events import Event
from tests.unit.desks.history import (
    CARD,
    LEG,
    OTHER_LEG,
    assigned,
    at,
    case_of,
    deadline,
    judged,
    received,
    said,
)

DAY = {"number": 1, "unit": "working_days"}
OVERDUE, MET = events.Verdict.OVERDUE, events.Verdict.MET


def row(*history: Event) -> dict[str, Any]:
    known = case_row(case_of(*history))
    assert known is not None
    return known


def leg(*history: Event) -> dict[str, Any]:
    """The row of the first leg."""
    return {row["leg_id"]: row for row in leg_rows(case_of(*history))}[str(LEG)]


def test_a_case_without_its_registration_has_no_row() -> None:
    assert case_row(case_of(assigned())) is None


COMPLETED = [
    said(events.AppealCompleted, 5, outcome="solved"),
    said(events.AppealCompleted, 6, leg_id=OTHER_LEG, unit="east", outcome="solved"),
]


@pytest.mark.parametrize(
    ("history", "state"),
    [
        ([], "registered"),
        ([assigned()], "dispatched"),
        ([assigned(), COMPLETED[0]], "dispatched"),
        ([assigned(), *COMPLETED], "completed"),
        ([assigned(), *COMPLETED, said(events.AppealClosed, 7)], "closed"),
        (
            [
                assigned(),
                *COMPLETED,
                said(events.AppealClosed, 7),
                said(events.AppealReopened, 8, reason="不满意"),
            ],
            "dispatched",
        ),
        ([said(events.AppealReferred, 2, to="仲裁", reason="劳动争议")], "referred"),
        (
            [
                said(events.AppealReferred, 2, to="仲裁", reason="劳动争议"),
                said(events.ReferralReturned, 3, to="仲裁", reason="不受理"),
            ],
            "registered",
        ),
        ([assigned(), said(events.AppealWithdrawn, 2, reason="已解决")], "withdrawn"),
        (
            [
                assigned(),
                said(events.AppealLifted, 2, reason="count", leader="mayor", unit="roads", clause="§3"),
            ],
            "lifted",
        ),
        ([assigned(), said(events.ApprovalDecided, 2, approved=True, clause="§5")], "approved"),
        ([assigned(), said(events.ApprovalDecided, 2, approved=False, clause="§5")], "dispatched"),
        (
            [
                assigned(),
                said(events.ObjectionDecided, 2, upheld=True, reason="是"),
                said(events.LegRelieved, 2, leg_id=OTHER_LEG, unit="east", reason="改派"),
            ],
            "registered",
        ),
    ],
)
def test_the_state_of_a_case(history: list[Event], state: str) -> None:
    assert row(received(), *history)["state"] == state


def test_the_earliest_unmet_deadline_of_the_newest_round_is_due() -> None:
    history = [
        received(),
        assigned(),
        judged(
            2,
            deadline("contact", 25, met_at=at(3), verdict=MET),
            deadline("reply", 73),
            deadline("completion", 200),
            deadline("objection", 30, unit=None),
        ),
    ]
    assert (leg(*history)["deadline"], leg(*history)["due_at"]) == ("reply", at(73))
    assert (row(*history)["deadline"], row(*history)["due_at"], row(*history)["due_unit"]) == (
        "objection",
        at(30),
        None,
    )


def test_what_passed_unmet_is_due_first_until_the_next_round() -> None:
    passed = deadline("reply", 73, verdict=OVERDUE)
    history = [received(), assigned(), judged(80, passed, deadline("completion", 200))]
    assert (leg(*history)["due_at"], leg(*history)["overdue_at"]) == (at(73), at(73))
    assert row(*history)["overdue_at"] == at(73)
    history += [
        said(events.AppealRedispatched, 80, round=2, reason="overdue"),
        judged(81, passed, deadline("completion", 200), deadline("reply", 150, round=2)),
    ]
    assert (leg(*history)["round"], leg(*history)["due_at"], leg(*history)["overdue_at"]) == (
        2,
        at(150),
        None,
    )


def test_what_still_runs_from_an_earlier_round_is_due_too() -> None:
    promised = deadline("promise", 120)
    history = [
        received(),
        assigned(),
        said(events.AppealRedispatched, 80, round=2, reason="overdue"),
        judged(81, promised, deadline("reply", 73, verdict=OVERDUE), deadline("completion", 300, round=2)),
    ]
    assert (leg(*history)["deadline"], leg(*history)["due_at"]) == ("promise", at(120))
    assert leg(*history)["overdue_at"] is None


def test_the_name_of_a_deadline_that_a_pack_names_itself_is_kept() -> None:
    own = deadline("on_site", 20, title={"zh": "现场核查", "en": "inspection"})
    history = [received(), assigned(), judged(2, own, deadline("reply", 73))]
    assert (leg(*history)["deadline"], leg(*history)["deadline_name"]) == ("on_site", "现场核查")
    assert row(*history)["deadline_name"] == "现场核查"


def test_a_pause_has_no_due_moment_and_ends_by_what_came_last() -> None:
    paused = said(events.AppealPaused, 5, reason="待补材料", approver="王")
    history = [received(), assigned(), paused, judged(6, deadline("completion", None))]
    assert (leg(*history)["state"], leg(*history)["due_at"], leg(*history)["is_open"]) == (
        "paused",
        None,
        True,
    )
    assert leg(*history, said(events.AppealResumed, 7))["state"] == "open"
    assert leg(*history, said(events.AppealResumed, 4))["state"] == "paused"


def test_a_completed_leg_is_due_no_more_until_it_is_reopened() -> None:
    history = [received(), assigned(), judged(2, deadline("completion", 200)), COMPLETED[0]]
    assert (leg(*history)["is_open"], leg(*history)["due_at"]) == (False, None)
    assert leg(*history, said(events.AppealReopened, 8, reason="不满意"))["is_open"]


def test_an_ended_case_has_no_open_leg_and_what_passed_in_it_counts_no_more() -> None:
    history = [
        received(),
        assigned(),
        judged(80, deadline("reply", 73, verdict=OVERDUE)),
        said(events.AppealClosed, 90),
    ]
    assert not leg(*history)["is_open"]
    assert (row(*history)["due_at"], row(*history)["overdue_at"]) == (None, None)


@pytest.mark.parametrize(
    ("more", "is_named"),
    [
        ({}, True),
        ({"kind": "report"}, False),
        ({"kind": "clue"}, False),
        ({"kind": "complaint"}, True),
    ],
)
def test_units_search_the_firm_only_where_it_is_named(more: dict[str, Any], is_named: bool) -> None:
    known = row(received(**more))
    assert known["is_named"] is is_named
    assert ("示例制造有限公司" in known["searched_by_units"]) is is_named
    assert "示例制造有限公司" in known["searched"]


def test_a_rating_counts_until_the_case_is_reopened() -> None:
    history = [received(), assigned(), said(events.AppealRated, 9, rating="not_satisfied")]
    assert row(*history)["rating"] == "not_satisfied"
    assert row(*history, said(events.AppealReopened, 10, reason="不满意"))["rating"] is None


def test_units_are_those_whose_legs_did_not_end_and_a_task_force_reads_too() -> None:
    history = [
        received(),
        assigned(),
        said(events.LegRelieved, 2, leg_id=OTHER_LEG, unit="east", reason="改派"),
        said(events.AppealInstructed, 3, leader="mayor", instruction="限期办结", task_force=("water",)),
    ]
    assert (row(*history)["units"], row(*history)["readers"]) == (["roads"], ["roads", "water"])


def test_units_of_a_study_and_the_one_that_registered_the_case_read_it() -> None:
    invited = (
        events.InvitedUnit(unit="water", due_at=at(30)),
        events.InvitedUnit(unit="fire", due_at=at(30)),
    )
    history = [
        received(first_asked="hall"),
        assigned(),
        said(events.StudyAsked, 2, number=1, invited=invited),
    ]
    assert row(*history)["readers"] == ["east", "fire", "hall", "roads", "water"]
    assert row(*history)["units"] == ["east", "roads"]
    assert row(received(), assigned())["readers"] == ["east", "roads"]


def test_a_leg_that_ended_is_its_unit_s_no_more() -> None:
    ends = (
        said(events.LegRelieved, 2, reason="改派"),
        said(events.ObjectionDecided, 2, upheld=True, reason="不属"),
    )
    for end in ends:
        history = [received(), assigned(), judged(1, deadline("reply", 73)), end]
        assert (leg(*history)["state"], leg(*history)["is_open"], leg(*history)["due_at"]) == (
            "ended",
            False,
            None,
        )


def test_marks_of_the_dispatch_and_later_ones_add_up() -> None:
    history = [
        received(),
        assigned(marks=frozenset({"inherited"})),
        said(events.AppealMarked, 2, marks=frozenset({"petition"}), reason="信访"),
    ]
    assert row(*history)["marks"] == ["inherited", "petition"]


def test_what_waits_is_decided_by_what_came_after() -> None:
    asked = [
        received(),
        assigned(),
        said(events.AppealObjected, 3, reason="不属本单位"),
        judged(4, deadline("objection", 30, unit=None)),
    ]
    (waits,) = waiting_rows(case_of(*asked))
    assert (waits["kind"], waits["subject"], waits["due_at"], waits["is_open"]) == (
        "objection",
        str(LEG),
        at(30),
        True,
    )
    (decided,) = waiting_rows(case_of(*asked, said(events.ObjectionDecided, 5, upheld=False, reason="属")))
    assert (decided["decided_at"], decided["is_open"]) == (at(5), False)
    again = [
        *asked,
        said(events.ObjectionDecided, 5, upheld=False, reason="属"),
        said(events.AppealObjected, 6, reason="仍不属"),
    ]
    (waits,) = waiting_rows(case_of(*again))
    assert (waits["asked_at"], waits["is_open"]) == (at(6), True)


@pytest.mark.parametrize("verdict", [events.Verdict.OPEN, OVERDUE])
def test_what_waits_keeps_its_limit_when_the_leg_is_dispatched_again(verdict: events.Verdict) -> None:
    history = [
        received(),
        assigned(),
        said(events.AppealObjected, 3, reason="不属本单位"),
        said(events.AppealRedispatched, 80, round=2, reason="overdue"),
        judged(
            81,
            deadline("objection", 90, unit=None, started_at=at(3), verdict=verdict),
            deadline("reply", 150, round=2),
        ),
    ]
    (waits,) = waiting_rows(case_of(*history))
    assert (waits["due_at"], waits["is_open"]) == (at(90), True)


def test_what_is_asked_again_has_the_limit_of_the_last_asking() -> None:
    history = [
        received(),
        assigned(),
        said(events.ExtensionRequested, 50, deadline="reply", limit=DAY, reason="下雨"),
        said(events.AppealRedispatched, 80, round=2, reason="overdue"),
        said(events.ExtensionRequested, 90, deadline="reply", limit=DAY, reason="下雨"),
        judged(
            91,
            deadline("extension", 60, unit=None, started_at=at(50), verdict=OVERDUE),
            deadline("extension", 99, unit=None, started_at=at(90), round=2),
        ),
    ]
    (waits,) = waiting_rows(case_of(*history))
    assert (waits["asked_at"], waits["due_at"]) == (at(90), at(99))


def test_a_contested_card_waits_until_the_office_decides() -> None:
    card = {"card_id": CARD, "unit": "roads"}
    issued = {"card": "yellow", "round": 1, "deadline": "reply", "due_at": at(73), "clause": "§3"}
    history = [
        received(),
        said(events.CardIssued, 80, **card, **issued),
        said(events.CardAppealed, 82, **card, reason="系统故障"),
    ]
    (waits,) = waiting_rows(case_of(*history))
    assert (waits["kind"], waits["subject"], waits["is_open"]) == ("card", str(CARD), True)
    (decided,) = waiting_rows(case_of(*history, said(events.CardUpheld, 84, **card, reason="属实")))
    assert (decided["is_open"], decided["decided_at"]) == (False, at(84))


def test_a_card_has_the_state_that_it_reached() -> None:
    card = {"card_id": CARD, "unit": "roads"}
    issued = said(
        events.CardIssued, 80, **card, card="yellow", round=1, deadline="reply", due_at=at(73), clause="§3"
    )
    served = said(events.CardServed, 81, **card)
    (known,) = card_rows(case_of(received(), served, issued))
    assert (known["state"], known["issued_at"]) == ("served", at(80))
    assert list(card_rows(case_of(received(), served))) == []


def test_a_correction_replaces_what_was_registered_and_the_latest_counts() -> None:
    corrected = [
        said(events.AppealCorrected, 3, kind="complaint", category="roads.repair", locality="east"),
        said(events.AppealCorrected, 2, category="water", urgency="urgent"),
        said(events.AppealCorrected, 4, cleared=("locality",), confidentiality="withheld"),
    ]
    known = row(received(locality="west"), *corrected)
    assert (known["kind"], known["category"], known["urgency"]) == ("complaint", "roads.repair", "urgent")
    assert (known["locality"], known["is_named"]) == (None, False)
    assert "category=roads.repair" in known["tags"]


def test_a_consultation_answered_on_the_spot_is_closed() -> None:
    assert row(received(), said(events.AppealAnswered, 0.1))["state"] == "closed"
