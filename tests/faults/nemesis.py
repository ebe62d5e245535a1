"""The nemesis: inflicts faults, whose kinds and times are drawn from the seed."""

import asyncio
import random
import signal
from collections.abc import Callable, Iterator
from typing import NamedTuple

from services import SERVICES
from tests.faults.environment import BROKER, REPLICA, Environment, send

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
    """One fault: seconds after the start, kind, target, and length in seconds."""

    at_s: float
    kind: str
    target: str
    length_s: float

    def words(self) -> str:
        """The fault in words, for the terminal."""
        return f"{self.kind} ({self.target}) for {self.length_s:.1f} s"


def faults(seed: int, minutes: float, every_s: float, kinds: tuple[str, ...]) -> Iterator[Fault]:
    """All faults of a run: each kind once in drawn order, then by weight. They end before the run does."""
    chance = random.Random(f"{seed}/nemesis")
    weights = [WEIGHTS[kind] for kind in kinds]
    once = chance.sample(kinds, len(kinds))
    at_s = every_s
    while at_s < minutes * 60 - every_s:
        kind = once.pop() if once else chance.choices(kinds, weights)[0]
        target = chance.choice(_targets(kind))
        yield Fault(at_s, kind, target, chance.uniform(1.0, 5.0))
        at_s += every_s * chance.uniform(0.6, 1.4)


def _targets(kind: str) -> tuple[str, ...]:
    if kind.endswith("service"):
        return PROCESSES
    if kind == "disk full" or kind.endswith("postgres"):
        return ("postgres",)
    return (BROKER,) if kind.endswith("broker") else PATHS


async def inflict(environment: Environment, fault: Fault) -> None:
    """Begin a fault, wait for its length, and end it."""
    begin, end = _ACTIONS[fault.kind]
    begin(environment, fault)
    try:
        if end is not _leave:
            await asyncio.sleep(fault.length_s)
    finally:
        end(environment, fault)


def heal(environment: Environment) -> None:
    """End every fault that may still last."""
    environment.free_disk()
    for proxy in environment.proxies.values():
        proxy.heal()
    for program in environment.programs.values():
        send(program, signal.SIGCONT)


def _kill(environment: Environment, fault: Fault) -> None:
    send(environment.programs[fault.target], signal.SIGKILL)


def _pause(environment: Environment, fault: Fault) -> None:
    send(environment.programs[fault.target], signal.SIGSTOP)


def _resume(environment: Environment, fault: Fault) -> None:
    send(environment.programs[fault.target], signal.SIGCONT)


def _cut(environment: Environment, fault: Fault) -> None:
    environment.proxies[fault.target].cut()


def _cut_some(environment: Environment, fault: Fault) -> None:
    environment.proxies[fault.target].cut(0.4)


def _delay(environment: Environment, fault: Fault) -> None:
    environment.proxies[fault.target].slow_s = 0.3


def _reorder(environment: Environment, fault: Fault) -> None:
    environment.proxies[fault.target].skew_s = 0.4


def _heal_proxy(environment: Environment, fault: Fault) -> None:
    environment.proxies[fault.target].heal()


def _fill(environment: Environment, _fault: Fault) -> None:
    environment.fill_disk()


def _free(environment: Environment, _fault: Fault) -> None:
    environment.free_disk()


def _leave(_environment: Environment, _fault: Fault) -> None:
    """Nothing to undo: the supervisor restarts a dead process, and services reconnect."""


FaultAction = Callable[[Environment, Fault], None]
_ACTIONS: dict[str, tuple[FaultAction, FaultAction]] = {
    "kill service": (_kill, _leave),
    "pause service": (_pause, _resume),
    "kill postgres": (_kill, _leave),
    "pause postgres": (_pause, _resume),
    "kill broker": (_kill, _leave),
    "pause broker": (_pause, _resume),
    "cut": (_cut, _heal_proxy),
    "cut some": (_cut_some, _leave),
    "delay": (_delay, _heal_proxy),
    "reorder": (_reorder, _heal_proxy),
    "disk full": (_fill, _free),
}
