"""The command of a fault run: `python -m tests.faults --minutes 5 --seed 1`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from huying.commands.running import known_errors_as_sentences, run_until_stopped
from tests.faults.report import RunPlan
from tests.faults.run import run


def main(
    minutes: Annotated[float, typer.Option(min=0.5, help="How long cases come in.")] = 5,
    seed: Annotated[int, typer.Option(help="Decides what happens to cases and which faults come.")] = 1,
    broker: Annotated[Literal["embedded", "apache"], typer.Option(help="The broker to run on.")] = "embedded",
    rate: Annotated[float, typer.Option(min=0.1, help="Cases a second.")] = 6.5,
    every: Annotated[float, typer.Option(min=1, help="Seconds from one fault to the next.")] = 14,
    out: Annotated[Path | None, typer.Option(help="Write a report to this file, JSON.")] = None,
    state: Annotated[
        Path | None, typer.Option(help="A new folder that stays, with journal and logs.")
    ] = None,
) -> None:
    """Kill, pause, cut and fill what runs, under load, then check every case (exit code 1)."""
    plan = RunPlan(minutes, seed, apache=broker == "apache", rate=rate, every_s=every)
    run_until_stopped(run(plan, out, state))


if __name__ == "__main__":
    with known_errors_as_sentences():
        typer.run(main)
