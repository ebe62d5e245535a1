"""Every word of the pack language changes an outcome: with it a case is judged, refused or told otherwise.

For each field of the models there is a pack that says it and is judged otherwise without, or that is told to
people otherwise, or a test that shows what a service does by it. A word that nothing reads fails here.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid5

import pytest
from pydantic import BaseModel

from shared.rules.judging import acts
from shared.rules.judging.acts import Act
from shared.rules.judging.decide import decide
from shared.rules.pack import pack, pack_files
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import Title
from shared.rules.terms import Kind
from shared.rules.time.limits import Limit
from shared.rules.wording.sentences import sentences
from tests.packs.histories import CALENDAR, CASE, SETTINGS
from tests.packs.test_no_state_without_a_clock import LEGS, START, Tried, tried

ROOT = Path(__file__).parents[2]
EVERY_WORD = Path(__file__).parent / "every_word.yaml"


def models(model: type[BaseModel] = Pack, seen: set[type[BaseModel]] | None = None) -> set[type[BaseModel]]:
    """The models that a pack is made of."""
    seen = set() if seen is None else seen
    seen.add(model)
    for field in model.model_fields.values():
        for part in parts_of(field.annotation):
            if part not in seen:
                models(part, seen)
    return seen


def parts_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from parts_of(inner)


FIELDS = sorted(
    f"{model.__name__}.{name}"
    for model in models()
    for name in model.model_fields
    if name not in ("clause", "choice", "zh", "en", "why")
)
"""All words, but the grounds and names that each may have."""


@cache
def packs() -> list[Pack]:
    """Packs that use the words: those in force, and one of our own."""
    names = [
        "qingyang-2023",
        "xx-city-2022-award",
        "xx-city-2022-arrears",
        "xx-city-2022-clues",
        "xx-city-2022",
    ]
    older = ["xuancheng-2024@1", "bozhou-2024-financing"]
    return [pack_files.load(EVERY_WORD), *(pack_files.load(name, SETTINGS) for name in (*names, *older))]


def without(part: Any, word: str) -> Iterator[Any]:
    """The part with the word `Model.field` said otherwise or not at all, each place of it by itself."""
    if isinstance(part, BaseModel):
        model, _, name = word.partition(".")
        for field, info in type(part).model_fields.items():
            value = getattr(part, field)
            if (type(part).__name__, field) == (model, name):
                others = [info.get_default(call_default_factory=True)] if not info.is_required() else []
                for other in [*others, *otherwise(value)]:
                    if other != value:
                        yield part.model_copy(update={field: other})
            for changed in without(value, word):
                yield part.model_copy(update={field: changed})
    elif isinstance(part, tuple):
        for index, member in enumerate(part):
            for changed in without(member, word):
                yield (*part[:index], changed, *part[index + 1 :])


def otherwise(value: Any) -> Iterator[Any]:
    """Other values of the same sort."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, Enum):
        yield from (other for other in type(value) if other is not value)
    elif isinstance(value, int):
        yield from (value + 9, max(1, value - 40))
    elif isinstance(value, Limit):
        yield value.model_copy(update={"number": value.number + 9})
    elif isinstance(value, tuple | frozenset):
        yield from (type(value)(m for m in value if m != member) for member in value)
    elif isinstance(value, dict):
        yield from ({key: v for key, v in value.items() if key != gone} for gone in value)
    elif isinstance(value, Title):
        yield Title(zh="别的名称", en="another name")
    elif isinstance(value, date):
        yield value + timedelta(days=1)
    elif isinstance(value, str):
        yield "otherwise"


@cache
def histories(name: str) -> list[tuple[Act, ...]]:
    """What may happen under a pack: each act after the dispatch, and after some acts that follow it."""
    rules = next(rules for rules in packs() if rules.ref == name)
    opened = acts.Opened(uuid5(CASE, "opened"), START, Kind.HELP)
    every = [each for each in tried(rules) if dict(each.fields).get("leg_id") != LEGS[1]]
    begun = (opened, *every[0].made("first", START + timedelta(hours=2)))
    marked = (opened, *every[1].made("first", START + timedelta(hours=2)))
    made = [(opened,), begun, marked, *_after(begun, every, timedelta(hours=4))]
    for word in (acts.Completed, acts.Promised, acts.Referred, acts.Reached):
        for each in (each for each in every if each.act_type is word):
            more = (*begun, *each.made(each.summary, START + timedelta(hours=4)))
            made += [more, *(_after(more, every, timedelta(days=1)) if word is acts.Completed else ())]
    return made


