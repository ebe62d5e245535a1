"""What Apache Kafka needs to start: Java, its jars from Maven, and a configuration."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from huying.local.errors import EmbeddedError

POM = Path(__file__).parents[2] / "deploy" / "kafka" / "pom.xml"
ADMIN = "admin"
JVM = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m"]
JAVA = 17


class TlsListener(NamedTuple):
    """A further listener, for banks: SASL over TLS, with the PEM files of the broker and of the authority.

    `mutual`: a client shows a certificate of the authority as well (mTLS).
    """

    port: int
    broker: Path
    authority: Path
    mutual: bool


class NoJava(EmbeddedError):
    """Java or Maven is missing, or too old."""


def tools() -> tuple[str, str]:
    """Where `java` and `mvn` are. Raises `NoJava`."""
    java, mvn = shutil.which("java"), shutil.which("mvn")
    if java is None or mvn is None:
        raise NoJava(
            f"{'mvn' if java else 'java'} is not on this machine: Apache Kafka needs a JDK {JAVA} or newer "
            "and Maven. Install them, or use the embedded broker (huying up) / 缺少 Java 或 Maven"
        )
    version_text = subprocess.run([java, "-version"], capture_output=True, text=True).stderr
    version = re.search(r'version "(\d+)', version_text)
    if version is None or int(version[1]) < JAVA:
        raise NoJava(f"{java} is no Java {JAVA} or newer. Install one / Java 版本过低")
    return java, mvn


def cached(prefix: str, content: bytes) -> Path:
    """The folder of what is fetched once for all state folders, by the `content` that says what to fetch."""
    name = f"{prefix}-{hashlib.sha256(content).hexdigest()[:12]}"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huying" / name


def jars(mvn: str, pom: Path = POM) -> Path:
    """The folder of the jars that `pom` names, by default Kafka's; Maven fetches them at the first call."""
    folder = cached(pom.parent.name, pom.read_bytes())
    if not folder.exists():
        fresh = folder.with_suffix(f".{os.getpid()}")
        command = [mvn, "-B", "-q", "-f", str(pom), "dependency:copy-dependencies"]
        completed_process = subprocess.run(
            [*command, f"-DoutputDirectory={fresh}"], capture_output=True, text=True
        )
        if completed_process.returncode:
            reason = next(
                (line for line in completed_process.stdout.splitlines() if "ERROR" in line), "no reason given"
            )
            raise EmbeddedError(
                f"Maven cannot fetch what {pom} names: {reason}. Is its repository reachable?"
            )
        with suppress(OSError):  # another process fetched them first
            fresh.replace(folder)
    return folder


def properties(
    number: int,
    ports: Sequence[Sequence[int]],
    data: Path,
    password: str,
    proxy_port: int | None = None,
    tls: TlsListener | None = None,
) -> list[str]:
    """The configuration of broker `number` (from 1); `ports` holds each broker's client and controller port.

    Clients are told to connect to `proxy_port` where one is given, which takes a cluster of one broker.
    """
    client, controller = ports[number - 1]
    copies, needed = len(ports), (len(ports) + 1) // 2
    login = f'required username="{ADMIN}" password="{password}"'
    modules = "org.apache.kafka.common.security"
    voters = ",".join(f"{i}@127.0.0.1:{port}" for i, (_, port) in enumerate(ports, 1))
    return [
        "process.roles=broker,controller",
        f"node.id={number}",
        f"controller.quorum.voters={voters}",
        f"listeners=CLIENT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}{_also(tls)}",
        f"advertised.listeners=CLIENT://127.0.0.1:{proxy_port or client}{_also(tls)}",
        "controller.listener.names=CONTROLLER",
        "inter.broker.listener.name=CLIENT",
        "listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT,BANKS:SASL_SSL",
        "sasl.enabled.mechanisms=SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512",
        f"listener.name.client.scram-sha-512.sasl.jaas.config={modules}.scram.ScramLoginModule {login};",
        # the admin alone: a controller knows no SCRAM users before the cluster has a leader
        "listener.name.controller.sasl.enabled.mechanisms=PLAIN",
        "sasl.mechanism.controller.protocol=PLAIN",
        "listener.name.controller.plain.sasl.jaas.config="
        f'{modules}.plain.PlainLoginModule {login} user_{ADMIN}="{password}";',
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        f"super.users=User:{ADMIN}",
        "allow.everyone.if.no.acl.found=false",
        "auto.create.topics.enable=false",
        "log.retention.ms=-1",
        f"log.dirs={data}",
        f"default.replication.factor={copies}",
        f"min.insync.replicas={needed}",
        "offsets.topic.num.partitions=8",
        f"offsets.topic.replication.factor={copies}",
        "transaction.state.log.num.partitions=4",
        f"transaction.state.log.replication.factor={copies}",
        f"transaction.state.log.min.isr={needed}",
        f"share.coordinator.state.topic.replication.factor={copies}",
        f"share.coordinator.state.topic.min.isr={needed}",
        "group.initial.rebalance.delay.ms=0",
        "group.min.session.timeout.ms=1000",
        "broker.session.timeout.ms=4000",
        "broker.heartbeat.interval.ms=1000",
        *_tls_properties(tls),
    ]


def _also(tls: TlsListener | None) -> str:
    return f",BANKS://127.0.0.1:{tls.port}" if tls else ""


def _tls_properties(tls: TlsListener | None) -> list[str]:
    if tls is None:
        return []
    listener = "listener.name.banks"
    return [
        f"{listener}.ssl.keystore.type=PEM",
        f"{listener}.ssl.keystore.location={tls.broker}",
        f"{listener}.ssl.truststore.type=PEM",
        f"{listener}.ssl.truststore.location={tls.authority}",
        f"{listener}.ssl.client.auth={'required' if tls.mutual else 'none'}",
        f"{listener}.scram-sha-512.sasl.jaas.config="
        "org.apache.kafka.common.security.scram.ScramLoginModule required;",
    ]
