"""An appeal at intake: what it takes to register, and how it stands after what was heard of it."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from services.intake import acts, api, domain
from services.intake.domain import File
from services.intake.handlers import HANDLERS, SILENT
from shared import events
from shared.errors import Conflict, Invalid
from shared.events import CATALOGUE, Channel, Event
from shared.rules.standing import CaseState

APPEAL = UUID(int=1)
LEG, OTHER = UUID(int=2), UUID(int=3)
NUMBER = "BZ-20260213-00042"
START = datetime(2026, 2, 13, 2, tzinfo=UTC)
ENTERPRISE = acts.Enterprise(name="某某食品有限公司", contact_name="某甲", phone="0558-1234567")


class Desk:
    """A desk without a database."""

    def __init__(self, file: File) -> None:
        self.held = file

    def file(self, appeal_id: UUID) -> File:
        assert appeal_id == self.held.appeal_id
        return self.held

    def keep(self, file: File) -> None:
        self.held = file


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


def wish(channel: Channel = Channel.WEB, enterprise: acts.Enterprise | None = ENTERPRISE) -> acts.Register:
    return acts.Register(
        channel=channel,
        kind=events.Kind.HELP,
        title="用电",
        text="厂区停电",
        locality="qiaocheng",
        enterprise=enterprise,
    )


def received() -> File:
    return domain.receive(wish(), APPEAL, NUMBER, "bozhou-2024@1", START)[0]


def said(type_: type[Event], at: float, **fields: Any) -> Event:
    return type_(occurred_at=hours(at), appeal_id=APPEAL, registration_number=NUMBER, **fields)


def of_leg(type_: type[Event], at: float, leg: UUID = LEG, **fields: Any) -> Event:
    return said(type_, at, leg_id=leg, unit="power" if leg == LEG else "town", **fields)


def assigned(at: float = 1, *legs: UUID) -> Event:
    given = [
        events.Leg(leg_id=leg, unit="power" if leg == LEG else "town", unit_name="某局", role="lead")
        for leg in legs or (LEG,)
    ]
    return said(events.AppealAssigned, at, legs=tuple(given))


def completed(at: float, leg: UUID = LEG) -> Event:
    return of_leg(events.AppealCompleted, at, leg, outcome="solved")


def contacted(at: float) -> Event:
    return of_leg(events.AppealContacted, at, how="phone")


def overdue(at: float) -> Event:
    return of_leg(events.AppealOverdue, at, round=1, deadline="reply", due_at=hours(at))


def again(at: float, round_: int = 2, reason: str = "overdue") -> Event:
    return of_leg(events.AppealRedispatched, at, round=round_, reason=reason)


def upheld(at: float, leg: UUID = LEG, *, yes: bool = True) -> Event:
    return of_leg(events.ObjectionDecided, at, leg, upheld=yes, reason="非本单位职责")


REFERRED = said(events.AppealReferred, 2, to="劳动仲裁{0}", reason="属仲裁事项")
LIFTED = said(events.AppealLifted, 2, reason="kind", leader="mayor", unit=None, clause="§3")
CLOSED = said(events.AppealClosed, 9)
INSTRUCTED = said(events.AppealInstructed, 3, leader="mayor", instruction="某甲须三日内解决")


def heard(*told: Event, file: File | None = None) -> File:
    desk = Desk(file or received())
    for event in told:
        HANDLERS[type(event)](desk, event)
    return desk.held


def done(file: File, *steps: tuple[acts.Act, float], past: bool = False) -> File:
    for act, at in steps:
        file, _ = domain.perform(file, act, hours(at), past=past)
    return file


SATISFIED = acts.Rate(rating="satisfied")
UNSATISFIED = acts.Rate(rating="not_satisfied", comment="仍未通电")
WITHDRAW = acts.Withdraw(reason="已自行解决")
REOPEN = acts.Reopen(reason="情况属实")


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ((), CaseState.REGISTERED),
        ((assigned(),), CaseState.DISPATCHED),
        ((assigned(), upheld(2, yes=False)), CaseState.DISPATCHED),
        ((assigned(), upheld(2)), CaseState.REGISTERED),  # nobody has it any more
        ((assigned(1, LEG, OTHER), completed(3)), CaseState.DISPATCHED),
        ((assigned(1, LEG, OTHER), completed(3), completed(4, OTHER)), CaseState.COMPLETED),
        ((assigned(1, LEG, OTHER), completed(3), upheld(4, OTHER)), CaseState.COMPLETED),
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
    ],
)
def test_an_appeal_stands_as_its_events_say_in_whatever_order_they_came(
    told: tuple[Event, ...], state: CaseState
) -> None:
    files = [heard(*order) for order in permutations(told)]
    assert {file.state for file in files} == {state}
    assert all(file.timeline == files[0].timeline for file in files)
    assert len({tuple(sorted(leg.model_dump_json() for leg in file.legs)) for file in files}) == 1


def test_hearing_twice_changes_nothing_an_enterprise_sees() -> None:
    told = (assigned(), overdue(5), again(5), completed(6))
    once, twice = heard(*told), heard(*told, *told)
    assert once.model_dump(exclude={"version"}) == twice.model_dump(exclude={"version"})


def test_the_timeline_tells_what_happened_in_order_of_time() -> None:
    file = heard(
        completed(7),
        again(5),
        overdue(5),
        of_leg(events.AppealResponded, 6),
        INSTRUCTED,
        assigned(),
        LIFTED,
        contacted(1.5),
    )
    file = done(file, (UNSATISFIED, 8), (REOPEN, 9), (WITHDRAW, 10))
    assert [entry.zh for entry in file.timeline] == [
        "已登记",
        "已交办",
        "承办单位已联系企业",
        "已提级办理",
        "牵头领导已批示",
        "回复办理情况超期",
        "再次交办，第 2 次",
        "承办单位已回复办理情况",
        "承办单位已办结：已解决",
        "企业评价：不满意",
        "重新办理",
        "企业已撤回",
    ]
    assert [entry.unit for entry in file.timeline[:3]] == [None, "power", "power"]


def test_whom_an_appeal_is_referred_to_is_told_as_it_was_written() -> None:
    assert heard(REFERRED).timeline[-1].zh == "已引导至：劳动仲裁{0}"


def test_the_public_status_keeps_personal_data_instructions_and_ended_legs_to_the_office() -> None:
    file = heard(assigned(1, LEG, OTHER), upheld(2, OTHER), INSTRUCTED)
    shown = api.public(file, ZoneInfo("Asia/Shanghai"))
    assert [leg["unit"] for leg in shown["legs"]] == ["power"]
    assert shown["received_at"].isoformat() == "2026-02-13T10:00:00+08:00"
    assert not [secret for secret in ("某甲", "0558", "非本单位") if secret in str(shown)]


def test_deadlines_are_shown_with_their_leg_and_void_ones_are_not() -> None:
    def deadline(leg: UUID | None, kind: str, verdict: str) -> events.Deadline:
        return events.Deadline(
            leg_id=leg,
            unit=leg and "power",
            round=1,
            deadline=kind,
            started_at=START,
            due_at=hours(30),
            verdict=verdict,
            explanation={"zh": "算法", "en": "reckoning"},
        )

    file = heard(
        assigned(),
        said(
            events.AppealJudged,
            2,
            state="dispatched",
            deadlines=(
                deadline(None, "dispatch", "met"),
                deadline(LEG, "contact", "void"),
                deadline(LEG, "reply", "open"),
            ),
        ),
    )
    shown = api.public(file, ZoneInfo("Asia/Shanghai"))
    assert [one["deadline"] for one in shown["deadlines"]] == ["dispatch"]
    (reply,) = shown["legs"][0]["deadlines"]
    assert reply["due_at"].isoformat() == "2026-02-14T16:00:00+08:00"
    assert reply["explanation"]["zh"] == "算法"


AT_WORK = (assigned(),)
DONE = (assigned(), completed(4))


@pytest.mark.parametrize(
    ("told", "steps", "state"),
    [
        ((), [(WITHDRAW, 5)], CaseState.WITHDRAWN),
        (DONE, [(WITHDRAW, 5)], CaseState.WITHDRAWN),
        (DONE, [(SATISFIED, 5)], CaseState.COMPLETED),
        ((REFERRED,), [(SATISFIED, 5)], CaseState.REFERRED),
        ((*DONE, CLOSED), [(UNSATISFIED, 10)], CaseState.CLOSED),
        (DONE, [(UNSATISFIED, 5), (REOPEN, 6)], CaseState.DISPATCHED),
    ],
)
def test_what_the_enterprise_and_the_office_may_do(
    told: tuple[Event, ...], steps: list[tuple[acts.Act, float]], state: CaseState
) -> None:
    assert done(heard(*told), *steps).state == state


@pytest.mark.parametrize(
    ("told", "steps"),
    [
        ((), [(WITHDRAW, 5), (WITHDRAW, 6)]),
        ((*DONE, CLOSED), [(WITHDRAW, 10)]),
        (AT_WORK, [(SATISFIED, 5)]),
        (DONE, [(SATISFIED, 5), (UNSATISFIED, 6)]),
        (DONE, [(WITHDRAW, 5), (SATISFIED, 6)]),
        (DONE, [(REOPEN, 5)]),
        (DONE, [(SATISFIED, 5), (REOPEN, 6)]),
        (DONE, [(UNSATISFIED, 5), (REOPEN, 6), (REOPEN, 7)]),
        ((*DONE, CLOSED), [(UNSATISFIED, 10), (REOPEN, 11)]),
        ((REFERRED,), [(UNSATISFIED, 10), (REOPEN, 11)]),
    ],
)
def test_what_the_case_does_not_allow_is_refused_and_leaves_it_as_it_was(
    told: tuple[Event, ...], steps: list[tuple[acts.Act, float]]
) -> None:
    file = done(heard(*told), *steps[:-1])
    before = file.model_dump_json()
    with pytest.raises(Conflict):
        done(file, steps[-1])
    assert file.model_dump_json() == before


def test_an_act_changes_a_copy_so_that_a_refused_import_leaves_no_trace() -> None:
    file = heard(*DONE)
    before = file.model_dump_json()
    done(file, (UNSATISFIED, 5), (REOPEN, 6), (WITHDRAW, 7))
    assert file.model_dump_json() == before


def test_each_handling_is_rated_once_and_every_rating_is_kept() -> None:
    file = done(heard(*DONE), (UNSATISFIED, 5), (REOPEN, 6))
    assert file.rating is None
    file = done(heard(again(6, reason="reopened"), completed(8), file=file), (SATISFIED, 9))
    assert file.rating is not None
    assert [one.rating for one in (*file.earlier_ratings, file.rating)] == ["not_satisfied", "satisfied"]


def test_past_acts_may_be_told_before_what_the_units_did_is_heard() -> None:
    file = done(received(), (UNSATISFIED, 5), (REOPEN, 6), past=True)
    told = (assigned(), completed(4), again(6, reason="reopened"))
    assert heard(*told, file=file).state == CaseState.DISPATCHED
    assert heard(completed(8), file=heard(*told, file=file)).state == CaseState.COMPLETED


def test_a_past_reopening_still_needs_its_rating() -> None:
    with pytest.raises(Conflict):
        done(heard(*DONE), (REOPEN, 6), past=True)


@pytest.mark.parametrize(
    ("channel", "enterprise", "field"),
    [
        (Channel.ANONYMOUS_LETTER, None, None),
        (Channel.ANONYMOUS_LETTER, ENTERPRISE, "enterprise"),
        (Channel.SUPERVISION_CODE, None, None),
        (Channel.SUPERVISION_CODE, ENTERPRISE, None),
        (Channel.WEB, ENTERPRISE, None),
        (Channel.WEB, None, "enterprise.name"),
        (Channel.FAMILY_TALK, None, "enterprise.name"),
    ],
)
def test_a_channel_decides_whether_the_enterprise_is_named(
    channel: Channel, enterprise: acts.Enterprise | None, field: str | None
) -> None:
    refused = None
    try:
        domain.receive(wish(channel, enterprise), APPEAL, NUMBER, "bozhou-2024@1", START)
    except Invalid as refusal:
        refused = refusal.field
    assert refused == field


def test_the_event_of_a_registration_carries_no_person_and_no_text() -> None:
    _, event = domain.receive(wish(), APPEAL, NUMBER, "bozhou-2024@1", START, "hash", "old-7")
    assert (event.source_id, event.receipt_hash, event.locality) == ("old-7", "hash", "qiaocheng")
    assert not [secret for secret in ("某甲", "0558", "停电") if secret in event.model_dump_json()]


@pytest.mark.parametrize(
    ("field", "value", "good"),
    [
        ("phone", "13800000000", True),
        ("phone", "+86 558 1234567", True),
        ("phone", "call me", False),
        ("phone", "12345", False),
        ("phone", "1380000000" * 3, False),
        ("credit_code", "91341600MA2N0000X0", True),
        ("credit_code", "91341600MA2N0000O0", False),  # the letter O is none of them
        ("credit_code", "91341600MA2N0000X", False),
        ("name", "", False),
        ("name", "   ", False),
    ],
)
def test_what_is_said_of_an_enterprise_must_be_possible(field: str, value: str, good: bool) -> None:
    accepted = True
    try:
        acts.Enterprise.model_validate({"name": "某厂", field: value})
    except ValidationError:
        accepted = False
    assert accepted == good


def test_registration_numbers_name_prefix_day_and_count() -> None:
    assert domain.registration_number("BZ", date(2026, 2, 13), 42) == NUMBER


def test_an_imported_id_depends_on_source_and_id_alone() -> None:
    assert domain.imported_id("hotline", "7") == UUID("a62b73a3-a6cc-5126-ade5-82e581570e9b")
    assert len({domain.imported_id(source, id_) for source in ("a", "b") for id_ in ("1", "2")}) == 4


def test_a_receipt_code_is_eighty_bits_in_letters_nobody_mistakes() -> None:
    assert domain.receipt_code(bytes(10)) == "0000-0000-0000-0000"
    assert domain.receipt_code(b"\xff" * 10) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    # 00000 00001 00010 … 01111: the first sixteen letters, each once
    assert domain.receipt_code(bytes.fromhex("00443214c74254b635cf")) == "0123-4567-89AB-CDEF"


@pytest.mark.parametrize(
    ("typed", "opened"),
    [
        ("01AB-CDEF-GHJK-MNPQ", True),
        ("o1ab cdef ghjk mnpq", True),
        ("OIABCDEFGHJKMNPQ", True),
        ("olabcdefghjkmnpq", True),
        ("01AB-CDEF-GHJK-MNPR", False),
        ("01AB-CDEF-GHJK-MNP", False),
        ("", False),
    ],
)
def test_a_receipt_code_opens_however_it_was_typed(typed: str, opened: bool) -> None:
    assert domain.opens(typed, domain.receipt_hash("01AB-CDEF-GHJK-MNPQ")) == opened


def test_nothing_opens_an_appeal_that_has_no_receipt_code() -> None:
    assert not domain.opens("", None)


def test_every_event_of_the_units_and_the_judge_is_heard_or_left_out_on_purpose() -> None:
    heard_of = {cls for cls in CATALOGUE.values() if cls.source in ("dispatch", "escalation")}
    assert not HANDLERS.keys() & set(SILENT)
    assert HANDLERS.keys() | set(SILENT) == heard_of


def test_every_act_of_an_import_has_its_transition() -> None:
    kinds = {cls for cls in acts.Act.__subclasses__() if cls is not acts.Register}
    assert domain.TRANSITIONS.keys() == kinds
