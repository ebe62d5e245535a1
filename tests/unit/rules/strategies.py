"""What the property tests draw: packs in the whole of the language, histories, and calendars that change."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from shared.rules.judging import acts
from shared.rules.judging.acts import Act, AssignedLeg, OwnLimit
from shared.rules.judging.fold import FOLDS
from shared.rules.judging.rulings import NAMESPACE
from shared.rules.pack import pack, pack_files
from shared.rules.pack.checks import contradictions
from shared.rules.pack.counting import Counting
from shared.rules.pack.ladder import OF_A_UNIT, Consequence
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import IN_DAYS
from shared.rules.pack.triggers import MEETS_CASE, OF_THE_CASE, USUAL_START, Meeting, Start
from shared.rules.terms import DeadlineKind, Kind, LiftReason, Mark, Rank, Role
from shared.rules.time.calendar import Calendar, Calendars
from shared.rules.time.limits import Limit, LimitUnit
from shared.rules.time.notices import Notice, published, statutory

CALENDAR = Calendar.load(ZoneInfo("Asia/Shanghai"))
SAMPLE = Path(pack.__file__).parents[3] / "huying" / "local" / "samples" / "settings.yaml"
CASE = UUID(int=1)
LEGS = [UUID(int=10), UUID(int=11)]
CARDS = [uuid5(NAMESPACE, f"{CASE} card {leg} 1 {kind}") for leg in LEGS for kind in ("reply", "first")]
FIRST = datetime(2026, 9, 25, tzinfo=UTC)  # make-up days and National Day lie ahead
DAYS = 40

DATED = "agreed"
STAGES = [DATED, "seen", "checked"]
BRINGING = ("promise", "gathering")
WORDS = [*(kind for kind in DeadlineKind if kind not in BRINGING), "first", "second"]
RAISED = [["head"], ["head", "in_charge"], ["in_charge"]]
STARTS = [start for start in Start if start not in (Start.PLANNED, Start.TO_BE_LIFTED)]
LEVELS = ["county", "city", "province"]
GROUND = {"clause": "x"}
USUAL = [["08:30", "12:00"], ["14:30", "17:30"]]
NIGHT = [["22:00", "06:00"]]
OFFICE_HOURS = [
    {"spans": USUAL},
    {"spans": USUAL, "after_hours": "next_working_day"},
    {"spans": NIGHT, "after_hours": "next_working_day", "changes": [{"since": "2026-10-09", "spans": USUAL}]},
    {"spans": USUAL, "changes": [{"since": "2025-10-01", "yearly": True, "spans": [["00:00", "24:00"]]}]},
]
Part = dict[str, Any]

# A third of the moments are midnights of Shanghai, so that acts meet due moments and each other; a third lie
# within the minute after one.
midnights = st.integers(0, DAYS).map(lambda days: FIRST + timedelta(days=days, hours=16))
moments = st.one_of(
    st.integers(0, DAYS * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes)),
    midnights,
    st.builds(lambda midnight, seconds: midnight + timedelta(seconds=seconds), midnights, st.floats(0, 61)),
)
limits = st.builds(Limit, number=st.integers(1, 12), unit=st.sampled_from(LimitUnit), roll=st.booleans())
in_days = st.builds(Limit, number=st.integers(1, 12), unit=st.sampled_from(sorted(IN_DAYS)))


def some(words: Any, least: int = 0) -> st.SearchStrategy[list[Any]]:
    """A few of `words`, each once, in an order of their own."""
    words = list(words)
    least = min(least, len(words))
    return st.lists(st.sampled_from(words), min_size=least, max_size=3, unique=True) if words else st.just([])


@st.composite
def _rules(draw: st.DrawFn, deadline: str, stages: list[str]) -> list[Part]:
    """One deadline's limits: for all rounds or for the first and later ones, perhaps another for a kind."""
    usual = USUAL_START.get(deadline, Start.ROUND)
    starts = [start for start in STARTS if stages or start != Start.RETURNED]
    start = draw(st.sampled_from([usual, usual, *starts, *stages]))
    rule: Part = {**GROUND, "deadline": deadline, "starts": start}
    rule["title"] = {"zh": deadline, "en": deadline}
    asked = start in (Start.EXTENSION_ASKED, Start.PAUSE_ASKED, Start.PROPOSED)
    rule["of"] = "office" if asked else draw(st.sampled_from(["unit", "unit", "office"]))

    def limited(**more: Any) -> Part:
        return rule | more | ({} if start == DATED else {"limit": draw(limits)})

    rules = [limited()]
    if start not in OF_THE_CASE and draw(st.booleans()):
        rules = [limited(rounds="1"), limited(rounds="2+")]
    if draw(st.booleans()):
        rules.append(limited(kinds=[draw(st.sampled_from(Kind))]))
    return rules


