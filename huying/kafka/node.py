"""One broker of Kafka as a process."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from huying.kafka.setup import JVM
from huying.local.embedded import listens
from huying.local.errors import EmbeddedError
from huying.local.program import Program, command_line, until


class KafkaNode(Program):
    """One broker, which is a controller too. A `detached` one outlives the process that starts it."""

    def __init__(self, state: Path, number: int, *, detached: bool) -> None:
        self.name = f"kafka-{number}"
        super().__init__(state)
        self.data = self.state / self.name
        self.properties = self.state / f"{self.name}.properties"
        self.port = 0
        self._pid = self.state / f"{self.name}.pid"
        self._detached = detached

    @property
    def pid(self) -> int:
        """The id of its process, whoever started it; 0 where none runs."""
        with suppress(OSError, ValueError):
            pid = int(self._pid.read_text())
            if str(self.properties) in command_line(pid):
                return pid
        return 0

    async def serve(self, java: str, classpath: str) -> None:
        """Start it on its storage, which must exist."""
        if self.pid:
            raise EmbeddedError(
                f"{self.name} in {self.state} runs already."
                f" End it by: huying kafka down --state {self.state.parent}"
            )
        async with self._starting():
            command = [java, *JVM, "-cp", classpath, "kafka.Kafka", str(self.properties)]
            await self._run(command, signal.SIGTERM, lambda: listens(self.port))

    async def end(self) -> None:
        """End it, whoever started it."""
        if pid := self.pid:
            os.kill(pid, signal.SIGTERM)
            if not await until(lambda: not self.pid, 30):
                os.kill(pid, signal.SIGKILL)

    def _spawn(self, command: list[str], at_death: int) -> subprocess.Popen[bytes]:
        if self._detached:
            with self._log.open("ab") as log:
                options: dict[str, Any] = {"env": self.environment, "cwd": "/", "start_new_session": True}
                process = subprocess.Popen(command, stdin=DEVNULL, stdout=log, stderr=log, **options)
        else:
            process = super()._spawn(command, at_death)
        self._pid.write_text(str(process.pid))
        return process
