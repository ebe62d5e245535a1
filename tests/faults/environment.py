"""The environment of a fault run: services as processes, a proxy before the broker and before PostgreSQL for
each service, a disk that can be filled, and a supervisor that restarts what died.
"""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from huying.kafka.broker import Kafka
from huying.local.cluster import LocalCluster, ServiceProcess, process_environment
from huying.local.embedded import EmbeddedBroker, free_port
from huying.local.errors import EmbeddedError
from huying.local.program import Program
from services import SERVICES
from shared.roles import AccountRole
from shared.service.settings import Settings
from tests.faults.proxy import Proxy, Streams

PACK, PROCEDURE, LENDING = "bozhou-2024", "bowu-2022", "bozhou-2024-financing"
ARREARS = "qingyang-2023-arrears"
UNITS = ("roads", "water", "tax", "east", "west")
BANKS = ("huai", "wanze", "state")
LEADER = "mayor"
REPLICA = "escalation-2"
SOCKET = ".s.PGSQL.5432"
DISK_BYTES = 6 * 1024**3
SPARE_BYTES = 256 * 1024
BROKER = "broker"
ACCOUNTS: list[tuple[str, AccountRole, str | None]] = [
    ("operator", AccountRole.OPERATOR, None),
    ("office", AccountRole.OFFICE, None),
    ("importer", AccountRole.IMPORTER, None),
    ("leader", AccountRole.LEADER, LEADER),
    *((unit, AccountRole.UNIT, unit) for unit in UNITS),
]


class DrivenProcess(ServiceProcess):
    """A service whose driven clock resumes, at every start, where the run stands.

    With `plant` it is started by `tests.faults.launch`, which plants that bug.
    """

    plant: str | None = None

    def resume_at(self, now: datetime) -> None:
        """Set where the clock stands at the next start."""
        self.environment["HUYING_CLOCK_STARTS_AT"] = now.isoformat()

    def _command(self) -> list[str]:
        if self.plant is None:
            return super()._command()
        return [sys.executable, "-m", "tests.faults.launch", self.plant, self.name, str(self.port)]


