"""Registration: intake as in production, beside a bare endpoint that inserts the same rows."""

from functools import partial

from huying.local.embedded import free_port
from tests.bench.client import rate, request
from tests.bench.ground import APPEAL, bare_endpoint, ground
from tests.bench.measure import Figure, in_turns

CONNECTIONS = (32, 64)
TARGET = "≥ 60 %"


async def intake(*, quick: bool) -> list[Figure]:
    """Registrations a second over 32 and over 64 connections, with an operator's key."""
    rounds, seconds = (1, 2.0) if quick else (3, 3.0)
    figures = []
    async with ground() as cluster:
        service = await cluster.add("intake", "intake", free_port())
        await service.start()
        key = cluster.keys["operator"]
        ours = request("POST", "/intake/appeals", key, APPEAL)
        async with bare_endpoint(cluster) as bare:
            for connections in CONNECTIONS:
                of = partial(rate, connections=connections, seconds=seconds)
                rates = await in_turns(
                    rounds,
                    intake=partial(of, service.port, ours),
                    bare=partial(of, bare, request("POST", "/appeals", key, APPEAL)),
                    unordered=partial(of, bare, request("POST", "/unordered", key, APPEAL)),
                )
                ways = (("bare endpoint", "bare"), ("bare endpoint, numbers with gaps", "unordered"))
                figures += [
                    Figure(
                        f"register, {connections} connections",
                        "appeals/s",
                        rates["intake"],
                        beside,
                        rates[name],
                        TARGET,
                    )
                    for beside, name in ways
                ]
    return figures
