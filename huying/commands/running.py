"""How a command runs and ends: until a signal asks it to stop, and with a sentence for a known error."""

import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import Coroutine, Iterator
from typing import Any

import typer

from huying.local.errors import EmbeddedError

LONGEST_LINE = 1_000
"""Characters of a line of an error."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@contextlib.contextmanager
def known_errors_as_sentences() -> Iterator[None]:
    """End the process with exit code 1 and one sentence for an error that the user can mend.

    In an exception group OSError counts as such an error too; all other errors keep their traceback.
    """
    try:
        yield
    except (EmbeddedError, ValueError) as error:
        _exit(error)
    except BaseExceptionGroup as group:
        known = group.subgroup((EmbeddedError, ValueError, OSError))
        if known is None:
            raise
        _exit(_first(known))


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _exit(error: BaseException) -> None:
    """End the process. What a file brought into the message neither moves the cursor nor fills the screen."""
    lines = _CONTROL.sub("\ufffd", str(error)).split("\n")
    cut = [line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…" for line in lines]
    sys.exit("huying: " + "\n".join(cut))


def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end, or cancel it at SIGINT or SIGTERM. On asyncio's own loop: see decision 0045."""

    async def cancelled_by_signals() -> None:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        try:
            await work
        except asyncio.CancelledError:
            typer.echo("stopped", err=True)

    asyncio.run(cancelled_by_signals())
