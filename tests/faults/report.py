"""What a fault run is asked to do, and what it found: for a file and for the terminal."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from tests.faults import nemesis
from tests.faults.checker import Difference

RATE = 6.5
TICK_S = 1.4
EVERY_S = 14.0
SHOWN = 20


@dataclass(frozen=True)
class RunPlan:
    """What to do: `rate` cases a second, and a fault of `kinds` about every `every_s` seconds."""

    minutes: float
    seed: int
    apache: bool = False
    plant: str | None = None
    rate: float = RATE
    tick_s: float = TICK_S
    every_s: float = EVERY_S
    kinds: tuple[str, ...] = tuple(nemesis.WEIGHTS)

    def command(self) -> str:
        """The command that does the same again."""
        command = f"python -m tests.faults --minutes {self.minutes:g} --seed {self.seed} --rate {self.rate:g}"
        return f"{command} --every {self.every_s:g}" + (" --broker apache" if self.apache else "")


@dataclass
class RunReport:
    """What a run did and found."""

    plan: RunPlan
    cases: int = 0
    days: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)
    refused: int = 0
    repeated: dict[str, int] = field(default_factory=dict)
    appeals: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    longest_lag_s: float = 0.0
    drained_s: float = 0.0
    recovered_s: dict[str, dict[str, float]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The content of the report file."""
        return {
            "command": self.plan.command(),
            "minutes": self.plan.minutes,
            "seed": self.plan.seed,
            "broker": "apache" if self.plan.apache else "embedded",
            "cases": self.cases,
            "days": round(self.days, 1),
            "faults": dict(self.faults),
            "skipped": self.skipped,
            "appeals": self.appeals,
            "acts_refused": self.refused,
            "requests_repeated": self.repeated,
            "events": self.events,
            "longest_judgement_lag_s": round(self.longest_lag_s, 1),
            "drained_s": round(self.drained_s, 1),
            "recovered_s": self.recovered_s,
            "differences": dict(Counter(difference.kind for difference in self.differences)),
            "first_differences": [str(difference) for difference in self.differences[:SHOWN]],
        }

    def show(self, console: Console) -> None:
        """Print the report."""
        content = self.as_json()
        del content["first_differences"]
        console.print_json(json.dumps(content))
        for difference in self.differences[:SHOWN]:
            console.print(str(difference), highlight=False, markup=False)
        faults, differences = sum(self.faults.values()), len(self.differences)
        console.print(f"{self.cases:,} cases, {faults} faults, {differences:,} differences", style="bold")
