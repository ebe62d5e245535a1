"""An enterprise whose name units do not learn is reached by the office: no unit answers for that contact."""

import pytest

from shared.rules.judging import acts, rulings
from shared.rules.terms import Kind
from tests.packs.histories import TOWN, Story

BZ = "bozhou-2024"


def opened(pack_id: str = BZ, *, withholds: bool | None = True) -> Story:
    story = Story(pack_id).did(acts.Opened, "03-02 09:00", kind=Kind.COMPLAINT, withholds=withholds)
    return story.dispatched("03-02 10:00")


def units_of(story: Story, kind: str, upto: str = "12-31 12:00") -> list[str | None]:
    return [deadline.unit for deadline in story.judged(upto).deadlines if deadline.kind == kind]


def test_a_missed_contact_goes_up_within_the_office_and_to_no_unit() -> None:
    """A natural day from Monday 03-02 ends with 03-03, so the working day that follows starts on 03-04."""
    assert opened().ruled("03-05 18:00") == [
        "03-03 24:00 overdue contact",
        "03-03 24:00 raised contact head",
        "03-05 17:30 raised contact in_charge",
    ]
    assert opened(withholds=False).ruled("03-04 18:00") == [
        "03-03 24:00 overdue contact",
        "03-03 24:00 reminded contact",
    ]
    rulings_of_case = opened().judged("03-05 18:00").rulings
    about_contact = [ruling for ruling in rulings_of_case if getattr(ruling, "deadline", "") == "contact"]
    assert {getattr(ruling, "unit", TOWN) for ruling in about_contact} == {None}


def test_the_units_other_limits_stay_its_own() -> None:
    assert units_of(opened(), "contact", "03-03 12:00") == [None]
    assert units_of(opened(), "reply", "03-03 12:00") == [TOWN]
    cards = [r for r in opened().judged("03-20 12:00").rulings if isinstance(r, rulings.CardIssued)]
    assert {(card.unit, card.deadline) for card in cards} == {(TOWN, "reply")}


def test_the_offices_contact_meets_the_limit() -> None:
    story = opened().contacted("03-03 10:00")
    assert story.ruled("03-04 18:00") == []


def test_what_is_not_said_is_judged_as_before() -> None:
    assert opened(withholds=None).stands("03-20 12:00") == opened(withholds=False).stands("03-20 12:00")


@pytest.mark.parametrize("pack_id", ["bozhou-2024@1", "bozhou-2024@2", "xuancheng-2024", "xx-city-2022"])
def test_under_no_pack_does_a_unit_get_a_card_or_its_next_round_for_it(pack_id: str) -> None:
    story = opened(pack_id)
    ruled = [line for line in story.ruled("12-31 12:00") if line.endswith("contact") or " contact " in line]
    assert ruled
    assert not [line for line in ruled if "card" in line or "supervised" in line or "lifted" in line]
    assert set(units_of(story, "contact")) == {None}


def test_the_contact_that_is_still_to_be_made_passes_to_the_office_when_the_name_is_withheld() -> None:
    story = opened(withholds=False).did(acts.Corrected, "03-02 12:00", withholds=True)
    assert units_of(story, "contact", "03-03 12:00") == [None]
    assert story.ruled("03-04 12:00")[:2] == [
        "03-03 24:00 overdue contact",
        "03-03 24:00 raised contact head",
    ]


def test_what_a_unit_missed_before_the_correction_stays_its_own() -> None:
    story = opened(withholds=False).did(acts.Corrected, "03-04 09:00", withholds=True)
    assert units_of(story, "contact", "03-04 12:00") == [TOWN]
    assert story.ruled("03-04 12:00") == ["03-03 24:00 overdue contact", "03-03 24:00 reminded contact"]
