"""What a fault run stands on: the fleet as processes, every way to broker and PostgreSQL through a proxy, a
disk that can be full, and a supervisor that starts again what died.
"""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from huying.kafka.broker import Kafka
from huying.local.cluster import LocalCluster, ServiceProcess, environment
from huying.local.embedded import EmbeddedBroker, EmbeddedError, Program, free_port
from services import SERVICES
from shared.roles import AccountRole
from shared.service.settings import KafkaSettings, Settings
from tests.faults.launch import CLOCK, PLANT
from tests.faults.proxy import Link, Streams

PACK, PROCEDURE, LENDING = "bozhou-2024", "bowu-2022", "bozhou-2024-financing"
UNITS = ("roads", "water", "tax", "east", "west")
BANKS = ("huai", "wanze", "state")
LEADER = "mayor"
REPLICA = "escalation-2"
SOCKET = ".s.PGSQL.5432"
DISK_BYTES = 6 * 1024**3
SPARE_BYTES = 256 * 1024
BROKER = "broker"


class Launched(ServiceProcess):
    """A service as a process of a fault run."""

    async def start(self) -> None:
        async with self._starting():
            command = [sys.executable, "-m", "tests.faults.launch", self.name, str(self.port)]
            await self._run(command, at_death=9, done=self._accepts)


class ProxiedBroker(EmbeddedBroker):
    """The embedded broker, which tells its clients to come through the proxy."""

    way = 0

    def login(self, principal: str) -> dict[str, Any]:
        return {"bootstrap": f"127.0.0.1:{self.way}"}

    def as_client(self, principal: str = "") -> KafkaSettings:
        return KafkaSettings(**self.login(principal))

    async def _run(self, command: list[str], at_death: int, done: Callable[[], bool]) -> None:
        command[command.index("--advertised-listener-url") + 1] = f"tcp://127.0.0.1:{self.way}"
        await super()._run(command, at_death, done)


class ProxiedKafka(Kafka):
    """One Apache Kafka, which tells its clients to come through the proxy."""

    way = 0

    def login(self, principal: str) -> dict[str, Any]:
        return {**super().login(principal), "bootstrap": f"127.0.0.1:{self.way}"}

    def _arrange(self) -> None:
        super()._arrange()
        (node,) = self.nodes
        told = node.properties.read_text()
        name = "advertised.listeners=CLIENT://127.0.0.1:"
        node.properties.write_text(told.replace(f"{name}{node.port}", f"{name}{self.way}"))


