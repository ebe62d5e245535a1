"""Apache Kafka itself without Docker: one or three KRaft brokers on 127.0.0.1, their jars from Maven.

Clients log in by SCRAM-SHA-512, and the broker lets each do what `deploy/kafka/acls.yaml` says. Passwords are
made at the first start and stored in the state folder. Every failure is an `EmbeddedError`.
"""

import asyncio
import json
import secrets
import shutil
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from huying.kafka import access as kafka_access
from huying.kafka.certificates import Authority
from huying.kafka.node import KafkaNode
from huying.kafka.setup import ADMIN, JVM, TlsListener, jars, properties, tools
from huying.local.embedded import free_port, write_secret
from huying.local.errors import EmbeddedError
from shared.messaging.clients import connected
from shared.service.settings import KafkaSettings

READY_S = 60
Tls = Literal["server", "mutual"]
MUTUAL: Tls = "mutual"
TLS_NAMES = {None: "no TLS listener", "server": "TLS for banks", "mutual": "mutual TLS for banks"}


class Kafka:
    """A cluster below `state`, on the same ports at every start; durable, and empty only after `replace`.

    `tls` gives it a further listener, for banks, from its first start on: "server" with a certificate of its
    own, "mutual" where clients show one too.
    """

    name = "broker"

    def __init__(
        self,
        state: Path,
        brokers: int | None = None,
        *,
        detached: bool = False,
        proxy_port: int | None = None,
        tls: Tls | None = None,
    ) -> None:
        self._proxy_port = proxy_port
        self._tls = tls
        self.state = state.absolute() / "kafka"
        self._authority = Authority(self.state / "tls")
        self._plan = self.state / "cluster.json"
        self._secrets = self.state / "passwords.json"
        count = len(self._read(self._plan).get("ports", ())) or brokers or 1
        if brokers not in (None, count):
            raise EmbeddedError(
                f"{self.state} has {count} broker(s), not {brokers}. Choose another state folder."
            )
        known = self._read(self._plan)
        if known and tls not in (None, known.get("tls")):
            raise EmbeddedError(
                f"{self.state} has {TLS_NAMES[known.get('tls')]}, not {TLS_NAMES[tls]}. "
                "Choose another state folder."
            )
        self.nodes = [KafkaNode(self.state, number + 1, detached=detached) for number in range(count)]

    @property
    def running(self) -> bool:
        return all(node.running for node in self.nodes)

    @property
    def bootstrap(self) -> str:
        """The addresses clients connect to: the proxy's where there is one, else the brokers' own."""
        if self._proxy_port:
            return f"127.0.0.1:{self._proxy_port}"
        ports = self._read(self._plan).get("ports", [])
        return ",".join(f"127.0.0.1:{client}" for client, _ in ports)

    def login(self, principal: str) -> dict[str, Any]:
        """The settings by which a service connects as `principal`."""
        return {
            "bootstrap": self.bootstrap,
            "kafka_protocol": "SASL_PLAINTEXT",
            "kafka_user": principal,
            "kafka_password": self._password(principal),
            "idempotent_producer": True,
            "replication": len(self.nodes),
        }

    def login_over_tls(self, bank: str) -> KafkaSettings | None:
        """The settings by which a bank connects to the listener for banks; None where there is none."""
        plan = self._read(self._plan)
        if not plan.get("tls"):
            return None
        bank_login = self.login(f"bank-{bank}") | {
            "bootstrap": ",".join(f"127.0.0.1:{port}" for port in plan["tls_ports"]),
            "kafka_protocol": "SASL_SSL",
            "kafka_ca": self._authority.certificate,
        }
        if plan["tls"] == MUTUAL:
            bank_login["kafka_certificate"] = self._authority.issue(f"bank-{bank}")
        return _client(bank_login)

    def as_client(self, principal: str = ADMIN) -> KafkaSettings:
        """The settings of a client that is no service."""
        return _client(self.login(principal))

    async def start(self) -> None:
        """Start all brokers; at the first start make ports, passwords and storage."""
        java, mvn = await asyncio.to_thread(tools)
        classpath = f"{await asyncio.to_thread(jars, mvn)}/*"
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._arrange()
        for node in self.nodes:
            if not (node.data / "meta.properties").exists():
                await self._format(node, java, classpath)
        await asyncio.gather(*(node.serve(java, classpath) for node in self.nodes if not node.running))
        await self.answers()
        await self.admit(self.banks())

    async def stop(self) -> None:
        await asyncio.gather(*(node.stop() for node in self.nodes))

    async def kill(self) -> None:
        """End them without time to tidy up; for tests."""
        await asyncio.gather(*(node.kill() for node in self.nodes))

    async def replace(self) -> None:
        """Replace it by an empty cluster with another id; its records are lost. For tests."""
        await self.kill()
        for node in self.nodes:
            await asyncio.to_thread(shutil.rmtree, node.data)
        self._write(self._plan, self._read(self._plan) | {"cluster": _cluster_id()})
        await self.start()

    async def down(self) -> bool:
        """End brokers that a former command started; whether there were any."""
        running = [node for node in self.nodes if node.pid]
        await asyncio.gather(*(node.end() for node in running))
        return bool(running)

    def banks(self) -> list[str]:
        """Codes of the banks that were admitted."""
        known = self._read(self._secrets)
        return sorted(name.removeprefix("bank-") for name in known if name.startswith("bank-"))

    async def admit(self, banks: Iterable[str]) -> None:
        """Apply the access list for the services, the banks admitted so far, and `banks`."""
        codes = {*self.banks(), *map(kafka_access.checked, banks)}
        passwords = {name: self._password(name) for name in kafka_access.principals(codes)}
        await kafka_access.apply(self.as_client(), passwords, kafka_access.entries(codes))

    async def answers(self) -> None:
        """Wait until every broker is one of the cluster. Raises `EmbeddedError` after a minute."""
        async with asyncio.timeout(READY_S):
            while await self._members() < len(self.nodes):  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.1)

    async def _members(self) -> int:
        client = AIOKafkaAdminClient(**self.as_client().client(), request_timeout_ms=5_000)
        try:
            async with connected(client):
                return len((await client.describe_cluster())["brokers"])
        except KafkaError:
            return 0

    def _arrange(self) -> None:
        plan = self._read(self._plan) or {
            "cluster": _cluster_id(),
            "ports": [(free_port(), free_port()) for _ in self.nodes],
            "tls": self._tls,
            "tls_ports": [free_port() for _ in self.nodes] if self._tls else [],
        }
        self._write(self._plan, plan)
        for number, node in enumerate(self.nodes, 1):
            node.port = plan["ports"][number - 1][0]
            listener = self._listener(number, plan)
            password = self._password(ADMIN)
            lines = properties(number, plan["ports"], node.data, password, self._proxy_port, listener)
            write_secret(node.properties, "\n".join(lines) + "\n")

    def _listener(self, number: int, plan: dict[str, Any]) -> TlsListener | None:
        if not plan.get("tls"):
            return None
        broker = self._authority.issue("broker")
        mutual = plan["tls"] == MUTUAL
        return TlsListener(plan["tls_ports"][number - 1], broker, self._authority.certificate, mutual)

    async def _format(self, node: KafkaNode, java: str, classpath: str) -> None:
        """Format a broker's storage with the admin's credentials; the password is on no command line."""
        arguments = node.state / f"{node.name}.format"
        scram = f'"SCRAM-SHA-512=[name={ADMIN},password={self._password(ADMIN)}]"'
        cluster = self._read(self._plan)["cluster"]
        words = [*JVM, "-cp", f'"{classpath}"', "kafka.tools.StorageTool", "format", "--cluster-id", cluster]
        write_secret(arguments, " ".join([*words, "--config", f'"{node.properties}"', "--add-scram", scram]))
        completed_process = await asyncio.to_thread(
            subprocess.run, [java, f"@{arguments}"], capture_output=True, text=True
        )
        arguments.unlink()
        if completed_process.returncode:
            reason = (completed_process.stderr.splitlines() or ["no reason given"])[-1]
            raise EmbeddedError(
                f"{node.data} cannot be made Kafka's storage: {reason}. Choose another folder."
            )

    def _password(self, principal: str) -> str:
        known = self._read(self._secrets)
        if principal not in known:
            known[principal] = secrets.token_urlsafe(24)
            self._write(self._secrets, known)
        return str(known[principal])

    def _read(self, file: Path) -> dict[str, Any]:
        try:
            return dict(json.loads(file.read_text())) if file.exists() else {}
        except ValueError as error:
            raise EmbeddedError(f"{file} is damaged. Put a copy of it back.") from error

    def _write(self, file: Path, content: dict[str, Any]) -> None:
        fresh = file.with_suffix(".new")
        write_secret(fresh, json.dumps(content))
        fresh.replace(file)


class RunningKafka(Kafka):
    """A cluster that `huying kafka up` started, and that goes on running after its user stops."""

    running = True

    async def start(self) -> None:
        """Check that it answers, and apply the access list. EmbeddedError where it does not."""
        if not self.bootstrap:
            raise EmbeddedError(f"No Kafka is in {self.state}. Start one: huying kafka up --state FOLDER")
        try:
            await self.answers()
        except TimeoutError as error:
            raise EmbeddedError(f"Kafka at {self.bootstrap} does not answer: huying kafka up") from error
        await self.admit(())

    async def stop(self) -> None: ...

    async def kill(self) -> None: ...


def _client(login: dict[str, Any]) -> KafkaSettings:
    return KafkaSettings(**{name: login[name] for name in login if name in KafkaSettings.model_fields})


def _cluster_id() -> str:
    return urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode().replace("-", "x")