def _after(history: tuple[Act, ...], every: list[Tried], wait: timedelta) -> Iterator[tuple[Act, ...]]:
    for index, act in enumerate(each for each in every if each.follows(history)):
        yield (*history, *act.made(f"{index} {wait}", START + wait))


def outcome(rules: Pack, history: tuple[Act, ...]) -> str:
    """All that is judged of a case after a long silence."""
    judged = decide(CASE, history, rules, CALENDAR, START + timedelta(days=150))
    stands = [(d.kind, d.due_at, d.verdict, d.met_at, d.clause, d.unit) for d in judged.deadlines]
    return f"{judged.state} {judged.rulings} {stands} {judged.cards}"


def judged_otherwise(word: str, among: list[Pack]) -> bool:
    """Whether a pack is judged otherwise without the word, or cannot be judged by at all."""
    for rules in among:
        others = list(without(rules, word))[:12]
        for changed in others:
            changed.__dict__.pop("_tables", None)
        for history in histories(rules.ref) if others else ():
            as_it_is = outcome(rules, history)
            if any(_judged(changed, history) != as_it_is for changed in others):
                return True
    return False


def _judged(rules: Pack, history: tuple[Act, ...]) -> str:
    try:
        return outcome(rules, history)
    except (pack.PackError, LookupError, TypeError, ValueError):
        return "not at all"


JUDGED = [
    "Approval.denied",
    "Approval.each_leg",
    "Approval.granted",
    "Completion.after",
    "Extension.deadlines",
    "Level.leader",
    "Level.level",
    "Levels.steps",
    "Limit.number",
    "LimitRule.deadline",
    "LimitRule.limit",
    "LimitRule.of",
    "LimitRule.rounds",
    "LimitRule.starts",
    "NeverLifted.marks",
    "Pack.approval",
    "Pack.completion",
    "Pack.counting",
    "Pack.extension",
    "Pack.ladder",
    "Pack.levels",
    "Pack.limits",
    "Pack.met_by",
    "Pack.never_lifted",
    "Pack.pauses",
    "Pack.promises",
    "Pack.raising",
    "Pack.referral",
    "Pack.reminder",
    "Pack.stages",
    "Closure.needs",
    "Pack.closure",
    "Pauses.cap",
    "Pauses.told",
    "Raising.to",
    "Referral.followed",
    "Reminder.deadlines",
    "Reminder.percent",
    "Setting.default",
    "Stage.dated",
    "Stage.pays",
    "Stage.stage",
    "Step.card",
    "Step.do",
    "Step.gather",
    "Step.leader",
    "Step.reason",
    "Step.to",
    "When.level",
    "When.marks",
    "When.overdue",
    "When.refused",
    "When.requested",
    "When.rounds",
]
"""Words by which the engine judges: some pack is judged otherwise without them."""

