"""What an enterprise sees of its appeal: units, limits with their names, and a timeline in plain words."""

from typing import Any

import pytest

from services.intake import timeline
from services.intake.status import public_status
from shared import events
from shared.events import Event
from shared.rules.pack import pack_files
from shared.rules.pack.desks import Destination, Extension, PauseGround, Pauses, Referral, Stage
from shared.rules.pack.ladder import Level, Levels
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import Title
from tests.unit.intake.case import (
    APPROVED,
    BARE,
    FOUND,
    INSTRUCTED,
    LEG,
    LIFTED,
    OTHER,
    REACHED,
    REFERRED,
    REOPEN,
    START,
    UNSATISFIED,
    WITHDRAW,
    ZONE,
    again,
    appeal_event,
    assigned,
    completed,
    contacted,
    done,
    heard,
    hours,
    leg_event,
    overdue,
    under,
    upheld,
)

WEEK = {"number": 5, "unit": "working_days"}
RICH = under(
    stages=(Stage(stage="accepted", title=Title(zh="受理", en="accepted"), choice="x"),),
    levels=Levels(
        steps=(Level(level="county", title=Title(zh="县级", en="county"), leader="mayor"),), choice="x"
    ),
    pauses=Pauses(
        cap=WEEK,
        grounds=(PauseGround(ground="papers", title=Title(zh="等待补正", en="papers"), cap=WEEK),),
        choice="x",
    ),
    referral=Referral(
        destinations=(Destination(to="court", title=Title(zh="法院", en="court")),), choice="x"
    ),
    extension=Extension(deadlines=("completion",), cap=WEEK, choice="x"),
)


def history(event: Event, rules: Pack = RICH) -> tuple[str, str]:
    line = timeline.shown_entry(heard(event).timeline[-1], rules, ZONE)
    return line["zh"], line["en"]


def of_deadline(type_: type[Event], deadline: str, **more: Any) -> Event:
    legs = {"leg_id": LEG, "unit": "power", "round": 1, "deadline": deadline, "due_at": hours(30), **more}
    return appeal_event(type_, 5, **legs)


def moved(deadline: str, **more: Any) -> Event:
    return of_deadline(events.DeadlineMoved, deadline, was_due_at=hours(7.5), calendar="c2", **more)


def test_the_timeline_tells_what_happened_in_order_of_time() -> None:
    appeal = heard(
        completed(7),
        again(5),
        overdue(5),
        leg_event(events.AppealResponded, 6),
        INSTRUCTED,
        FOUND,
        assigned(),
        LIFTED,
        contacted(1.5),
    )
    appeal = done(appeal, (UNSATISFIED, 8), (REACHED, 8.5), (REOPEN, 9), (WITHDRAW, 10))
    assert [entry.zh for entry in appeal.timeline] == [
        "已登记",
        "已交办",
        "承办单位已联系企业",
        "已提级办理",
        "牵头领导已批示",
        "合理性认定：合理（属实{1}）",
        "回复办理情况超期",
        "再次交办，第 2 次",
        "承办单位已回复办理情况",
        "承办单位已办结：已解决",
        "企业评价：不满意",
        "已回访企业",
        "重新办理",
        "企业已撤回",
    ]
    assert [entry.unit for entry in appeal.timeline[:3]] == [None, "power", "power"]