@st.composite
def _steps(draw: st.DrawFn, rules: dict[str, list[Part]], levels: list[str]) -> list[Part]:
    """A ladder over the deadlines that have limits: any acts that can follow, and the other causes."""
    steps = []
    leader = {} if levels else {"leader": draw(st.sampled_from(["in_charge", "mayor"]))}
    for deadline, limit_rules in rules.items():
        start, of_case = limit_rules[0]["starts"], limit_rules[0]["starts"] in OF_THE_CASE
        rounds = [] if of_case else draw(st.sampled_from([[], ["1"], ["1", "2+"], ["2"]]))
        for span in rounds or draw(st.sampled_from([[], ["1+"]])):
            allowed = [
                act for act in Consequence if levels or act is not Consequence.LIFT or start != Start.LIFTED
            ]
            of_office = of_case or limit_rules[0]["of"] == "office"
            allowed = [act for act in allowed if act not in (OF_A_UNIT if of_office else {Consequence.RAISE})]
            if span.endswith("+"):
                allowed = [act for act in allowed if act is not Consequence.REDISPATCH]
            do = draw(some(allowed, 1))
            if Consequence.APPROVE in do:
                do = [act for act in do if act not in (Consequence.REDISPATCH, Consequence.LIFT)]
            steps.append(_step({"overdue": [deadline], "rounds": span}, do, leader))
            if levels and draw(st.booleans()):
                at_level = {"overdue": [deadline], "rounds": span, "level": draw(st.sampled_from(levels))}
                steps.append(_step(at_level, [Consequence.SUPERVISE], leader))
    causes = {"marks": [Mark.INHERITED], "refused": True, "requested": True}
    steps += [_step({cause: causes[cause]}, [Consequence.LIFT], leader) for cause in draw(some(causes))]
    return [step | {"step": f"s{index}"} for index, step in enumerate(steps)]


def _step(when: Part, do: list[Consequence], leader: dict[str, str]) -> Part:
    needs = {Consequence.CARD: {"card": "red"}, Consequence.HAND_OVER: {"to": "court"}}
    needs[Consequence.LIFT] = {"reason": LiftReason.COUNT, **leader}
    step: Part = {**GROUND, "when": when, "do": do}
    for act in do:
        step |= needs.get(act, {})
    return step


_counting = st.fixed_dictionaries(
    {word: st.booleans() for word in Counting.model_fields if word not in ("clause", "choice")}
).map(
    lambda words: (
        words | GROUND | {"pauses_in_due_minute": words["pauses_in_due_minute"] and words["whole_minutes"]}
    )
)


