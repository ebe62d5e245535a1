"""How a command runs and ends: until a signal asks it to stop, and with a sentence for a known error."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Coroutine, Iterator
from typing import Any

import typer
import uvloop

from huying.local.embedded import EmbeddedError
from shared.rules.pack.pack import PackError


@contextlib.contextmanager
def known_errors_as_sentences() -> Iterator[None]:
    """End the process with exit code 1 and one sentence for an error that the user can mend.

    In an exception group OSError counts as such an error too; all other errors keep their traceback.
    """
    try:
        yield
    except (EmbeddedError, PackError, ValueError) as error:
        _exit(error)
    except BaseExceptionGroup as group:
        known = group.subgroup((EmbeddedError, PackError, ValueError, OSError))
        if known is None:
            raise
        _exit(_first(known))


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _exit(error: BaseException) -> None:
    sys.exit(f"huying: {error}")


def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end, or cancel it at SIGINT or SIGTERM."""

    async def cancelled_by_signals() -> None:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        try:
            await work
        except asyncio.CancelledError:
            typer.echo("stopped", err=True)

    uvloop.run(cancelled_by_signals())
