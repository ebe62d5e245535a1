"""The sample of a bank on Spring Boot, `docs/banks/samples/spring-boot`, built by Maven and run."""

import asyncio
import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Self

from huying.kafka.setup import JVM, cached
from services.financing import bank_documents
from tests.bank_clients import LIMIT_S, needed

SAMPLE = bank_documents.FOLDER / "samples" / "spring-boot"
_LISTENER = "BankListener "
_LOGGING = {"LOGGING_PATTERN_CONSOLE": "%logger{0} %m%n", "LOGGING_CHARSET_CONSOLE": "UTF-8"}


def jar(mvn: str) -> Path:
    """The sample as one file; Maven builds it at the first call, and again once a file of it has changed."""
    sources = [SAMPLE / "pom.xml", *sorted(path for path in (SAMPLE / "src").rglob("*") if path.is_file())]
    folder = cached("bank-spring-boot", b"".join(path.read_bytes() for path in sources))
    if not folder.exists():
        fresh = folder.with_suffix(f".{os.getpid()}")
        shutil.copytree(SAMPLE, fresh, ignore=shutil.ignore_patterns("target"), dirs_exist_ok=True)
        command = [mvn, "-B", "-q", "-f", str(fresh / "pom.xml"), "package"]
        maven_run = subprocess.run(command, capture_output=True, text=True)
        assert maven_run.returncode == 0, f"Maven cannot build {SAMPLE}: {maven_run.stdout[-3000:]}"
        with suppress(OSError):  # another process built it first
            fresh.replace(folder)
    return folder / "target" / "bank.jar"


class SpringBank:
    """The sample while it runs, with the environment that its `application.properties` names."""

    def __init__(self, **environment: str) -> None:
        self._environment = {"PATH": "/usr/bin:/bin", **_LOGGING, **environment}
        self.lines: list[str] = []
        self._more = asyncio.Event()

    async def __aenter__(self) -> Self:
        java, _, mvn = needed("java", "javac", "mvn")
        file = await asyncio.to_thread(jar, mvn)
        self._process = await asyncio.create_subprocess_exec(
            *(java, *JVM, "-jar", str(file)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environment,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.terminate()
        try:
            async with asyncio.timeout(30):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
        await self._reading

    async def _read(self) -> None:
        async for line in self._process.stdout or ():
            self.lines.append(line.decode().rstrip())
            self._more.set()
        self._more.set()

    async def until(self, words: str, lines: int = 1) -> list[str]:
        """What the listener logged, once so many lines of the log have these words."""
        try:
            async with asyncio.timeout(LIMIT_S):
                while sum(words in line for line in self.lines) < lines:
                    assert not self._reading.done(), "\n".join(self.lines)
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError("\n".join(self.lines)[-5000:]) from None
        return self.logged()

    def logged(self) -> list[str]:
        """The lines of the listener."""
        return [line.removeprefix(_LISTENER) for line in self.lines if line.startswith(_LISTENER)]
