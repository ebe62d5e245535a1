"""When a completed appeal may be reopened: after which ratings, how soon and often, with what finding."""

import pytest

from services.intake import acts
from services.intake.document import AppealDocument
from services.intake.domain.reopening import MOST_TIMES
from services.intake.domain.transitions import perform
from shared import events
from shared.events import Rating
from shared.rules.pack.desks import Reopening
from shared.rules.pack.pack import Pack
from shared.rules.time.limits import Limit
from shared.service.errors import Conflict
from tests.unit.intake.case import (
    BARE,
    FOUND,
    LEG,
    OTHER,
    REOPEN,
    SATISFIED,
    UNSATISFIED,
    act_context,
    again,
    appeal_event,
    assigned,
    completed,
    done,
    heard,
    under,
)

BASICALLY = acts.Rate(rating="basically_satisfied")
UNFOUNDED = appeal_event(events.FindingMade, 4.6, reasonable=False, by="office", reason="无依据")


def rules(**more: object) -> Pack:
    return under(reopening=Reopening.model_validate({"clause": "§7", **more}))


BOTH = rules(ratings=[Rating.NOT_SATISFIED, Rating.BASICALLY_SATISFIED])
TWICE = rules(times=1)
FOUND_ONLY = rules(finding=True)
THREE_DAYS = rules(within=Limit(number=3, unit="working_days"))


def completed_and_rated(rate: acts.Rate, *more: events.Event) -> AppealDocument:
    return done(heard(assigned(), completed(4), *more), (rate, 5))


def reopened_once(pack: Pack) -> AppealDocument:
    appeal = done(completed_and_rated(UNSATISFIED), (REOPEN, 6), rules=pack)
    return done(heard(again(6, reason="reopened"), completed(8), appeal=appeal), (UNSATISFIED, 9))


def reason(appeal: AppealDocument, pack: Pack, at: float) -> str | None:
    """Why it is refused; None where it is not."""
    try:
        perform(appeal, REOPEN, act_context(at, pack))
    except Conflict as refusal:
        return f"{refusal.zh} / {refusal.en}"
    return None


# Completed Friday 2026-02-13 14:00; three working days: 14 (made up), 24, 25 February, until 17:30.
# From START, 13 February 10:00, to 25 February 17:30 it is 12 days and 7.5 hours.
LAST = 12 * 24 + 7.5


@pytest.mark.parametrize(
    ("appeal", "pack", "at", "why"),
    [
        (completed_and_rated(UNSATISFIED), BARE, 6, None),
        (completed_and_rated(SATISFIED), BARE, 6, "不满意”的诉求"),
        (completed_and_rated(BASICALLY), BARE, 6, "not satisfied can be"),
        (heard(assigned(), completed(4)), BARE, 6, "取定：企业不满意的，应当再听取一次）"),
        (heard(assigned(), completed(4)), BARE, 6, "(a choice: An enterprise that is not satisfied is heard"),
        (completed_and_rated(BASICALLY), BOTH, 6, None),
        (
            completed_and_rated(SATISFIED),
            BOTH,
            6,
            "basically satisfied or not satisfied can be reopened (§7)",
        ),
        (reopened_once(BARE), BARE, 10, None),
        (reopened_once(BARE), TWICE, 10, "已重新办理 1 次，最多 1 次"),
        (completed_and_rated(UNSATISFIED), TWICE, 6, None),
        (completed_and_rated(UNSATISFIED), FOUND_ONLY, 6, "尚未作合理性认定"),
        (completed_and_rated(UNSATISFIED, UNFOUNDED), FOUND_ONLY, 6, "经认定不合理"),
        (completed_and_rated(UNSATISFIED, FOUND, UNFOUNDED), FOUND_ONLY, 6, "经认定不合理"),
        (completed_and_rated(UNSATISFIED, FOUND), FOUND_ONLY, 6, None),
        (completed_and_rated(UNSATISFIED, UNFOUNDED), BARE, 6, None),
        (completed_and_rated(UNSATISFIED), THREE_DAYS, LAST, None),
        (completed_and_rated(UNSATISFIED), THREE_DAYS, LAST + 0.001, "期限已于 2026-02-25 17:30 届满"),
        (completed_and_rated(UNSATISFIED), THREE_DAYS, LAST + 0.001, "until 2026-02-25 17:30 (§7)"),
    ],
)
def test_a_reopening_is_allowed_or_refused_with_the_reason(
    appeal: AppealDocument, pack: Pack, at: float, why: str | None
) -> None:
    refusal = reason(appeal, pack, at)
    assert refusal is None if why is None else why in (refusal or "")


def test_the_time_counts_from_the_completion_of_the_last_leg_of_this_round() -> None:
    both = (assigned(1, LEG, OTHER), completed(4), completed(4 + 24, OTHER))
    appeal = done(heard(*both), (UNSATISFIED, 30))
    # completed Saturday 14 February, a make-up workday: 24, 25, 26 February
    assert reason(appeal, THREE_DAYS, LAST + 24) is None
    assert "02-26 17:30" in (reason(appeal, THREE_DAYS, LAST + 24.001) or "")


def test_a_natural_day_that_ends_at_midnight_is_told_as_24_00() -> None:
    days = rules(within=Limit(number=2, unit="natural_days"))
    assert "2026-02-15 24:00" in (reason(completed_and_rated(UNSATISFIED), days, 24 * 5) or "")


def test_a_past_reopening_is_believed_to_be_in_time_where_no_completion_was_heard_of() -> None:
    appeal = done(heard(assigned()), (UNSATISFIED, 5), past=True)
    assert done(appeal, (REOPEN, LAST * 2), rules=THREE_DAYS, past=True).reopened_at is not None


def test_a_time_that_ends_beyond_the_calendar_bars_no_reopening() -> None:
    centuries = rules(within=Limit(number=3660, unit="months", roll=True))
    assert reason(completed_and_rated(UNSATISFIED), centuries, LAST) is None


def test_an_appeal_is_reopened_twenty_times_at_most_where_the_pack_sets_no_number() -> None:
    appeal = reopened_once(BARE)
    while len(appeal.earlier_ratings) < MOST_TIMES:
        assert reason(appeal, BARE, 10) is None
        appeal.earlier_ratings = [*appeal.earlier_ratings, appeal.earlier_ratings[0]]
    assert "已达上限" in (reason(appeal, BARE, 10) or "")
