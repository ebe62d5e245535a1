"""Which faults come follows from the seed, and the proxy cuts and delays without changing what passes."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest

from tests.faults.nemesis import WEIGHTS, faults
from tests.faults.proxy import Proxy, Streams

ALL = tuple(WEIGHTS)


def test_the_same_seed_gives_the_same_faults_and_another_seed_others() -> None:
    assert list(faults(1, 60, 14, ALL)) == list(faults(1, 60, 14, ALL))
    assert list(faults(1, 60, 14, ALL)) != list(faults(2, 60, 14, ALL))


@pytest.mark.parametrize("seed", range(5))
def test_an_hour_brings_two_hundred_faults_of_every_kind_and_ends_before_the_run(seed: int) -> None:
    drawn = list(faults(seed, 60, 14, ALL))
    assert len(drawn) >= 200
    assert {fault.kind for fault in drawn} == set(ALL)
    assert drawn[-1].at_s + drawn[-1].length_s < 3600


@pytest.mark.parametrize("seed", range(5))
def test_a_short_run_has_every_kind_once_before_any_comes_again(seed: int) -> None:
    kinds = [fault.kind for fault in faults(seed, 1, 3, ALL)]
    assert len(kinds) > len(ALL)
    assert sorted(kinds[: len(ALL)]) == sorted(ALL)


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """A way to a server that says what it hears."""
    server = await asyncio.start_server(_say_again, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy = Proxy(lambda: asyncio.open_connection("127.0.0.1", port), random.Random(1))
    await proxy.listen()
    yield proxy
    await proxy.close()
    server.close()
    await asyncio.sleep(0.1)  # the ends of what was open are handled


async def _say_again(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(1024):
            writer.write(chunk)
    writer.close()


@contextlib.asynccontextmanager
async def through(proxy: Proxy) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def test_what_passes_arrives_whole_and_in_order_however_slow_the_way_is(proxy: Proxy) -> None:
    sent = bytes(range(256)) * 400
    proxy.slow_s, proxy.skew_s = 0.01, 0.02
    async with through(proxy) as (reader, writer):
        writer.write(sent)
        assert await reader.readexactly(len(sent)) == sent


async def test_a_cut_ends_connections_and_takes_no_new_ones_until_it_is_healed(proxy: Proxy) -> None:
    async with through(proxy) as (reader, writer):
        writer.write(b"a")
        assert await reader.readexactly(1) == b"a"
        proxy.cut()
        assert await ends(reader)
    async with through(proxy) as (reader, _):
        assert await ends(reader)
    proxy.heal()
    async with through(proxy) as (reader, writer):
        writer.write(b"b")
        assert await reader.readexactly(1) == b"b"


async def ends(reader: asyncio.StreamReader) -> bool:
    try:
        return await asyncio.wait_for(reader.read(1), 5) == b""
    except ConnectionResetError:
        return True