class Ground(LocalCluster):
    """The fleet of one fault run below `state`. `links` are by service, and the broker's by its name."""

    def __init__(self, state: Path, *, apache: bool, seed: int, plant: str | None) -> None:
        people: list[tuple[str, AccountRole, str | None]] = [
            ("operator", AccountRole.OPERATOR, None),
            ("office", AccountRole.OFFICE, None),
            ("importer", AccountRole.IMPORTER, None),
            *((unit, AccountRole.UNIT, unit) for unit in UNITS),
        ]
        self.broker: ProxiedBroker | ProxiedKafka
        broker = ProxiedKafka(state) if apache else ProxiedBroker(state)
        super().__init__(
            state,
            people,
            broker,
            clock="driven",
            pack=PACK,
            procedures=(PROCEDURE,),
            financing_pack=LENDING,
            log_level="WARNING",
        )
        self.chance = random.Random(f"{seed}/links")
        self.links: dict[str, Link] = {}
        self.disk: Path | None = None
        self.broker_starts = 1
        self._plant = plant
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def programs(self) -> dict[str, Program]:
        """All processes by name."""
        broker = self.broker.nodes[0] if isinstance(self.broker, Kafka) else self.broker
        return {"postgres": self.postgres, BROKER: broker, **self.processes}

    async def start(self) -> None:
        """Start all, in a state that is new."""
        self._mount()
        way = self.links[BROKER] = Link(BROKER, self._to_broker, self.chance)
        await way.listen()
        self.broker.way = way.port
        await super().start()
        for service in SERVICES:
            link = self.links[service] = Link(service, self._to_postgres, self.chance)
            folder = self.state / "ways" / service
            folder.mkdir(parents=True)
            await link.listen_at(folder / SOCKET)
        await self.broker.admit(BANKS)
        await self.start_processes()
        await (await self.add(REPLICA, "escalation", free_port())).start()
        self._keepers = [asyncio.create_task(self._keep(name)) for name in self.programs]

    async def stop(self) -> None:
        """Stop everything, and leave nothing mounted."""
        for keeper in self._keepers:
            keeper.cancel()
        for program in self.programs.values():
            if program.running:
                send(program, signal.SIGCONT)
        await super().stop()
        for link in self.links.values():
            await link.close()
        if self.disk is not None:
            await asyncio.to_thread(subprocess.run, ["umount", "--lazy", str(self.disk)], check=False)

    def settings(self, service: str) -> Settings:
        found = super().settings(service)
        folder = quote(str((self.state / "ways" / service).absolute()))
        return found.model_copy(update={"database": f"{found.database.partition('?')[0]}?host={folder}"})

    async def add(self, name: str, service: str, port: int) -> ServiceProcess:
        folder = self.state if name == service else self.state / name
        its = environment(self.settings(service)) | {CLOCK: str(self.clock_file(service))}
        its |= {PLANT: self._plant} if self._plant else {}
        its |= {"PYTHONPATH": os.pathsep.join(sys.path)}
        process = Launched(folder, service, its, port)
        self.processes[name] = process
        return process

    def clock_file(self, service: str) -> Path:
        """Where the clock of a service stands, for its next start."""
        return self.state.absolute() / f"{service}.clock"

    def note_clock(self, service: str, now: datetime) -> None:
        """Let the service start at `now` when it starts the next time."""
        fresh = self.clock_file(service).with_suffix(".new")
        fresh.write_text(now.isoformat())
        fresh.replace(self.clock_file(service))

    async def _keep(self, name: str) -> None:
        """Start a program again whenever it died."""
        while True:
            if not self.programs[name].running:
                with contextlib.suppress(EmbeddedError, TimeoutError):
                    await (self.broker if name == BROKER else self.programs[name]).start()
                    self.broker_starts += name == BROKER
            await asyncio.sleep(0.2)

    async def _to_broker(self) -> Streams:
        broker = self.broker
        port = broker.nodes[0].port if isinstance(broker, Kafka) else int(broker.bootstrap.rpartition(":")[2])
        return await asyncio.open_connection("127.0.0.1", port)

    async def _to_postgres(self) -> Streams:
        return await asyncio.open_unix_connection(self.state / "postgres" / SOCKET)

    def _mount(self) -> None:
        """Put PostgreSQL on a disk of its own, where that can be done."""
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
        """Leave next to nothing free."""
        assert self.disk is not None
        found = os.statvfs(self.disk)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        self._resize(used + SPARE_BYTES)

    def free_disk(self) -> None:
        """Give it its room back."""
        if self.disk is not None:
            self._resize(DISK_BYTES)

    def _resize(self, size: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.disk)], check=False)


def send(program: Program, how: signal.Signals) -> None:
    """Send a signal to a program, and to its children where it pauses or goes on."""
    process = program._process
    if process is not None and program.running:
        family = [process.pid] if how == signal.SIGKILL else [process.pid, *_children(process.pid)]
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)


def _children(parent: int) -> Iterator[int]:
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = file.read_text().rpartition(")")[2].split()
            if int(words[1]) == parent:
                yield int(file.parent.name)


@contextlib.asynccontextmanager
async def standing(state: Path, *, apache: bool, seed: int, plant: str | None) -> AsyncIterator[Ground]:
    """A ground that runs; leaving stops it."""
    ground = Ground(state, apache=apache, seed=seed, plant=plant)
    try:
        await ground.start()
        yield ground
    finally:
        await ground.stop()
