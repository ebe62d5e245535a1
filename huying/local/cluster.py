"""The local cluster: PostgreSQL, a broker, and the services in this process or as one process each.

`scratch` is a local cluster with driven clocks in a temporary folder.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from huying.kafka.broker import Kafka
from huying.local.accounts import accounts
from huying.local.data_keys import made_ring
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port, listens
from huying.local.errors import EmbeddedError
from huying.local.program import Program
from huying.local.search_key import search_key
from huying.local.services import load, settings_for
from services import SERVICES
from shared.audit.seals import make_key
from shared.roles import AccountRole
from shared.service.settings import Settings
from shared.telemetry.logs import log
from shared.web.tokens import public_pem

PARTITIONS = 4  # the embedded broker's own number, for topics a client names before they exist
READY_S = 60
SEAL_KEY = "seal.key"
TOKEN_SIGNER, TOKEN_KEYS = "token.key", "token-keys.pem"
"""By which desks signs tokens of people, and by which services check them."""
ATTACHMENTS = "attachments"
"""The folder of the files of appeals, below the state folder."""
INTAKE, NOTIFY, DESKS = "intake", "notify", "desks"  # the services, and their accounts at those that they ask
ASKS = {
    INTAKE: ("service_key", ("dispatch", "notify")),
    NOTIFY: ("intake_key", ("intake", "financing", "dispatch")),
    DESKS: ("intake_key", ("intake", "dispatch", "escalation", "financing", "notify")),
}
"""Which services ask which others: the setting of their key, and whom they ask."""


class ServiceProcess(Program):
    """One service as a process."""

    def __init__(self, state: Path, service: str, environment: Mapping[str, str], port: int) -> None:
        self.name = service
        super().__init__(state)
        self.environment = {**self.environment, **environment}
        self.port = port

    async def start(self) -> None:
        async with self._starting():
            await self._run(self._command(), at_death=signal.SIGKILL, done=self._accepts)

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "huying", "serve", self.name, "--port", str(self.port)]

    def _accepts(self) -> bool:
        return listens(self.port)


class LocalCluster:
    """PostgreSQL and a broker (below `state` unless one is given), accounts, and services that run on them.

    `settings` are those of all services; each takes what it knows.
    """

    def __init__(
        self,
        state: Path,
        people: Sequence[tuple[str, AccountRole, str | None]],
        broker: EmbeddedBroker | Kafka | None = None,
        **settings: object,
    ) -> None:
        self.state = state
        self.postgres = EmbeddedPostgres(state)
        self.broker = broker or EmbeddedBroker(state)
        self.processes: dict[str, ServiceProcess] = {}
        self._ports: dict[str, int] = {}
        self.keys: dict[str, str] = {}
        self._people = [*people, *((name, AccountRole.SERVICE, None) for name in ASKS)]
        self._settings = settings
        self._log = log("huying")

    async def start(self) -> None:
        """Start PostgreSQL and the broker, and create the databases and accounts."""
        await self.postgres.start()
        await self.broker.start()
        await self.postgres.ensure(SERVICES)
        file, self.keys = accounts(self.state, self._people)
        self._settings = {**self._settings, "accounts": file}
        self._settings |= token_settings(self.state)
        if self._settings.get("clock") != "driven":
            make_key(self.state / SEAL_KEY)
            self._settings |= {"seal_key": self.state.absolute() / SEAL_KEY}
        if "HUYING_SEARCH_KEY" not in os.environ:
            self._settings |= {"search_key": search_key(self.state)}

    async def stop(self) -> None:
        """Stop everything, the services first."""
        await asyncio.gather(*(process.stop() for process in self.processes.values()))
        await self.broker.stop()
        await self.postgres.stop()

    def settings(self, service: str) -> Settings:
        """The settings of one service."""
        values = {
            "database": self.postgres.dsn(service, service),
            **self.broker.login(service),
            "partitions": PARTITIONS,
            "session_timeout_ms": 6_000,
            "attachments": self.state.absolute() / ATTACHMENTS,
            "data_keys": made_ring(self.state, service),
            **self._asking_settings(service),
            **self._settings,
        }
        return settings_for(load(service), values)

    def _asking_settings(self, service: str) -> dict[str, Any]:
        """Where a service asks others, and the key of its account there."""
        if service not in ASKS:
            return {}
        key, names = ASKS[service]
        settings: dict[str, Any] = {key: self.keys[service]}
        for name in names:
            if (port := self._ports.get(name, self._settings.get("port"))) is not None:
                settings[f"{name}_url"] = f"http://127.0.0.1:{port}/{name}"
        return settings

    def url(self, service: str) -> str:
        """Where a service that runs as a process answers."""
        return f"http://127.0.0.1:{self.processes[service].port}/{service}"

    async def start_processes(self, port: int = 0, services: Sequence[str] = SERVICES) -> None:
        """Start each of `services` as a process: on `port` and the next ones, or on free ones for 0."""
        self._ports = {
            service: port + index if port else free_port() for index, service in enumerate(services)
        }
        for service in services:
            await self.add(service, service, self._ports[service])
        await asyncio.gather(*(process.start() for process in self.processes.values()))
        await asyncio.gather(*(self._ready(name) for name in self.processes))

    async def add(self, name: str, service: str, port: int) -> ServiceProcess:
        """Add a process of a service, without starting it; a replica has a name of its own."""
        self._ports.setdefault(name, port)
        folder = self.state if name == service else self.state / name
        process = ServiceProcess(folder, service, process_environment(self.settings(service)), port)
        self.processes[name] = process
        return process

    async def _ready(self, name: str) -> None:
        url = f"http://127.0.0.1:{self.processes[name].port}/{self.processes[name].name}/health"
        async with httpx.AsyncClient() as client:
            for _ in range(READY_S * 10):
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(url)).status_code == 200:
                        return
                if not self.processes[name].running:
                    raise EmbeddedError(
                        f"The service {name} ended as it started. See its log in {self.state}."
                    )
                await asyncio.sleep(0.1)
        raise EmbeddedError(f"The service {name} does not answer at {url}. See its log in {self.state}.")

    async def supervise(self) -> None:
        """Restart every program that died, until cancelled."""
        while True:
            for program in (self.postgres, self.broker, *self.processes.values()):
                if not program.running:
                    self._log.warning("started again", program=program.name)
                    try:
                        await program.start()
                    except EmbeddedError as error:
                        self._log.error("does not start", program=program.name, reason=str(error))
            await asyncio.sleep(0.5)


def token_settings(state: Path) -> dict[str, Path]:
    """The settings of tokens: the key that signs them, made at the first start, and its public half."""
    signer, keys = state.absolute() / TOKEN_SIGNER, state.absolute() / TOKEN_KEYS
    make_key(signer)
    if not keys.exists():
        keys.write_bytes(public_pem(signer))
    return {"token_signer": signer, "token_keys": keys}


def process_environment(settings: Settings) -> dict[str, str]:
    """`settings` as the environment of a child process."""
    values = settings.model_dump(mode="json", exclude_none=True)
    return {
        f"HUYING_{name.upper()}": json.dumps(value) if isinstance(value, list | dict) else str(value)
        for name, value in values.items()
    }


@contextlib.asynccontextmanager
async def scratch(**settings: object) -> AsyncIterator[LocalCluster]:
    """A local cluster of processes with driven clocks, in a folder that is removed at the end.

    The key of its importer is `cluster.keys["importer"]`.
    """
    base = Path(os.environ.get("TMPDIR", tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix="huying-", dir=base, ignore_cleanup_errors=True) as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)  # PostgreSQL may run under another account
        people = [
            ("importer", AccountRole.IMPORTER, None),
            ("office", AccountRole.OFFICE, None),
            ("ops", AccountRole.OPS, None),
        ]
        cluster = LocalCluster(Path(folder), people, None, **{"clock": "driven", **settings})
        try:
            await cluster.start()
            await cluster.start_processes()
            supervisor = asyncio.create_task(cluster.supervise())
            try:
                yield cluster
            finally:
                supervisor.cancel()
        finally:
            await cluster.stop()
