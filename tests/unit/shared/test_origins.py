"""An account that calls from two networks within minutes is noticed, and nobody else."""

from shared.roles import OFFICE, SERVICE, UNIT
from shared.service.accounts import ANYONE, Caller
from shared.web.origins import MOST_ACCOUNTS, WITHIN_S, Origins, place_of

ROADS = Caller("roads", UNIT, "roads")


class Time:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 1_000_000

    def __call__(self) -> int:
        return self.now_s


def test_one_account_at_two_networks_within_ten_minutes_is_counted() -> None:
    time = Time()
    origins = Origins(time)
    origins.note(ROADS, "10.1.2.3")
    origins.note(ROADS, "10.1.99.4")
    assert origins.in_two_places() == 0
    time.now_s += WITHIN_S - 1
    origins.note(ROADS, "203.0.113.5")
    assert origins.in_two_places() == 1
    time.now_s += 2
    assert origins.in_two_places() == 0


def test_services_strangers_and_this_machine_are_not_counted() -> None:
    origins = Origins(Time())
    for address in ("10.1.2.3", "203.0.113.5", "127.0.0.1", "::1", "", "testclient"):
        origins.note(Caller("notify", SERVICE), address)
        origins.note(ANYONE, address)
    origins.note(ROADS, "10.1.2.3")
    for address in ("127.0.0.1", "", "testclient"):
        origins.note(ROADS, address)
    assert origins.in_two_places() == 0


def test_addresses_of_version_6_are_told_apart_by_their_first_half() -> None:
    assert place_of("2001:db8:1::1") == place_of("2001:db8:2::9")
    assert place_of("2001:db8::1") != place_of("2001:db9::1")


def test_no_more_accounts_are_kept_than_memory_has_room_for() -> None:
    origins = Origins(Time())
    origins.note(Caller("first", OFFICE), "10.1.2.3")
    for number in range(MOST_ACCOUNTS):
        origins.note(Caller(f"clerk {number}", OFFICE), "10.1.2.3")
    origins.note(Caller("first", OFFICE), "203.0.113.5")
    assert origins.in_two_places() == 0