@pytest.mark.parametrize(
    ("event", "zh", "en"),
    [
        (REFERRED, "已引导至：劳动仲裁{0}", "referred to: 劳动仲裁{0}"),
        (
            appeal_event(events.AppealReferred, 2, to="court", reason="x"),
            "已引导至：法院",
            "referred to: court",
        ),
        (LIFTED, "已提级办理", "lifted to a leader"),
        (
            LIFTED.model_copy(update={"level": "county"}),
            "已提级办理：县级",
            "lifted to a leader: county",
        ),
        (leg_event(events.StageReached, 2, stage="accepted"), "办理进展：受理", "progress: accepted"),
        (leg_event(events.StageReached, 2, stage="of_another_pack"), "办理进展", "progress"),
        (
            leg_event(events.AppealPaused, 2, reason="内部", approver="张", ground="papers"),
            "时限暂停计算：等待补正",
            "time stopped counting: papers",
        ),
        (
            leg_event(events.AppealPaused, 2, reason="内部", approver="张"),
            "时限暂停计算",
            "time stopped counting",
        ),
        (leg_event(events.AppealResumed, 2), "时限恢复计算", "time counts again"),
        (
            leg_event(events.AppealExtended, 2, deadline="completion", limit=WEEK, approver="张"),
            "时限已延长，自起算共 5 个工作日：办结",
            "limit extended to 5 working days from its start: completion",
        ),
        (
            leg_event(
                events.AppealExtended,
                2,
                deadline="reply",
                limit={"number": 1, "unit": "months"},
                approver="张",
            ),
            "时限已延长，自起算共 1 个月：回复办理情况",
            "limit extended to 1 month from its start: reply",
        ),
        (
            of_deadline(events.AppealHandedOver, "completion", to="court", clause="§1"),
            "已移交有关机关：法院",
            "handed over to the body responsible: court",
        ),
        (
            of_deadline(events.AppealHandedOver, "completion", to="discipline", clause="§1"),
            "已移交有关机关",
            "handed over to the body responsible",
        ),
        (APPROVED, "审批超期，视为同意", "approval ran out: deemed approved"),
        # 2026-02-13 10:00 and 7.5 hours; 30 hours on it is 16:00 of the 14th
        (
            moved("completion"),
            "办结时限因放假安排调整，由 2026-02-13 17:30 改为 2026-02-14 16:00",
            "completion moved by the holiday notice, from 2026-02-13 17:30 to 2026-02-14 16:00",
        ),
        (
            moved("instalment", due_at=hours(14), title={"zh": "还款", "en": "instalment"}),
            "还款时限因放假安排调整，由 2026-02-13 17:30 改为 2026-02-13 24:00",
            "instalment moved by the holiday notice, from 2026-02-13 17:30 to 2026-02-13 24:00",
        ),
        (of_deadline(events.AppealOverdue, "follow_up"), "回访超期", "follow-up is overdue"),
        (
            of_deadline(events.AppealOverdue, "instalment", title={"zh": "还款", "en": "instalment"}),
            "还款超期",
            "instalment is overdue",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_event_is_told_in_the_words_of_its_pack(event: Event, zh: str, en: str) -> None:
    assert history(event) == (zh, en)


def test_a_pack_s_own_title_of_an_extended_limit_is_told() -> None:
    arrears = pack_files.read(pack_files.PACKS / "qingyang-2023-arrears.yaml")
    rule = next(rule for rule in arrears.limits if rule.title)
    assert rule.title is not None
    event = leg_event(events.AppealExtended, 2, deadline=rule.deadline, limit=WEEK, approver="张")
    assert history(event, arrears)[0].endswith(f"：{rule.title.zh}")


@pytest.mark.parametrize("event", [moved("objection"), of_deadline(events.AppealOverdue, "objection")])
def test_the_time_to_decide_an_objection_is_no_matter_of_the_enterprise(event: Event) -> None:
    assert [entry.zh for entry in heard(event).timeline] == ["已登记"]


def test_a_word_is_kept_so_that_a_document_of_before_is_still_told() -> None:
    old = {"occurred_at": START, "type": "appeal.referred.v1", "zh": "已引导至：仲裁", "en": "referred to: x"}
    entry = timeline.TimelineEntry.model_validate(old)
    assert timeline.shown_entry(entry, BARE, ZONE)["zh"] == "已引导至：仲裁"


def test_the_public_status_keeps_personal_data_instructions_and_ended_legs_to_the_office() -> None:
    appeal = heard(assigned(1, LEG, OTHER), upheld(2, OTHER), INSTRUCTED)
    shown = public_status(appeal, BARE, ZONE)
    assert [leg["unit"] for leg in shown["legs"]] == ["power"]
    assert shown["received_at"].isoformat() == "2026-02-13T10:00:00+08:00"
    assert not [secret for secret in ("某甲", "0558", "非本单位") if secret in str(shown)]


def deadline(leg: int | None, kind: str, verdict: str = "open", **more: Any) -> events.Deadline:
    return events.Deadline(
        leg_id=leg,
        unit=leg and "power",
        round=1,
        deadline=kind,
        started_at=START,
        due_at=hours(30),
        verdict=verdict,
        clause="§3",
        explanation={"zh": "算法", "en": "reckoning"},
        **more,
    )


def judged(*deadlines: events.Deadline) -> Event:
    return appeal_event(events.AppealJudged, 2, state="dispatched", deadlines=deadlines)


def test_deadlines_are_shown_with_their_leg_and_void_ones_are_not() -> None:
    history = judged(
        deadline(None, "dispatch", "met"), deadline(LEG, "contact", "void"), deadline(LEG, "reply")
    )
    shown = public_status(heard(assigned(), history), BARE, ZONE)
    assert [deadline["deadline"] for deadline in shown["deadlines"]] == ["dispatch"]
    (reply,) = shown["legs"][0]["deadlines"]
    assert reply["due_at"].isoformat() == "2026-02-14T16:00:00+08:00"
    assert (reply["explanation"]["zh"], reply["clause"]) == ("算法", "§3")
    assert reply["ground"] == {"zh": "§3", "en": "§3"}


def test_the_ground_of_a_choice_is_told_in_words() -> None:
    chosen = deadline(LEG, "reply").model_copy(update={"clause": "choice"})
    ((reply,),) = (
        leg["deadlines"] for leg in public_status(heard(assigned(), judged(chosen)), BARE, ZONE)["legs"]
    )
    assert reply["clause"] == "choice"
    assert reply["ground"] == {
        "zh": "原文未规定，由规则包取定",
        "en": "not in the text: a choice of the pack",
    }


def test_what_is_known_is_shown_without_the_pack_and_its_names() -> None:
    reached = leg_event(events.StageReached, 2, stage="accepted")
    shown = public_status(heard(assigned(), reached, judged(deadline(LEG, "reply"))), None, ZONE)
    assert [line["zh"] for line in shown["timeline"]] == ["已登记", "已交办", "办理进展"]
    assert shown["legs"][0]["deadlines"][0]["title"]["zh"] == "回复办理情况"


def test_a_body_that_only_the_ladder_names_is_told_by_its_name() -> None:
    rules = under(bodies={"bureau": Title(zh="财政部门", en="the finance bureau")})
    event = of_deadline(events.AppealHandedOver, "completion", to="bureau", clause="§1")
    assert history(event, rules) == (
        "已移交有关机关：财政部门",
        "handed over to the body responsible: the finance bureau",
    )


def test_every_limit_has_a_name_in_both_languages_and_that_of_an_objection_is_hidden() -> None:
    own = {"zh": "还款", "en": "instalment"}
    judgement = judged(
        deadline(LEG, "completion"), deadline(LEG, "objection"), deadline(LEG, "instalment", title=own)
    )
    (leg,) = public_status(heard(assigned(), judgement), BARE, ZONE)["legs"]
    assert [deadline["title"] for deadline in leg["deadlines"]] == [{"zh": "办结", "en": "completion"}, own]
