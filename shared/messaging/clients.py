"""Kafka clients that are connected for a block, and leave nothing behind at whatever moment it ends.

aiokafka loses the connection of a client that is cancelled while it asks its first broker for metadata, and
a client whose `stop` does not end keeps its connections and tasks: it goes on fetching or sending.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, TypeVar

from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import KafkaConnectionError

CLOSE_S = 5.0
"""How long a client may take to connect before it is closed, and to close: its broker may be gone."""
TEAR_DOWN_S = 1.0
POLL_S = 0.002

_Client = TypeVar("_Client")
_closing: set[asyncio.Task[None]] = set()


@contextlib.asynccontextmanager
async def connected(client: _Client) -> AsyncIterator[_Client]:
    """Start a client of aiokafka; close it at the end of the block, within about five seconds."""
    starting = asyncio.create_task(_method(client, "start", "bootstrap")())
    try:
        await asyncio.shield(starting)
        yield client
    finally:
        closing = asyncio.create_task(_close(client, starting))
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)
        await asyncio.shield(closing)  # who is cancelled again does not wait for it, but it goes on


async def _close(client: Any, starting: asyncio.Task[None]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            while not (starting.done() or _has_bootstrapped(client)):  # noqa: ASYNC110 - aiokafka's own
                await asyncio.sleep(POLL_S)
    starting.cancel()
    await asyncio.wait({starting})
    if not await _ends(_method(client, "stop", "close")(), CLOSE_S):
        for tear_down in _parts(client):
            await _ends(tear_down(), TEAR_DOWN_S)


async def _ends(work: Coroutine[Any, Any, Any], seconds: float) -> bool:
    """Whether this ends well in time; it is cancelled where it does not. Nobody needs its error any more."""
    task = asyncio.create_task(work)
    _, late = await asyncio.wait({task}, timeout=seconds)
    if late:
        task.cancel()
        await asyncio.wait({task}, timeout=TEAR_DOWN_S)
    return not late and not task.cancelled() and task.exception() is None


def _method(client: Any, *names: str) -> Callable[[], Coroutine[Any, Any, None]]:
    """The first of these methods that the client has."""
    method: Callable[[], Coroutine[Any, Any, None]]
    method = next(getattr(client, name) for name in names if hasattr(client, name))
    return method


def _connections(client: Any) -> Any:
    """What holds the connections of a consumer, of an admin client, of a producer; or the client itself."""
    return getattr(client, "_client", None) or getattr(client, "client", None) or client


def _has_bootstrapped(client: Any) -> bool:
    return _connections(client)._sync_task is not None


def _parts(client: Any) -> Iterator[Callable[[], Coroutine[Any, Any, None]]]:
    """What `stop` did not come to."""
    coordinator = getattr(client, "_coordinator", None)
    if isinstance(coordinator, GroupCoordinator):
        yield coordinator._stop_heartbeat_task
        yield coordinator._stop_commit_offsets_refresh_task
    if (fetcher := getattr(client, "_fetcher", None)) is not None:
        yield fetcher.close
    if (sender := getattr(client, "_sender", None)) is not None:
        yield sender.close
        client._message_accumulator.fail_all(KafkaConnectionError("closed"))
    yield _connections(client).close