@st.composite
def _made(draw: st.DrawFn) -> Pack:
    """A pack that contradicts itself nowhere."""
    stages = draw(some(STAGES))
    deadlines = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5, unique=True))
    rules = {deadline: draw(_rules(deadline, stages)) for deadline in deadlines}
    promising, gathering = draw(st.booleans()), draw(st.booleans())
    if promising:
        rules["promise"] = [{**GROUND, "deadline": "promise", "starts": "planned", "of": "unit"}]
    dated = any(limits_of[0]["starts"] == DATED for limits_of in rules.values())
    by_dispatch = [deadline for deadline, limits_of in rules.items() if limits_of[0]["starts"] == Start.ROUND]
    bringable = draw(
        some([*by_dispatch, *(word for word in DeadlineKind if word not in (*rules, *BRINGING))])
    )
    levels = draw(st.sampled_from([[], [], LEVELS[:1], LEVELS]))
    without = (*MEETS_CASE, *([] if promising else [Meeting.PLANNED]))
    of_leg = [*(word for word in Meeting if word not in without), *stages]
    followed = any(limits_of[0]["starts"] == Start.REFERRED for limits_of in rules.values())
    met_by = {
        deadline: draw(some(MEETS_CASE if limits_of[0]["starts"] in OF_THE_CASE else of_leg, 1))
        for deadline, limits_of in rules.items()
    }
    met_by |= {deadline: draw(some(of_leg, 1)) for deadline in bringable if deadline not in rules}
    if promising:
        met_by["promise"] = ["completed"]
    sums = dated and "seen" in stages and draw(st.booleans())
    for deadline in [
        deadline for deadline, limits_of in rules.items() if sums and limits_of[0]["starts"] == DATED
    ]:
        met_by[deadline] = sorted({*met_by[deadline], "seen"})
    ladder = draw(_steps(rules, levels))
    lifting = [step for step in ladder if Consequence.LIFT in step["do"]]
    if gathering and lifting:
        lifting[0]["gather"] = draw(limits)
        rules["gathering"] = [{**GROUND, "deadline": "gathering", "starts": "to_be_lifted"}]
        met_by["gathering"] = ["gathered"]
    raises = any(Consequence.RAISE in step["do"] for step in ladder)
    parts = {"seen", "checked"} <= set(stages) and any(Consequence.APPROVE in step["do"] for step in ladder)
    approval = {"each_leg": draw(st.booleans()), "granted": "checked", "denied": "seen", **GROUND}
    extendable = [
        deadline
        for deadline in met_by
        if deadline not in rules or rules[deadline][0]["starts"] not in (*OF_THE_CASE, DATED)
    ]
    named = {"zh": "x", "en": "x"}
    document = {
        "id": "drawn",
        "version": 1,
        "title": named,
        "source": {"title": "x"},
        "in_force_on": "2026-01-01",
        "prefix": "DR",
        "zone": "Asia/Shanghai",
        "office_hours": {**draw(st.sampled_from(OFFICE_HOURS)), **GROUND},
        "counting": draw(st.none() | _counting),
        "met_by": met_by,
        "stages": [
            {
                **GROUND,
                "stage": stage,
                "title": named,
                "dates": stage == DATED and dated,
                "returns": stage == stages[0],
                "sums": stage == DATED and sums,
                "pays": stage == "seen" and sums,
            }
            for stage in stages
        ],
        "limits": [rule for limits_of in rules.values() for rule in limits_of],
        "own_limits": {"deadlines": bringable, **GROUND} if bringable else None,
        "reminder": {"percent": draw(st.integers(1, 99)), "deadlines": draw(some(met_by)), **GROUND},
        "ladder": ladder,
        "raising": {"to": draw(st.sampled_from(RAISED)), "limit": draw(limits), **GROUND} if raises else None,
        "promises": {"cap": draw(limits), "rank": "leader", **GROUND} if promising else None,
        "approval": approval if parts else None,
        "reopening": {"after_closure": draw(st.booleans()), **GROUND},
        "levels": _levels(levels),
        "never_lifted": draw(st.sampled_from([None, {"marks": [Mark.PETITION], **GROUND}])),
        "referral": {"destinations": [{"to": "court", "title": named}], "followed": True, **GROUND}
        if followed
        else None,
        "extension": {
            "deadlines": draw(some(extendable)),
            "cap": draw(limits),
            "times": draw(st.sampled_from([None, 1, 2])),
            **GROUND,
        },
        "pauses": {
            "cap": draw(in_days),
            "told": draw(st.booleans()),
            "units_only": draw(st.booleans()),
            "grounds": [{"ground": "papers", "title": named, "cap": draw(in_days)}],
            **GROUND,
        },
    }
    drawn_pack = Pack.model_validate(document)
    assert not list(contradictions(drawn_pack))
    return drawn_pack


def _levels(levels: list[str]) -> Part | None:
    steps = [{"level": level, "title": {"zh": level, "en": level}, "leader": "mayor"} for level in levels]
    return {"steps": steps, **GROUND} if levels else None


SHIPPED = {path.stem: pack_files.load(path.stem, SAMPLE) for path in pack_files.PACKS.glob("*.yaml")}
packs = st.one_of(st.sampled_from(sorted(SHIPPED)).map(SHIPPED.__getitem__), _made())


