"""From where each account called within the last minutes: one key at two places may have been copied."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache

from shared.service.accounts import Caller
from shared.service.clock import epoch_s
from shared.telemetry.metrics import Gauge

WITHIN_S = 600
MOST_ACCOUNTS = 10_000
IPV4_BITS, IPV6_BITS = 16, 32
"""How much of an address is the place: an office has several addresses in one network."""
IN_TWO_PLACES = Gauge(
    "huying_accounts_in_two_places", "Accounts that called from two networks within ten minutes"
)


class Origins:
    """Where accounts were seen, in this process."""

    def __init__(self, now_s: Callable[[], int] = epoch_s) -> None:
        self._now_s = now_s
        self._seen: OrderedDict[str, dict[str, int]] = OrderedDict()

    def note(self, caller: Caller, address: str) -> None:
        """Note that the caller called from this address."""
        if caller.may is None or caller.may.is_program or (place := place_of(address)) is None:
            return
        self._seen.setdefault(caller.name, {})[place] = self._now_s()
        self._seen.move_to_end(caller.name)
        if len(self._seen) > MOST_ACCOUNTS:
            self._seen.popitem(last=False)

    def in_two_places(self) -> int:
        """How many accounts were seen at two places within the last minutes."""
        since = self._now_s() - WITHIN_S
        for places in self._seen.values():
            for place in [place for place, at_s in places.items() if at_s < since]:
                del places[place]
        return sum(len(places) > 1 for places in self._seen.values())


@lru_cache(maxsize=MOST_ACCOUNTS)
def place_of(address: str) -> str | None:
    """The network of an address; None for what is no address, and for this machine itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if parsed.is_loopback:
        return None
    bits = IPV4_BITS if parsed.version == 4 else IPV6_BITS
    return str(ipaddress.ip_network(f"{parsed}/{bits}", strict=False))
