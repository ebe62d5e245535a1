"""The remembered wall clock against `zoneinfo` itself."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.simulate.local_days import LocalDays

ZONES = [
    ZoneInfo(name)
    for name in (
        "Asia/Shanghai",
        "America/New_York",
        "Europe/Amsterdam",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
    )
]
CLOCKS = [LocalDays(zone) for zone in ZONES]
clocks = pytest.mark.parametrize("clock", CLOCKS, ids=lambda clock: clock.zone.key)
moments = st.datetimes(datetime(2000, 1, 2), datetime(2098, 12, 30))  # noqa: DTZ001 - given a zone below


def _around_the_moves() -> list[datetime]:
    """Every half hour of the days around which clocks are moved in one of the zones, 2024."""
    days = [(3, 10), (3, 31), (4, 7), (10, 6), (10, 27), (11, 3)]
    starts = [datetime(2024, month, day, tzinfo=UTC) - timedelta(days=1) for month, day in days]
    return [start + timedelta(minutes=30 * n) for start in starts for n in range(3 * 48)]


@clocks
def test_a_moment_is_written_as_zoneinfo_has_it_also_when_clocks_are_moved(clock: LocalDays) -> None:
    for at in _around_the_moves():
        assert clock.text(at) == at.astimezone(clock.zone).isoformat()
        assert clock.day(at) == at.astimezone(clock.zone).date()


@clocks
def test_a_local_time_is_read_as_zoneinfo_has_it_also_when_clocks_are_moved(clock: LocalDays) -> None:
    for at in _around_the_moves():
        written = f"{at:%Y-%m-%d %H:%M:%S}"
        assert clock.read(written) == at.replace(tzinfo=clock.zone).astimezone(UTC)


@given(moments)
def test_any_moment_is_written_and_read_as_zoneinfo_has_it(naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC)
    for clock in CLOCKS:
        local = at.astimezone(clock.zone)
        assert clock.text(at) == local.isoformat()
        assert clock.day(at) == local.date()
        assert clock.read(local.isoformat()) == at
        assert clock.read(naive.isoformat()) == naive.replace(tzinfo=clock.zone, fold=0).astimezone(UTC)


@pytest.mark.parametrize(
    "cell",
    [
        "2025-W10-1T08:30:00",
        "2025-03-03T08+01:00",
        "20250303T0830+01:00",
        "2025-03-03T08:30-01",
        "2025W10T08",
    ],
)
def test_other_ways_of_writing_are_read_as_the_standard_library_reads_them(cell: str) -> None:
    at = datetime.fromisoformat(cell)
    expected = at if at.tzinfo else at.replace(tzinfo=ZONES[0])
    assert CLOCKS[0].read(cell) == expected


@pytest.mark.parametrize(
    "cell", ["2025-02-30T08:30:00", "2025-03-03 25:00:00", "2025-03-03", "yesterday, at noon!", ""]
)
def test_what_is_no_moment_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        CLOCKS[0].read(cell)