def _noticed(number: int, *, off: tuple[int, ...], work: tuple[int, ...]) -> Calendar:
    """2026 by a notice of our own: days of October off beside the statutory ones, or worked."""
    national = statutory(2026)[date(2026, 10, 1)]
    days = statutory(2026) | {date(2026, 10, day): national for day in off}
    worked = frozenset(date(2026, 10, day) for day in work)
    years = [notice for notice in published().notices if notice.year != 2026]
    return Calendar.of(CALENDAR.zone, f"own-{number}", [*years, Notice(2026, f"own-{number}", days, worked)])


BEFORE = Calendar.of(CALENDAR.zone, "none", [notice for notice in published().notices if notice.year != 2026])
NOTICED = [
    _noticed(1, off=(5, 6, 7, 8, 9), work=(10,)),
    _noticed(2, off=(), work=(4, 10, 11)),
    CALENDAR,
]
calendars = st.one_of(
    st.just(Calendars(CALENDAR)),
    st.lists(moments, max_size=3, unique=True)
    .map(sorted)
    .flatmap(
        lambda known: st.permutations(NOTICED).map(
            lambda noticed: Calendars(BEFORE, list(zip(known, noticed, strict=False)))
        )
    ),
)

legs = st.builds(
    AssignedLeg,
    leg_id=st.sampled_from(LEGS),
    unit=st.just("unit"),
    role=st.sampled_from(Role),
    office_hours=st.sampled_from([None, (("09:00", "17:00"),), (("25:00", "9"),)]),
    limits=st.dictionaries(
        st.sampled_from(WORDS),
        st.builds(OwnLimit, limit=st.none() | limits, due_at=st.none() | moments),
        max_size=3,
    ),
    unit_kind=st.sampled_from([None, "large_firm"]),
)
fields: dict[str, st.SearchStrategy[Any]] = {
    "id": st.uuids(),
    "occurred_at": moments,
    "leg_id": st.sampled_from(LEGS),
    "card_id": st.sampled_from(CARDS),
    "legs": st.lists(legs, min_size=1, max_size=2).map(tuple),
    "marks": st.sampled_from(
        [frozenset(), frozenset(), frozenset({Mark.INHERITED}), frozenset({Mark.PETITION})]
    ),
    "limit": limits,
    "deadline": st.sampled_from([*WORDS, "promise"]),
    "stage": st.sampled_from([*STAGES, DATED, "contacted"]),
    "dates": st.lists(moments, max_size=3).map(tuple),
    "sums": st.lists(st.integers(0, 3).map(Decimal), max_size=3).map(tuple),
    "paid": st.none() | st.integers(0, 4).map(Decimal),
    "in_full": st.booleans(),
    "ground": st.sampled_from([None, "papers", "weather"]),
    "runs_on": st.lists(st.sampled_from(WORDS), max_size=2).map(tuple),
    "upheld": st.booleans(),
    "planned_on": moments.map(datetime.date),
    "rank": st.sampled_from([None, *Rank]),
    "successor": st.sampled_from([None, *LEGS]),
    "reached": st.booleans(),
    "kind": st.sampled_from(Kind),
    "withholds": st.sampled_from([None, None, False, True]),
    "passed_on": st.booleans(),
    "number": st.none() | st.integers(1, 3),
}
ENDS = {acts.Referred, acts.Withdrawn, acts.Closed}


def drawn_acts(act_type: type[Act], **own: st.SearchStrategy[Any]) -> st.SearchStrategy[Act]:
    """An act of this type with all fields drawn, but those given."""
    chosen = {field.name: fields[field.name] for field in dataclasses.fields(act_type)} | own
    return st.builds(act_type, **chosen)


TYPES = list(FOLDS)
anything = st.sampled_from(TYPES).flatmap(drawn_acts)
OFTEN = [act_type for act_type in TYPES if act_type not in ENDS] + [acts.Reached] * 4
common = st.sampled_from(OFTEN).flatmap(drawn_acts)
early = moments.map(lambda moment: FIRST + (moment - FIRST) / 10)
histories = st.one_of(
    st.lists(anything, max_size=12),
    st.builds(
        lambda *parts: [*parts[:2], *parts[2]],
        drawn_acts(acts.Opened, occurred_at=st.just(FIRST)),
        drawn_acts(acts.Assigned, occurred_at=early),
        st.lists(common, max_size=10),
    ),
)