class Environment(LocalCluster):
    """The local cluster of one fault run, its files below `state`.

    `proxies` holds one proxy to PostgreSQL for each service, by its name, and the broker's.
    """

    broker: EmbeddedBroker | Kafka

    def __init__(self, state: Path, *, apache: bool, seed: int, plant: str | None) -> None:
        broker_port = free_port()
        super().__init__(
            state,
            ACCOUNTS,
            (Kafka if apache else EmbeddedBroker)(state, proxy_port=broker_port),
            clock="driven",
            pack=PACK,
            procedures=(PROCEDURE, ARREARS),
            financing_pack=LENDING,
            log_level="WARNING",
        )
        chance = random.Random(f"{seed}/links")
        self.proxies = {service: Proxy(self._to_postgres, chance) for service in SERVICES}
        self.proxies[BROKER] = Proxy(self._to_broker, chance)
        self.disk: Path | None = None
        self.broker_starts = 1
        self._broker_port = broker_port
        self._plant = plant
        self._supervisors: list[asyncio.Task[None]] = []

    @property
    def programs(self) -> dict[str, Program]:
        """All processes by name."""
        broker = self.broker.nodes[0] if isinstance(self.broker, Kafka) else self.broker
        return {"postgres": self.postgres, BROKER: broker, **self.processes}

    async def start(self) -> None:
        """Start everything, on a new state folder."""
        self._mount_disk()
        await self.proxies[BROKER].listen(self._broker_port)
        await super().start()
        for service in SERVICES:
            folder = self._socket_folder(service)
            folder.mkdir(parents=True)
            await self.proxies[service].listen_at(folder / SOCKET)
        await self.broker.admit(BANKS)
        await self.start_processes()
        await (await self.add(REPLICA, "escalation", free_port())).start()
        self._supervisors = [asyncio.create_task(self._supervise(name)) for name in self.programs]

    async def stop(self) -> None:
        """Stop everything and unmount the disk."""
        for supervisor in self._supervisors:
            supervisor.cancel()
        for program in self.programs.values():
            send(program, signal.SIGCONT)
        await super().stop()
        for proxy in self.proxies.values():
            await proxy.close()
        if self.disk is not None:
            await asyncio.to_thread(subprocess.run, ["umount", "--lazy", str(self.disk)], check=False)

    def settings(self, service: str) -> Settings:
        settings = super().settings(service)
        socket = quote(str(self._socket_folder(service).absolute()))
        database = f"{settings.database.partition('?')[0]}?host={socket}"
        changed: dict[str, Any] = {"database": database}
        if service == "intake":  # the load registers from one address, and far more than people do
            changed["registrations_of_address"] = 10**9
        return settings.model_copy(update=changed)

    def _socket_folder(self, service: str) -> Path:
        """Where the service finds the socket of its proxy to PostgreSQL."""
        return self.state / "ways" / service

    async def add(self, name: str, service: str, port: int) -> ServiceProcess:
        folder = self.state if name == service else self.state / name
        variables = {**process_environment(self.settings(service)), "PYTHONPATH": os.pathsep.join(sys.path)}
        process = DrivenProcess(folder, service, variables, port)
        process.plant = self._plant
        self.processes[name] = process
        return process

    def resume_at(self, name: str, now: datetime) -> None:
        """Let a service's clock stand at `now` when the service is started again."""
        process = self.processes[name]
        assert isinstance(process, DrivenProcess)
        process.resume_at(now)

    async def _supervise(self, name: str) -> None:
        """Start a program again whenever it died."""
        while True:
            if not self.programs[name].running:
                with contextlib.suppress(EmbeddedError, TimeoutError):
                    await (self.broker if name == BROKER else self.programs[name]).start()
                    self.broker_starts += name == BROKER
            await asyncio.sleep(0.2)

    async def _to_broker(self) -> Streams:
        broker = self.broker
        port = broker.nodes[0].port if isinstance(broker, Kafka) else broker.port
        return await asyncio.open_connection("127.0.0.1", port)

    async def _to_postgres(self) -> Streams:
        return await asyncio.open_unix_connection(self.state / "postgres" / SOCKET)

    def _mount_disk(self) -> None:
        """Mount a tmpfs for PostgreSQL's data, where this account may."""
        self.state.mkdir(parents=True, exist_ok=True)
        self.postgres.find()
        folder, user = self.state.absolute() / "postgres", self.postgres.user
        if user is None or not folder.exists():
            return
        options = f"size={DISK_BYTES},mode=0700,uid={user.pw_uid},gid={user.pw_gid}"
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            self.disk = folder

    def fill_disk(self) -> None:
        """Shrink the disk until `SPARE_BYTES` are free."""
        assert self.disk is not None
        statistics = os.statvfs(self.disk)
        used = (statistics.f_blocks - statistics.f_bfree) * statistics.f_frsize
        self._resize_disk(used + SPARE_BYTES)

    def free_disk(self) -> None:
        """Give the disk its full size again."""
        if self.disk is not None:
            self._resize_disk(DISK_BYTES)

    def _resize_disk(self, size: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.disk)], check=False)


def send(program: Program, which: signal.Signals) -> None:
    """Send a signal to a program that runs; what pauses or resumes it goes to its children too."""
    if (process_id := program.process_id) is None:
        return
    family = [process_id] if which == signal.SIGKILL else [process_id, *_children(process_id)]
    for pid in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, which)


def _children(parent: int) -> Iterator[int]:
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = file.read_text().rpartition(")")[2].split()
            if int(words[1]) == parent:
                yield int(file.parent.name)


@contextlib.asynccontextmanager
async def running(state: Path, *, apache: bool, seed: int, plant: str | None) -> AsyncIterator[Environment]:
    """An environment that runs until the block is left."""
    environment = Environment(state, apache=apache, seed=seed, plant=plant)
    try:
        await environment.start()
        yield environment
    finally:
        await environment.stop()
