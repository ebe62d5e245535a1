"""When messages leave and together with what: quiet hours, retries, digests, caps."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.notify.deliveries.domain import (
    ChannelKind,
    Delivery,
    DeliveryOutcome,
    DeliveryTarget,
    QuietHours,
    SendingCap,
)
from services.notify.deliveries.parcels import Parcel, next_try_at, parcels_of, subject_and_body, within_cap
from services.notify.messages.words import Language
from shared.rules.time.calendar import Calendar

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.load(ZONE)
AT = datetime(2026, 2, 13, 10, tzinfo=ZONE)


def a_delivery(number: int, **fields: Any) -> Delivery:
    """A message, a minute after the one before."""
    known = {
        "id": UUID(int=number),
        "message_id": UUID(int=1000 + number),
        "appeal_id": UUID(int=2000 + number),
        "registration_number": f"BZ-20260213-{number:05}",
        "recipient": "unit:GXJ",
        "channel": ChannelKind.SMS,
        "address": "13800000000",
        "secret": None,
        "urgent": False,
        "template": "overdue_unit",
        "subject": f"超期通知 {number}",
        "body": f"第 {number} 件",
        "occurred_at": AT + timedelta(minutes=number),
        "written_at": AT,
        "attempts": 1,
        "parcel": None,
        "traceparent": "",
    }
    return Delivery.model_validate(known | fields)


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-02-13 07:59", True),
        ("2026-02-13 08:00", False),
        ("2026-02-13 19:59", False),
        ("2026-02-13 20:00", True),
        ("2026-02-14 10:00", False),  # a Saturday that is worked
        ("2026-02-16 10:00", True),  # a Monday of the Spring Festival
        ("2026-02-28 10:00", False),  # worked too
        ("2026-03-01 10:00", True),  # a Sunday
        ("2003-02-02 10:00", False),  # a Sunday before the calendar: nobody knows the days off
        ("2100-01-03 10:00", False),  # and one after it
        ("2100-01-03 20:00", True),
    ],
)
def test_people_are_let_be_at_night_and_on_days_off(moment: str, quiet: bool) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=ZONE)
    assert QuietHours().covers(at, CALENDAR, ZONE) == quiet


def test_quiet_hours_may_lie_within_one_day() -> None:
    noon = QuietHours.model_validate({"since": "12:00", "until": "14:00", "days_off": False})
    hours = [hour for hour in range(24) if noon.covers(AT.replace(hour=hour), CALENDAR, ZONE)]
    assert hours == [12, 13]


@pytest.mark.parametrize(
    ("since", "until", "quiet"),
    [
        ("22:00", "06:00", [0, 1, 2, 3, 4, 5, 22, 23]),
        ("21:00", "24:00", [21, 22, 23]),
        ("21:00", "00:00", [21, 22, 23]),
        ("00:00", "24:00", list(range(24))),
        ("00:00", "07:00", list(range(7))),
        ("20:00", "20:00", []),
        ("00:00", "00:00", []),
    ],
)
def test_quiet_hours_run_past_midnight_and_end_at_24_00(since: str, until: str, quiet: list[int]) -> None:
    hours = QuietHours.model_validate({"since": since, "until": until, "days_off": False})
    covered = [hour for hour in range(24) if hours.covers(AT.replace(hour=hour), CALENDAR, ZONE)]
    assert covered == quiet


@pytest.mark.parametrize(
    ("field", "text", "rule"),
    [
        ("since", "24:00", "no day begins at 24:00; write 00:00"),
        ("until", "24:01", "'24:01' is no time of day; write it like 08:30, up to 24:00"),
        ("until", "8", "'8' is no time of day"),
        ("since", "72000", "'72000' is no time of day"),
        ("since", "20:00+08:00", "has a zone"),
    ],
)
def test_quiet_hours_are_read_as_office_hours_are(field: str, text: str, rule: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(rule)):
        QuietHours.model_validate({field: text})


@pytest.mark.parametrize(
    ("outcome", "attempts", "shortest_s", "longest_s"),
    [
        (DeliveryOutcome.TECHNICAL, 1, 22.5, 37.5),  # 30 s, a quarter less or more
        (DeliveryOutcome.TECHNICAL, 2, 45, 75),
        (DeliveryOutcome.TECHNICAL, 50, 1350, 2250),  # 30 minutes at most
        (DeliveryOutcome.TEMPORARY, 1, 225, 375),  # 5 minutes
        (DeliveryOutcome.TEMPORARY, 3, 900, 1500),
    ],
)
def test_waits_double_and_spread(
    outcome: DeliveryOutcome, attempts: int, shortest_s: float, longest_s: float
) -> None:
    waits = set()
    for number in range(1, 200):
        next_at = next_try_at(outcome, Parcel(UUID(int=number), (a_delivery(number, attempts=attempts),)), AT)
        assert next_at is not None
        waits.add((next_at - AT).total_seconds())
    assert shortest_s <= min(waits) < max(waits) <= longest_s
    assert len(waits) > 100


@pytest.mark.parametrize(
    ("outcome", "age", "again"),
    [
        (DeliveryOutcome.PERMANENT, timedelta(), False),
        (DeliveryOutcome.TEMPORARY, timedelta(hours=23), True),
        (DeliveryOutcome.TEMPORARY, timedelta(days=1), False),
        (DeliveryOutcome.TECHNICAL, timedelta(days=4), True),
        (DeliveryOutcome.TECHNICAL, timedelta(days=5), False),
    ],
)
def test_after_a_while_it_is_given_up(outcome: DeliveryOutcome, age: timedelta, again: bool) -> None:
    parcel = Parcel(UUID(int=1), (a_delivery(1, written_at=AT - age),))
    assert (next_try_at(outcome, parcel, AT) is not None) == again


def test_what_is_urgent_goes_first_then_the_oldest() -> None:
    taken = [a_delivery(3, address="a"), a_delivery(1, address="b"), a_delivery(9, address="c", urgent=True)]
    assert [parcel.parts[0].id.int for parcel in parcels_of(taken, SendingCap())] == [9, 1, 3]


def test_many_messages_for_one_address_go_as_one() -> None:
    taken = [a_delivery(number) for number in range(1, 1001)]
    (digest,) = parcels_of(taken, SendingCap(together=3))
    assert [part.id.int for part in digest.parts] == list(range(1, 1001))
    assert len(parcels_of(taken[:3], SendingCap(together=3))) == 3


@pytest.mark.parametrize(
    ("languages", "subject", "opening"),
    [
        ("zh zh", "2 件诉求事项提醒", "以下 2 件"),
        ("en en", "2 notices about appeals", "Please see to these 2 matters"),
        ("zh en", "2 notices about appeals", "Please see to these 2 matters"),
    ],
)
def test_a_digest_is_headed_in_the_language_that_its_recipient_reads_now(
    languages: str, subject: str, opening: str
) -> None:
    known = {"zh": Language.ZH, "en": Language.EN}
    chosen = [known[code] for code in languages.split()]
    parts = tuple(a_delivery(number, language=language) for number, language in enumerate(chosen, 1))
    written, body = subject_and_body(Parcel(UUID(int=1), parts))
    assert written == subject
    assert body.startswith(opening)
    assert body.endswith("\n1. 超期通知 1\n2. 超期通知 2")


def test_a_digest_with_something_urgent_is_urgent() -> None:
    calm = [a_delivery(number, address="calm") for number in range(1, 11)]
    mixed = [a_delivery(number, address="mixed", urgent=number == 20) for number in range(11, 21)]
    parcels = parcels_of([*calm, *mixed], SendingCap())
    assert [(parcel.urgent, len(parcel.parts)) for parcel in parcels] == [(True, 10), (False, 10)]


def test_what_was_tried_together_stays_together_under_its_id() -> None:
    before = [a_delivery(number, parcel=UUID(int=77), attempts=2) for number in (1, 2)]
    parcels = parcels_of([*before, *(a_delivery(number) for number in range(3, 10))], SendingCap(together=3))
    assert (parcels[0].id, len(parcels[0].parts)) == (UUID(int=77), 2)
    assert len(parcels) == 2


def test_calls_over_the_cap_wait_but_for_the_urgent_ones() -> None:
    parcels = [Parcel(UUID(int=n), (a_delivery(n, urgent=n > 8),)) for n in (9, 10, 1, 2, 3, 4)]
    calls = {DeliveryTarget(ChannelKind.SMS, "13800000000"): 17}
    now, later = within_cap(parcels, calls, SendingCap(per_hour=20))
    assert [parcel.id.int for parcel in now] == [9, 10, 1]  # 18, 19, 20
    assert [parcel.id.int for parcel in later] == [2, 3, 4]


def test_a_digest_lists_what_it_holds() -> None:
    subject, body = subject_and_body(Parcel(UUID(int=1), (a_delivery(1), a_delivery(2))))
    assert subject == "2 件诉求事项提醒"
    assert body.endswith("1. 超期通知 1\n2. 超期通知 2")
    assert subject_and_body(Parcel(UUID(int=1), (a_delivery(1),))) == ("超期通知 1", "第 1 件")


quiet_hours = st.builds(
    QuietHours,
    since=st.times(timezones=st.none()).map(str),
    until=st.times(timezones=st.none()).map(str) | st.just("24:00"),
    days_off=st.booleans(),
)
moments = st.floats(0, 363).map(lambda days: datetime(2026, 1, 1, tzinfo=ZONE) + timedelta(days=days))


@given(quiet_hours, moments)
@settings(deadline=None)
def test_quiet_hours_end_at_the_first_moment_that_is_not_in_them(quiet: QuietHours, at: datetime) -> None:
    ends = quiet.ends_after(at, CALENDAR, ZONE)
    assert ends >= at
    if ends - at < timedelta(days=30):  # there may be none, where each hour is quiet
        assert not quiet.covers(ends, CALENDAR, ZONE)
    passed = (ends - at) * 0.999
    for part in range(20):
        between = at + passed * part / 20
        assert between == ends or quiet.covers(between, CALENDAR, ZONE)


@given(quiet_hours, moments, st.timedeltas(timedelta(0), timedelta(days=12)))
@settings(deadline=None)
def test_people_are_woken_for_what_is_due_before_or_soon_after_quiet_hours_end_and_for_no_more(
    quiet: QuietHours, at: datetime, left: timedelta
) -> None:
    until = quiet.wakes_until(at, CALENDAR, ZONE)
    if not quiet.covers(at, CALENDAR, ZONE):
        assert until is None
        return
    assert until is not None
    due_at, ends = at + left, quiet.ends_after(at, CALENDAR, ZONE)
    assert (due_at <= until) == (due_at <= ends + timedelta(hours=2))


@pytest.mark.parametrize(
    ("at", "due", "wakes"),
    [
        ("03-09 02:30", "03-10 00:00", False),  # 24:00 of that Monday
        ("03-09 02:30", "03-09 10:00", True),
        ("03-09 02:30", "03-09 10:01", False),
        ("03-09 02:30", "03-09 06:00", True),  # before they end
        ("03-07 15:00", "03-08 24:00", True),  # a Saturday; they end on Monday
        ("03-07 15:00", "03-09 24:00", False),
        ("10-01 09:00", "10-07 24:00", True),  # Golden Week; they end on the 8th
    ],
)
def test_what_is_due_long_after_quiet_hours_waits_for_their_end(at: str, due: str, wakes: bool) -> None:
    day, clock = due.split()
    hours = int(clock[:2])
    due_at = datetime.fromisoformat(f"2026-{day} {hours % 24:02}{clock[2:]}").replace(tzinfo=ZONE)
    moment = datetime.fromisoformat(f"2026-{at}").replace(tzinfo=ZONE)
    until = QuietHours().wakes_until(moment, CALENDAR, ZONE)
    assert until is not None
    assert (due_at + timedelta(days=hours // 24) <= until) == wakes
