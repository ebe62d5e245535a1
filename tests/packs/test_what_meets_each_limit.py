"""Which act meets which limit, pack by pack: `met_by` in every direction."""

from collections.abc import Callable

import pytest

from shared.rules.judging import acts
from shared.rules.terms import Mark
from tests.packs.histories import Story, working_days

WHEN = "03-03 09:00"
ACTS: dict[str, Callable[[Story], Story]] = {
    "assigned": lambda story: story.dispatched(WHEN),
    "contacted": lambda story: story.contacted(WHEN),
    "responded": lambda story: story.replied(WHEN),
    "completed": lambda story: story.completed(WHEN),
    "objection decided": lambda story: story.did(acts.ObjectionDecided, WHEN, upheld=False),
    "referred": lambda story: story.did(acts.Referred, WHEN),
    "closed": lambda story: story.did(acts.Closed, WHEN),
    "rated": lambda story: story.did(acts.Rated, WHEN),
    "followed up": lambda story: story.did(acts.FollowedUp, WHEN, reached=True),
    "signed off": lambda story: story.did(acts.SignedOff, WHEN),
    "found": lambda story: story.did(acts.Found, WHEN),
}


def bozhou() -> Story:
    story = Story("bozhou-2024@2").received("03-02 09:00")
    return story.dispatched(
        "03-02 09:30", marks=[Mark.INHERITED], limits={"completion": {"limit": working_days(5)}}
    )


def financing() -> Story:
    return Story("bozhou-2024-financing@2").received("03-02 09:00").dispatched("03-02 09:30")


def regulator() -> Story:
    return Story("bozhou-2024-financing@2", "report").received("03-02 09:00").dispatched("03-02 09:30")


def bowu() -> Story:
    return Story("bowu-2022@2").received("03-02 09:00").dispatched("03-02 09:30")


def bowu_award() -> Story:
    story = Story("bowu-2022-award@2").received("03-02 09:00")
    return story.dispatched("03-02 09:30", limits={"completion": {"limit": working_days(2)}})


def xuancheng() -> Story:
    story = Story("xuancheng-2024@2").received("03-02 09:00").dispatched("03-02 09:30")
    return story.did(acts.Objected, "03-02 09:40").did(acts.LiftRequested, "03-02 09:50")


def heard_in(pack_id: str) -> Story:
    return Story(pack_id).received("03-02 09:00").dispatched("03-02 09:30").completed("03-02 09:40")


def at_the_desk_of(pack_id: str) -> Story:
    return Story(pack_id).received("03-02 16:30")


def approval() -> Story:
    return Story("xuancheng-2024-approval@2").received("03-02 09:00").dispatched("03-02 09:30")


def qingyang() -> Story:
    story = Story("qingyang-2023@2").received("03-02 09:00")
    story.dispatched("03-02 09:30", marks=[Mark.CROSS_LEVEL])
    story.did(acts.Objected, "03-02 09:40")
    return story.reached("rectification_ordered", "03-02 09:50", "03-10 18:00")


def arrears(*stages: str) -> Story:
    story = Story("qingyang-2023-arrears@2", "arrears").received("03-02 09:00").dispatched("03-02 09:30")
    for stage in stages:
        story.reached(stage, "03-02 10:00", *(["03-31 24:00"] if stage == "plan_agreed" else []))
    return story


def xx() -> Story:
    return Story("xx-city-2022@2").received("03-02 09:00").dispatched("03-02 09:30")


def xx_arrears(*stages: str) -> Story:
    story = Story("xx-city-2022-arrears@2", "arrears").received("03-02 09:00").dispatched("03-02 09:30")
    for stage in stages:
        story.reached(stage, "03-02 10:00", "03-31 24:00")
    return story


def award(kind: str, *stages: str) -> Story:
    story = Story("xx-city-2022-award@2", kind).received("03-02 09:00").dispatched("03-02 09:30")
    for minute, stage in enumerate(stages, 10):
        story.reached(stage, f"03-02 10:{minute}")
    return story


def clue(*stages: str) -> Story:
    story = Story("xx-city-2022-clues@2", "clue").received("02-09 09:00").dispatched("02-09 09:30")
    for minute, stage in enumerate(stages, 10):
        story.reached(stage, f"02-09 10:{minute}")
    return story