COUNTING, TOLD, HOURS = (
    "tests/packs/test_counting.py",
    "tests/packs/test_pauses_told.py",
    "tests/packs/test_hours_of_a_pack.py",
)
EXTENSIONS, CLOSING = "tests/unit/dispatch/test_extensions.py", "tests/unit/dispatch/test_closing.py"
REOPENING, REFERRAL = "tests/unit/intake/test_reopening.py", "tests/unit/dispatch/test_referral.py"
CLAUSES, CHECKS, PACK = (
    "tests/packs/test_clauses.py",
    "tests/unit/rules/test_pack_checks.py",
    "tests/unit/rules/test_pack.py",
)
SHOWN = {
    "Acknowledgement.limit": (PACK, "test_the_time_for_an_acknowledgement_may_come_from_the_settings"),
    "AgainstWord.rank": (
        CLOSING,
        "test_a_reasonable_appeal_rated_not_satisfied_is_closed_by_nobody_s_word_but_the_leader_s",
    ),
    "ApprovalRank.rank": (EXTENSIONS, "test_the_length_says_who_approves"),
    "ApprovalRank.up_to": (EXTENSIONS, "test_the_length_says_who_approves"),
    "BeforeDispatch.otherwise": (CLOSING, "test_an_understanding_that_was_refused_is_not_obtained"),
    "BeforeDispatch.understanding": (
        CLOSING,
        "test_an_unfounded_appeal_is_closed_before_dispatch_once_the_enterprise_understood",
    ),
    "Closure.after": (
        CLOSING,
        "test_what_was_verified_after_completion_is_published_before_the_case_is_closed",
    ),
    "Closure.against_word": (CLOSING, "test_an_earlier_version_of_a_pack_closes_as_it_did"),
    "Closure.before_dispatch": (CLOSING, "test_an_earlier_version_of_a_pack_closes_as_it_did"),
    "Confidential.readers": (
        "tests/integration/test_confidential.py",
        "test_no_route_shows_a_clue_to_anyone_else",
    ),
    "Counting.pauses_in_due_minute": (TOLD, "test_without_the_word_such_a_pause_comes_too_late"),
    "Counting.pauses_move_given_moments": (COUNTING, "test_a_given_moment_of_version_1_is_not_moved"),
    "Counting.reminders_by_counted_time": (
        COUNTING,
        "test_a_reminder_of_version_1_goes_by_the_clock_on_the_wall",
    ),
    "Counting.whole_minutes": (COUNTING, "test_hours_of_version_1_count_seconds_that_nobody_sees"),
    "Destination.to": (REFERRAL, "test_any_words_and_then_closed_is_no_way_out_any_more"),
    "Extension.cap": (EXTENSIONS, "test_of_the_past_neither_judgement_nor_rank_is_asked_but_the_cap_holds"),
    "Extension.grounds": (EXTENSIONS, "test_a_pack_that_names_no_grounds_takes_none"),
    "Extension.interim_reply": (EXTENSIONS, "test_the_enterprise_is_told_first_and_in_this_round"),
    "Extension.ranks": (EXTENSIONS, "test_the_length_says_who_approves"),
    "Extension.times": (EXTENSIONS, "test_one_wish_waits_at_a_time_and_the_pack_counts_how_often"),
    "Ground.ground": (EXTENSIONS, "test_a_longer_limit_is_given_only_on_the_grounds_that_the_text_names"),
    "HoursChange.since": (
        HOURS,
        "test_a_case_that_spans_a_change_counts_each_day_by_the_hours_that_held_that_day",
    ),
    "HoursChange.spans": (
        HOURS,
        "test_a_case_that_spans_a_change_counts_each_day_by_the_hours_that_held_that_day",
    ),
    "HoursChange.yearly": (
        HOURS,
        "test_a_case_that_spans_a_change_counts_each_day_by_the_hours_that_held_that_day",
    ),
    "Limit.roll": (
        "tests/unit/rules/test_limits.py",
        "test_an_end_on_a_day_off_rolls_to_the_next_working_day",
    ),
    "Limit.unit": (COUNTING, "test_a_reminder_comes_when_three_quarters_of_what_counts_have_passed"),
    "LimitRule.kinds": (PACK, "test_a_limit_for_a_kind_goes_before_the_one_for_all_in_its_rounds_only"),
    "Merging.each_contacted": (
        "tests/packs/test_bozhou_1_merged_contact.py",
        "test_what_was_told_to_another_enterprise_is_no_contact_with_this_one",
    ),
    "Merging.shares": (
        "tests/unit/dispatch/test_merging.py",
        "test_contact_and_what_the_pack_does_not_share_are_each_one_s_own",
    ),
    "OfficeHoursRule.after_hours": (
        HOURS,
        "test_after_hours_is_a_word_of_the_pack_for_units_with_hours_of_their_own_too",
    ),
    "OfficeHoursRule.changes": (
        HOURS,
        "test_a_case_that_spans_a_change_counts_each_day_by_the_hours_that_held_that_day",
    ),
    "OfficeHoursRule.spans": (HOURS, "test_night_shifts_and_round_the_clock_are_read_as_they_are_written"),
    "Otherwise.rank": (CLOSING, "test_an_understanding_that_was_refused_is_not_obtained"),
    "OwnLimits.deadlines": (
        "tests/unit/dispatch/test_own_limits.py",
        "test_a_limit_that_the_pack_does_not_take_is_refused",
    ),
    "Pack.acknowledgement": (CHECKS, "test_only_a_pack_with_cards_or_lifts_asks_for_their_acknowledgement"),
    "Pack.amends": (PACK, "test_a_version_says_what_it_changes_and_the_rest_stands_as_it_was"),
    "Pack.bodies": (CHECKS, "test_a_body_has_its_name_from_the_bodies_or_the_referral"),
    "Pack.confidential": (
        "tests/integration/test_confidential.py",
        "test_no_route_shows_a_clue_to_anyone_else",
    ),
    "Pack.id": (PACK, "test_every_shipped_pack_loads_under_its_name_and_version"),
    "Pack.in_force_on": (
        "tests/unit/rules/test_returned_cases.py",
        "test_a_case_comes_under_the_version_in_force_on_its_day",
    ),
    "Pack.merging": (
        "tests/unit/intake/test_merging.py",
        "test_a_pack_that_does_not_speak_of_merging_merges_nothing",
    ),
    "Pack.office_hours": (HOURS, "test_night_shifts_and_round_the_clock_are_read_as_they_are_written"),
    "Pack.outside": (CLAUSES, "test_a_pack_that_lacks_a_clause_is_refused"),
    "Pack.own_limits": (
        "tests/unit/dispatch/test_own_limits.py",
        "test_a_limit_that_the_pack_does_not_take_is_refused",
    ),
    "Pack.prefix": (
        "tests/unit/intake/test_registration.py",
        "test_registration_numbers_name_prefix_day_and_count",
    ),
    "Pack.settings": (
        CHECKS,
        "test_an_older_version_without_names_is_read_and_a_new_one_is_told_what_to_name",
    ),
    "Pack.source": (CLAUSES, "test_a_pack_that_lacks_a_clause_is_refused"),
    "Pack.version": (PACK, "test_an_older_version_stands_beside_the_newest"),
    "PauseGround.cap": (
        "tests/packs/test_reminders_and_pauses.py",
        "test_a_pause_ends_by_itself_at_the_cap_of_its_ground",
    ),
    "PauseGround.ground": (
        "tests/unit/dispatch/test_pauses.py",
        "test_a_pause_has_a_ground_of_the_pack_and_its_rank",
    ),
    "PauseGround.rank": (
        "tests/unit/dispatch/test_pauses.py",
        "test_a_pause_has_a_ground_of_the_pack_and_its_rank",
    ),
    "Pauses.grounds": (
        "tests/unit/dispatch/test_pauses.py",
        "test_a_pack_without_grounds_takes_none_and_one_without_pauses_stops_no_clock",
    ),
    "Pauses.units_only": (
        "tests/packs/test_office_clocks.py",
        "test_the_office_cannot_stop_its_own_clock_by_a_pause_of_the_unit",
    ),
    "Promises.cap": ("tests/packs/test_promises.py", "test_nobody_promises_beyond_the_cap_without_the_rank"),
    "Promises.rank": ("tests/packs/test_promises.py", "test_nobody_promises_beyond_the_cap_without_the_rank"),
    "Raising.limit": (
        "tests/packs/test_office_clocks.py",
        "test_an_appeal_that_nobody_dispatches_goes_up_step_by_step",
    ),
    "Referral.by": (REFERRAL, "test_the_lead_unit_may_guide_where_the_pack_says_so_and_no_other_unit_ever"),
    "Referral.destinations": (
        REFERRAL,
        "test_a_pack_from_version_3_that_names_no_destination_refers_nothing",
    ),
    "LimitRule.outlasts": (
        "tests/unit/rules/test_returned_cases.py",
        "test_a_deadline_that_outlasts_completion_is_met_by_its_act_alone",
    ),
    "Stage.dates": (CHECKS, "test_a_mistake_about_stages_is_told"),
    "Stage.returns": (
        "tests/unit/rules/test_returned_cases.py",
        "test_a_case_that_everybody_gave_back_has_a_clock_of_the_office",
    ),
    "Stage.sums": (
        "tests/packs/test_xx_version_3.py",
        "test_what_was_paid_adds_up_and_the_last_payment_starts_the_report",
    ),
    "Pack.reopening": (REOPENING, "test_a_reopening_is_allowed_or_refused_with_the_reason"),
    "Reopening.after_closure": (
        REFERRAL,
        "test_a_closed_appeal_that_is_reopened_is_at_work_again_and_one_closed_later_stays_closed",
    ),
    "Reopening.finding": (REOPENING, "test_a_reopening_is_allowed_or_refused_with_the_reason"),
    "Reopening.ratings": (REOPENING, "test_a_reopening_is_allowed_or_refused_with_the_reason"),
    "Reopening.times": (REOPENING, "test_a_reopening_is_allowed_or_refused_with_the_reason"),
    "Reopening.within": (REOPENING, "test_the_time_counts_from_the_completion_of_the_last_leg_of_this_round"),
    "Setting.setting": (PACK, "test_numbers_come_from_the_newest_settings_and_the_ref_names_them"),
    "Source.text": (CLAUSES, "test_a_pack_that_lacks_a_clause_is_refused"),
    "Stage.after_completion": (
        "tests/packs/test_bozhou_3_no_way_around.py",
        "test_a_completion_before_or_after_what_was_verified_does_not_end_its_publication",
    ),
    "Stage.by": ("tests/unit/dispatch/test_stages.py", "test_a_stage_is_said_by_whom_the_pack_names"),
    "Step.step": (CHECKS, "test_two_steps_must_not_have_the_same_cause"),
    "Step.when": (CHECKS, "test_two_steps_must_not_have_the_same_cause"),
    "When.kinds": (CHECKS, "test_steps_may_share_a_cause_where_kinds_or_levels_tell_them_apart"),
    "When.units": (
        "tests/packs/test_xx_version_3.py",
        "test_a_share_that_is_not_paid_goes_to_who_stands_over_the_debtor",
    ),
}
"""Words by which a service or the check of packs acts, each with the test that shows it."""

