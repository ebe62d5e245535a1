"""Work on shares of a file in processes of their own, which inherit what this one has loaded."""

import gc
import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

from huying.simulate.judging import Judging, Part, Told
from huying.simulate.results import Figures

END_S = 5


class ProcessEnded(ValueError):
    """A process ended before its work did. The message says how."""


def possible() -> int:
    """How many processes can work at once; 1 where a process cannot be split in two safely."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0))


@contextmanager
def uncollected() -> Iterator[None]:
    """Nobody looks for what hangs together in circles: what is read stays, and makes no circles."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Elsewhere:
    """A `Judging` that works in a process of its own. What it raises is raised here."""

    def __init__(self, judging: Judging) -> None:
        context = multiprocessing.get_context("fork")
        self._conn, other = context.Pipe()
        self.figures: list[Figures] = []
        self._process = context.Process(target=_serve, args=(judging, other, self._conn), daemon=True)
        self._process.start()
        other.close()

    def read(self) -> Part:
        """As `Judging.read`."""
        part: Part = self._answer()
        return part

    def judge(self, upto: datetime, left_out: set[int]) -> Iterator[list[Told]]:
        """As `Judging.judge`; begun at once."""
        self._conn.send((upto, left_out))
        return self._batches()

    def _batches(self) -> Iterator[list[Told]]:
        while (batch := self._answer()) is not None:
            yield batch
        self.figures = self._answer()

    def _answer(self) -> Any:
        try:
            answer = self._conn.recv()
        except EOFError as error:
            self._process.join(END_S)
            raise ProcessEnded(
                f"a process of the simulation ended with {self._process.exitcode}: look for memory that ran"
                " out, or work in one process (--processes 1)"
            ) from error
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """End the process, whatever it is at."""
        self._conn.close()
        self._process.terminate()
        self._process.join(END_S)


def _serve(judging: Judging, conn: Connection, parents: Connection) -> None:
    parents.close()
    try:
        conn.send(judging.read())
        for batch in judging.judge(*conn.recv()):
            conn.send(batch)
        conn.send(None)
        conn.send(judging.figures)
    except (EOFError, BrokenPipeError):
        return
    except ValueError as error:
        conn.send(error)
