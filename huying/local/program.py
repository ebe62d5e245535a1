"""A child process that ends with the thread that started it, its log, and the lock on its state folder."""

import asyncio
import ctypes
import fcntl
import os
import pwd
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL
from types import TracebackType
from typing import Any, Self, TextIO

from huying.local.errors import EmbeddedError

PR_SET_PDEATHSIG = 1
CAUSE = re.compile(r"FATAL:  (?!terminating)|PANIC:|error:")  # not a killed server's last sessions
REMEDY = "Put that right, or choose another state folder or port."


class Program:
    """A child process, its log, and the lock that keeps a second Huying off the state folder."""

    name: str

    def __init__(self, state: Path) -> None:
        self.state = state.absolute()
        self.user: pwd.struct_passwd | None = None
        self.environment = {"PATH": os.defpath, "LC_ALL": "C"}  # none of the caller's PG variables
        self._log = self.state / f"{self.name}.log"
        self._lock: TextIO | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self.process_id is not None

    @property
    def process_id(self) -> int | None:
        """The id of the process; None while it does not run."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        raise NotImplementedError

    async def stop(self) -> None:
        await self._end(signal.SIGINT)

    async def kill(self) -> None:
        """End it without time to tidy up; for tests."""
        await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> None:
        process, lock = self._process, self._lock  # a supervisor may start another meanwhile
        if process and process.poll() is None:
            os.killpg(process.pid, how)
            if not await until(lambda: process.poll() is not None, 30):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if lock:
            lock.close()

    @asynccontextmanager
    async def _starting(self) -> AsyncIterator[None]:
        """Lock the state folder; after a failure kill the process, and turn OSError into an EmbeddedError."""
        if self.running:
            raise EmbeddedError(f"The embedded {self.name} runs already. Stop it first.")
        try:
            self._take_lock()
            yield
        except OSError as error:
            await self.kill()
            raise EmbeddedError(f"Cannot start the embedded {self.name}: {error}. {REMEDY}") from error
        except BaseException:
            await self.kill()
            raise

    def _take_lock(self) -> None:
        self.state.mkdir(parents=True, exist_ok=True)
        if self._lock:  # of a child that died
            self._lock.close()
        self._lock = (self.state / f"{self.name}.lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedError(f"Another Huying runs its {self.name} in {self.state}. {REMEDY}") from None

    async def _run(self, command: list[str], at_death: int, done: Callable[[], bool]) -> None:
        """Run the command until `done`, 5 minutes at most. `at_death`: its signal when this thread ends."""
        log_size = self._log.stat().st_size if self._log.exists() else 0
        self._process = self._spawn(command, at_death)
        await until(lambda: not self.running or done(), 300)
        if not done():
            lines = self._log.read_bytes()[log_size:].decode(errors="replace").splitlines() or [
                "it said nothing"
            ]
            cause = next((line for line in lines if CAUSE.search(line)), lines[-1])
            raise EmbeddedError(f"The embedded {self.name} did not start: {cause}. See {self._log}. {REMEDY}")

    def _spawn(self, command: list[str], at_death: int) -> subprocess.Popen[bytes]:
        prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
        parent = os.getpid()

        def end_with_parent() -> None:  # runs after the change of user, which would undo it
            if prctl:
                prctl(PR_SET_PDEATHSIG, at_death)
            if os.getppid() != parent:
                os._exit(1)

        options: dict[str, Any] = {"preexec_fn": end_with_parent, "start_new_session": True, "cwd": "/"}
        if self.user:
            options |= {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        with self._log.open("ab") as log:
            return subprocess.Popen(
                command, stdin=DEVNULL, stdout=log, stderr=log, env=self.environment, **options
            )


async def until(done: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition, `seconds` at most; returns whether it holds."""
    for _ in range(int(seconds * 50)):
        if done():
            return True
        await asyncio.sleep(0.02)
    return done()


def command_line(pid: int) -> str:
    """The command line of a process; empty when there is none."""
    if sys.platform == "linux":
        with suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
        return ""
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True).stdout