FOR_PEOPLE = [
    "Destination.title",
    "Ground.title",
    "Level.title",
    "LimitRule.title",
    "Pack.title",
    "Pack.zone",
    "PauseGround.title",
    "Source.dated",
    "Source.issuer",
    "Source.number",
    "Source.title",
    "Stage.title",
]
"""Words that people read: the page to sign says them."""


def test_every_word_of_the_language_is_in_one_of_the_lists():
    assert sorted([*JUDGED, *SHOWN, *FOR_PEOPLE]) == FIELDS


@pytest.mark.parametrize("word", JUDGED)
def test_without_the_word_a_case_is_judged_otherwise(word: str):
    assert judged_otherwise(word, packs())


@pytest.mark.parametrize("word", SHOWN)
def test_the_test_that_shows_what_the_word_does_is_there(word: str):
    path, name = SHOWN[word]
    assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_a_word_that_nothing_reads_is_found():
    assert not judged_otherwise("Pack.prefix", packs()[3:4])


def words_to_sign(rules: Pack) -> list[str]:
    """What the page to sign says of a pack."""
    head = [rules.title.zh, rules.source.model_dump_json(), rules.zone]
    return head + [sentence.text for sentence in sentences(rules, "zh")]


@pytest.mark.parametrize("word", FOR_PEOPLE)
def test_a_word_for_people_is_told_to_them(word: str):
    packs_ = [
        pack_files.load(EVERY_WORD),
        *(pack_files.load(name, SETTINGS) for name in ("qingyang-2023", "bozhou-2024@2")),
    ]
    assert any(
        words_to_sign(changed) != words_to_sign(rules) for rules in packs_ for changed in without(rules, word)
    )
