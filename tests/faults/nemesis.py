"""The nemesis: which fault comes when, drawn from the seed, and what it does."""

import asyncio
import random
import signal
from collections.abc import Callable, Iterator
from typing import NamedTuple

from services import SERVICES
from tests.faults.ground import BROKER, REPLICA, Ground, send

PROCESSES = (*SERVICES, REPLICA)
PATHS = (*SERVICES, BROKER, BROKER)
WEIGHTS = {
    "kill service": 8,
    "pause service": 6,
    "kill postgres": 3,
    "pause postgres": 3,
    "kill broker": 1,
    "pause broker": 3,
    "cut": 5,
    "cut some": 3,
    "delay": 4,
    "reorder": 3,
    "disk full": 2,
}


class Fault(NamedTuple):
    """One fault: seconds after the start, what, to whom, and for how long."""

    at_s: float
    kind: str
    target: str
    length_s: float

    def words(self) -> str:
        """In a few words."""
        return f"{self.kind} ({self.target}) for {self.length_s:.1f} s"


def faults(seed: int, minutes: float, every_s: float, kinds: tuple[str, ...]) -> Iterator[Fault]:
    """All faults of a run. They end before it does."""
    chance = random.Random(f"{seed}/nemesis")
    weights = [WEIGHTS[kind] for kind in kinds]
    at_s = every_s
    while at_s < minutes * 60 - every_s:
        (kind,) = chance.choices(kinds, weights)
        target = chance.choice(_targets(kind))
        yield Fault(at_s, kind, target, chance.uniform(1.0, 5.0))
        at_s += every_s * chance.uniform(0.6, 1.4)


def _targets(kind: str) -> tuple[str, ...]:
    if kind.endswith("service"):
        return PROCESSES
    if kind == "disk full" or kind.endswith("postgres"):
        return ("postgres",)
    return (BROKER,) if kind.endswith("broker") else PATHS


async def inflict(ground: Ground, fault: Fault) -> None:
    """Let it happen; it is over when this returns."""
    begin, end = _DEEDS[fault.kind]
    begin(ground, fault)
    try:
        if end is not _nothing:
            await asyncio.sleep(fault.length_s)
    finally:
        end(ground, fault)


def heal(ground: Ground) -> None:
    """Undo whatever may still be wrong."""
    ground.free_disk()
    for link in ground.links.values():
        link.heal()
    for program in ground.programs.values():
        send(program, signal.SIGCONT)


def _kill(ground: Ground, fault: Fault) -> None:
    send(ground.programs[fault.target], signal.SIGKILL)


def _pause(ground: Ground, fault: Fault) -> None:
    send(ground.programs[fault.target], signal.SIGSTOP)


def _go_on(ground: Ground, fault: Fault) -> None:
    send(ground.programs[fault.target], signal.SIGCONT)


def _cut(ground: Ground, fault: Fault) -> None:
    ground.links[fault.target].cut()


def _cut_some(ground: Ground, fault: Fault) -> None:
    ground.links[fault.target].cut(0.4)


def _delay(ground: Ground, fault: Fault) -> None:
    ground.links[fault.target].slow_s = 0.3


def _reorder(ground: Ground, fault: Fault) -> None:
    ground.links[fault.target].skew_s = 0.4


def _heal_link(ground: Ground, fault: Fault) -> None:
    ground.links[fault.target].heal()


def _fill(ground: Ground, _fault: Fault) -> None:
    ground.fill_disk()


def _free(ground: Ground, _fault: Fault) -> None:
    ground.free_disk()


def _nothing(_ground: Ground, _fault: Fault) -> None:
    """A dead process is the supervisor's; a cut connection is made anew."""


Deed = Callable[[Ground, Fault], None]
_DEEDS: dict[str, tuple[Deed, Deed]] = {
    "kill service": (_kill, _nothing),
    "pause service": (_pause, _go_on),
    "kill postgres": (_kill, _nothing),
    "pause postgres": (_pause, _go_on),
    "kill broker": (_kill, _nothing),
    "pause broker": (_pause, _go_on),
    "cut": (_cut, _heal_link),
    "cut some": (_cut_some, _nothing),
    "delay": (_delay, _heal_link),
    "reorder": (_reorder, _heal_link),
    "disk full": (_fill, _free),
}
