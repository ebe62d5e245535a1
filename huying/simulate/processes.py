"""Partitions of a file judged in forked processes, which inherit what this process has loaded."""

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

from huying.simulate.judging import JudgedCase, PartitionContent, PartitionJudge
from huying.simulate.results import Totals

END_S = 5


class ProcessEnded(ValueError):
    """A process ended before its work was done. The message holds its exit code."""


def available_processes() -> int:
    """How many processes can work at once; 1 where forking is not safe."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0))


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Turn off the cyclic garbage collector: the cases read stay alive and form no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class PartitionProcess:
    """A `PartitionJudge` in a process of its own. A ValueError there is raised here."""

    def __init__(self, judge: PartitionJudge) -> None:
        context = multiprocessing.get_context("fork")
        self._conn, child_conn = context.Pipe()
        self.totals: list[Totals] = []
        self._process = context.Process(target=_serve, args=(judge, child_conn, self._conn), daemon=True)
        self._process.start()
        child_conn.close()

    def read(self) -> PartitionContent:
        """As `PartitionJudge.read`."""
        content: PartitionContent = self._answer()
        return content

    def judge(self, upto: datetime, left_out: set[int]) -> Iterator[list[JudgedCase]]:
        """As `PartitionJudge.judge`; the work begins at once."""
        self._conn.send((upto, left_out))
        return self._batches()

    def _batches(self) -> Iterator[list[JudgedCase]]:
        while (batch := self._answer()) is not None:
            yield batch
        self.totals = self._answer()

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
        """End the process, whatever it is doing."""
        self._conn.close()
        self._process.terminate()
        self._process.join(END_S)


def _serve(judge: PartitionJudge, conn: Connection, parent_conn: Connection) -> None:
    parent_conn.close()
    try:
        conn.send(judge.read())
        for batch in judge.judge(*conn.recv()):
            conn.send(batch)
        conn.send(None)
        conn.send(judge.totals)
    except (EOFError, BrokenPipeError):
        return
    except ValueError as error:
        conn.send(error)
