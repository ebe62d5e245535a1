"""What the sixth consumer costs: whole lives of appeals a second with desks and without it, in turns."""

from collections.abc import Sequence
from functools import partial

from services import SERVICES
from tests.bench.ground import ground
from tests.bench.lifecycles import begin_city, live
from tests.bench.measure import Figure, in_turns

FIVE = tuple(service for service in SERVICES if service != "desks")


async def sixth(*, quick: bool) -> list[Figure]:
    """The rate with desks beside that without it; both on the same machine, one after the other."""
    rounds, seconds = (1, 8.0) if quick else (3, 20.0)
    rates = await in_turns(
        rounds, six=partial(_lives, SERVICES, seconds), five=partial(_lives, FIVE, seconds)
    )
    return [
        Figure("whole lives with desks", "closed/s", rates["six"], "without desks", rates["five"], "≥ 80 %")
    ]


async def _lives(services: Sequence[str], seconds: float) -> float:
    async with ground() as cluster, begin_city(cluster, services) as office:
        begins, _ = await live(office, seconds)
        await office.drained_s()
        return sum(begins <= at < begins + seconds for at in office.closed) / seconds