BANKS = {
    "contacted": "bank_contact",
    "responded": "bank_contact bank_status",
    "documents_needed": "bank_contact bank_status",
    "under_review": "bank_contact bank_status",
    "approved": "bank_contact bank_status bank_decision",
    "declined": "bank_contact bank_status bank_decision",
    "taken_back": "bank_contact bank_status bank_decision",
    "completed": "bank_contact bank_status bank_decision",
    "disbursed": "",
}
TABLE: dict[str, tuple[Story, dict[str, str]]] = {
    "bozhou": (
        bozhou(),
        {
            "contacted": "contact",
            "responded": "contact reply",
            "completed": "contact reply completion lifted",
            "signed off": "lifted",
            "found": "",
        },
    ),
    "financing": (financing(), BANKS),
    "regulator": (regulator(), {"responded": "", "completed": "regulator_result"}),
    "bowu's desk": (
        at_the_desk_of("bowu-2022@2"),
        {"assigned": "dispatch", "referred": "dispatch", "closed": "dispatch", "found": ""},
    ),
    "bowu": (bowu(), {"contacted": "", "responded": "", "completed": "completion"}),
    "bowu award": (bowu_award(), {"closed": "approval", "completed": "approval completion"}),
    "xuancheng's desk": (
        at_the_desk_of("xuancheng-2024@2"),
        {"assigned": "dispatch", "referred": "dispatch", "closed": "dispatch"},
    ),
    "xuancheng": (
        xuancheng(),
        {
            "contacted": "contact",
            "responded": "contact",
            "completed": "contact completion lifted",
            "signed off": "lifted",
            "objection decided": "objection",
        },
    ),
    "xuancheng, after": (
        heard_in("xuancheng-2024@2"),
        {"rated": "follow_up", "followed up": "follow_up", "closed": "", "found": ""},
    ),
    "approval": (
        approval(),
        {"responded": "", "granted": "decision", "denied": "decision", "completed": "decision"},
    ),
    "qingyang's desk": (
        at_the_desk_of("qingyang-2023@2"),
        {"assigned": "dispatch", "referred": "dispatch", "closed": "dispatch"},
    ),
    "qingyang": (
        qingyang(),
        {
            "contacted": "",
            "rectified": "rectification",
            "completed": "completion lifted rectification",
            "signed off": "lifted",
            "objection decided": "objection",
        },
    ),
    "qingyang, after": (heard_in("qingyang-2023@2"), {"rated": "", "followed up": "follow_up", "closed": ""}),
    "arrears": (
        arrears(),
        {"confirmed": "confirmation", "plan_agreed": "confirmation", "completed": "confirmation", "paid": ""},
    ),
    "arrears, confirmed": (
        arrears("confirmed"),
        {"plan_agreed": "settlement", "completed": "settlement", "paid": ""},
    ),
    "arrears, planned": (arrears("plan_agreed"), {"paid": "instalment", "completed": "instalment"}),
    "xx": (
        xx(),
        {"contacted": "contact", "responded": "contact", "completed": "completion contact"},
    ),
    "xx, after": (heard_in("xx-city-2022@2"), {"rated": "follow_up", "followed up": "follow_up"}),
    "xx arrears": (xx_arrears(), {"plan_filed": "plan", "completed": "plan", "paid": ""}),
    "xx arrears, planned": (xx_arrears("plan_filed"), {"paid": "share", "completed": "share"}),
    "award": (
        award("help"),
        {
            "verified": "verification",
            "arrived": "verification",
            "funded": "verification",
            "paid": "verification",
            "completed": "verification",
            "passed_down": "",
        },
    ),
    "award, arrived": (
        award("help", "arrived"),
        {"paid": "payment", "passed_down": "payment", "completed": "payment", "verified": ""},
    ),
    "award, promised": (
        award("unkept_promise", "verified"),
        {"funded": "funding", "paid": "funding", "completed": "funding"},
    ),
    "award, funded": (
        award("unkept_promise", "verified", "funded"),
        {"paid": "promised_payment", "completed": "promised_payment", "passed_down": ""},
    ),
    "clue": (
        Story("xx-city-2022-clues@2", "clue").received("03-02 09:00").dispatched("03-02 09:30"),
        {"transferred": "transfer", "inquired": "transfer", "completed": "transfer", "told": ""},
    ),
    "clue, transferred": (clue("transferred"), {"inquired": "inquiry", "completed": "inquiry", "told": ""}),
    "clue, inquired": (
        clue("transferred", "inquired"),
        {"told": "response", "completed": "response"},
    ),
    "clue, handed over": (
        clue(),  # since 02-14: five working days are over
        {"found": "outcome", "completed": "outcome transfer", "closed": "outcome", "told": ""},
    ),
}


def met(story: Story) -> set[str]:
    """The deadlines met so far, in time or not."""
    return {deadline.kind for deadline in story.judged(WHEN).deadlines if deadline.met_at}


@pytest.mark.parametrize(
    ("situation", "act", "deadlines"),
    [(name, act, expected) for name, (_, acts) in TABLE.items() for act, expected in acts.items()],
)
def test_an_act_meets_these_and_no_others(situation: str, act: str, deadlines: str):
    story = TABLE[situation][0].copy()
    before = met(story)
    ACTS.get(act, lambda story: story.reached(act, WHEN))(story)
    assert met(story) - before == set(deadlines.split())
