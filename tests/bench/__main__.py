"""`python -m tests.bench` measures the product beside its ceilings, prints a table and writes bench.json."""

import asyncio
import os
import platform
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import asyncpg
import orjson
import typer
from rich.console import Console
from rich.table import Table

from shared.telemetry.logs import configure_logs
from tests.bench.finding import finding
from tests.bench.flood import flood
from tests.bench.ground import bare_database, ground
from tests.bench.intake import intake
from tests.bench.lifecycles import lifecycles
from tests.bench.measure import Figure
from tests.bench.pages import pages
from tests.bench.pipeline import pipeline, relay
from tests.bench.pool import pool
from tests.bench.recorded import replay, simulate
from tests.bench.routes import routes
from tests.bench.scale import scale
from tests.bench.sixth import sixth
from tests.bench.spans import spans
from tests.bench.telemetry import telemetry
from tests.bench.webhooks import webhooks

Bench = Callable[..., Awaitable[list[Figure]]]
BENCHES: dict[str, Bench] = {
    bench.__name__: bench
    for bench in (
        intake,
        pipeline,
        relay,
        lifecycles,
        sixth,
        telemetry,
        routes,
        spans,
        webhooks,
        pool,
        finding,
        pages,
        flood,
        scale,
        simulate,
        replay,
    )
}
DURABILITY = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_level")


def main(
    only: Annotated[
        str, typer.Option(help=f"Measurements to run, of {','.join(BENCHES)}; by default all.")
    ] = "",
    quick: Annotated[bool, typer.Option("--quick", help="One short round, to see that it works.")] = False,
    out: Annotated[Path, typer.Option(help="The file for the results, JSON.")] = Path("bench.json"),
) -> None:
    """Measure the product beside its ceilings."""
    wanted = [name for name in only.split(",") if name] or list(BENCHES)
    if unknown := sorted(set(wanted) - BENCHES.keys()):
        raise typer.BadParameter(
            f"no measurement is called {', '.join(unknown)}: there are {', '.join(BENCHES)}"
        )
    configure_logs("ERROR")
    asyncio.run(_measure(wanted, quick=quick, out=out))


async def _measure(wanted: list[str], *, quick: bool, out: Path) -> None:
    console = Console()
    machine = await _machine()
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()))
    figures: list[Figure] = []
    for name in wanted:
        with console.status(name):
            figures += await BENCHES[name](quick=quick)
        written = {
            "machine": machine,
            "quick": quick,
            "figures": [{**asdict(figure), "ratio": figure.ratio} for figure in figures],
        }
        await asyncio.to_thread(out.write_bytes, orjson.dumps(written, option=orjson.OPT_INDENT_2))
    console.print(_table(figures))


async def _machine() -> dict[str, object]:
    """The machine that is measured, and PostgreSQL's settings that decide how durable a commit is."""
    async with ground() as cluster:
        url = await bare_database(cluster, "intake")
        conn = await asyncpg.connect(url.replace("+asyncpg", ""))
        durability = {f"postgres {name}": await conn.fetchval(f"show {name}") for name in DURABILITY}
        await conn.close()
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load before": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        **durability,
    }


def _number(value: float) -> str:
    """A figure as it is shown; small ones are not rounded to nothing."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _table(figures: list[Figure]) -> Table:
    shown = Table(title="medians of the rounds")
    for column in ("work", "figure", "beside", "ceiling", "ratio", "target", "notes"):
        shown.add_column(column, justify="right" if column in ("figure", "ceiling", "ratio") else "left")
    for figure in figures:
        shown.add_row(
            figure.work,
            f"{_number(figure.figure)} {figure.unit}",
            figure.beside,
            "" if figure.ceiling is None else _number(figure.ceiling),
            "" if figure.ratio is None else f"{figure.ratio:.0%}",
            figure.target,
            ", ".join(f"{name} {value}" for name, value in figure.notes.items()),
        )
    return shown


if __name__ == "__main__":
    typer.run(main)
