"""A bank of one's own at a city that `huying up` runs: registered, given a key, told how it connects."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import yaml

from huying.kafka.access import checked
from huying.kafka.broker import RunningKafka
from huying.local.accounts import KEYS, add_bank
from huying.local.embedded import listens
from huying.local.running_services import URLS, RunningServices
from huying.local.sample_loans import samples
from services.financing.banks.acts import Integration
from shared.files import strict_yaml
from shared.service.settings import KafkaSettings

BROKER = "broker.yaml"
"""Where the broker of a running city answers, and the folder of `huying kafka up` where it is on that."""
_SOONER = "session.timeout.ms=6000"
"""The embedded broker lets the first member of a group wait for half of this time."""
_UNCHECKED = "metadata.cluster.check.enable=false"
"""The embedded broker hangs up on the check that Java's client makes since 4.4."""


def write_broker(state: Path, bootstrap: str, kafka: Path | None) -> None:
    """Note the broker of the city for `connect_bank`."""
    content = {"bootstrap": bootstrap, "kafka": str(kafka.resolve()) if kafka else ""}
    (state / BROKER).write_text(yaml.safe_dump(content), "utf-8")


def last_port(state: Path) -> int:
    """The port of the embedded broker at the last start, where nobody listens on it now; else 0, for any."""
    if not (state / BROKER).exists():
        return 0
    port = int(strict_yaml.values(state / BROKER)["bootstrap"].rpartition(":")[2])
    return 0 if listens(port) else port


async def connect_bank(
    state: Path, code: str, name: str | None, ways: Sequence[Integration], transport: Any = None
) -> str:
    """Register a bank, give it a key and access to its topics; returns what its engineer needs.

    A bank that is registered already keeps its key, and its name where none is given. ValueError where
    nothing runs on `state`, for a code or a name that cannot be, and where financing refuses.
    """
    checked(code)
    if code in {bank.code for bank in samples().banks}:
        raise ValueError(f"{code} is a sample bank, which answers by itself: choose another code")
    services = _as_office(state, transport)
    known = {bank["code"]: bank for bank in services.ask("GET", "financing", "/banks").json()["items"]}
    name = name or (known[code]["name"] if code in known else None)
    if name is None:
        raise ValueError(f"{code} is not registered yet: give its name by --name")
    broker = strict_yaml.values(state / BROKER)
    login = KafkaSettings(bootstrap=broker["bootstrap"])
    if "kafka" in ways and broker["kafka"]:  # first, or financing is refused its topics and waits
        kafka = RunningKafka(Path(broker["kafka"]))
        await kafka.admit([code])
        login = kafka.login_over_tls(code) or kafka.as_client(f"bank-{code}")
    _register(services, code, {"name": name, "ways": sorted(ways), "open": True}, known.get(code))
    key = add_bank(state, code)
    parts = {
        "kafka": _kafka_lines(code, login),
        "webhook": _webhook_lines(code, services.urls["financing"], key),
        "desk": _desk_lines(services.urls["financing"], key),
    }
    lines = [line for integration, part in parts.items() if integration in ways for line in ("", *part)]
    renamed = ""
    if code in known and known[code]["name"] != name:
        renamed = f"，原名 {known[code]['name']} / was called {known[code]['name']} before"
    return "\n".join([f"{name}（{code}）已登记 / is registered{renamed}. API key: {key}", *lines])


def _as_office(state: Path, transport: httpx.BaseTransport | None) -> RunningServices:
    if not (state / BROKER).exists():
        raise ValueError(
            f"nothing runs on the state folder {state}: start `huying up`, or name it by --state"
        )
    return RunningServices(
        strict_yaml.values(state / URLS), strict_yaml.values(state / KEYS)["office"], transport
    )


def _register(
    services: RunningServices, code: str, bank: dict[str, Any], known: dict[str, Any] | None
) -> None:
    version = f'"{known["version"]}"' if known else ""
    services.ask("PUT", "financing", f"/banks/{code}", bank, if_match=version)


def _kafka_lines(code: str, login: KafkaSettings) -> list[str]:
    """Topics and groups, and the properties of librdkafka and of the Java client."""
    secured = login.client().get("sasl_plain_password") if login.kafka_user else None
    librdkafka = [
        f"bootstrap.servers={login.bootstrap}",
        f"group.id=bank-{code}",
        "auto.offset.reset=earliest",
    ]
    java = list(librdkafka)
    if secured is None:
        librdkafka += [_SOONER]
        java += [_SOONER, _UNCHECKED]
    options = f"-b {login.bootstrap}"
    if secured is not None:
        common = [f"security.protocol={login.kafka_protocol}", f"sasl.mechanism={login.kafka_mechanism}"]
        librdkafka += [*common, f"sasl.username={login.kafka_user}", f"sasl.password={secured}"]
        module = "org.apache.kafka.common.security.scram.ScramLoginModule"
        java += [
            *common,
            f'sasl.jaas.config={module} required username="{login.kafka_user}" password="{secured}";',
        ]
        options += f" -X security.protocol={login.kafka_protocol} -X sasl.mechanism={login.kafka_mechanism}"
        options += f" -X sasl.username={login.kafka_user} -X sasl.password={secured}"
    for_librdkafka, for_java = _tls_lines(login)
    librdkafka, java = librdkafka + for_librdkafka, java + for_java
    options += "".join(f" -X {line}" for line in for_librdkafka)
    report = json.dumps(_report(), ensure_ascii=False)
    return [
        "Kafka",
        f"  主题 topics: banks.{code}.requests（读 read）  banks.{code}.replies（写 write）"
        f"  banks.{code}.receipts（读 read）",
        f"  消费组 group: bank-{code}，或以 bank-{code}. 开头 / or beginning with bank-{code}.",
        "  librdkafka (Python confluent_kafka, Node, Go, C):",
        *(f"    {line}" for line in librdkafka),
        "  Java kafka-clients:",
        *(f"    {line}" for line in java),
        "  kafkajs，压缩与幂等 / kafkajs, compression, idempotence: docs/banks/clients.md",
        "  kcat:",
        f"    kcat {options} -C -t banks.{code}.requests -o beginning -f '%h\\n%s\\n'",
        f"    echo '{report}' | kcat {options} -P -t banks.{code}.replies"
        " -H ce_specversion=1.0 -H ce_type=bank.report.v1",
    ]


def _tls_lines(login: KafkaSettings) -> tuple[list[str], list[str]]:
    """The properties of librdkafka and of the Java client by which both sides show their certificates."""
    librdkafka, java = [], []
    if login.kafka_ca is not None:
        librdkafka.append(f"ssl.ca.location={login.kafka_ca}")
        java += ["ssl.truststore.type=PEM", f"ssl.truststore.location={login.kafka_ca}"]
    if (own := login.kafka_certificate) is not None:
        librdkafka += [f"ssl.certificate.location={own}", f"ssl.key.location={own}"]
        java += ["ssl.keystore.type=PEM", f"ssl.keystore.location={own}"]
    return librdkafka, java


def _webhook_lines(code: str, financing: str, key: str) -> list[str]:
    return [
        "Webhook",
        "  设置回调地址，答复中有签名密钥 / name your address; the answer holds the signing secret:",
        f"    curl -X PUT {financing}/banks/{code}/endpoint -H 'Authorization: Bearer {key}'"
        " -H 'Content-Type: application/json' -d '{\"url\": \"https://HOST/PATH\"}'",
        *_report_lines(financing, key),
    ]


def _desk_lines(financing: str, key: str) -> list[str]:
    return [
        "HTTP",
        "  读取需求 / read the requests:",
        f"    curl {financing}/bank/requests -H 'Authorization: Bearer {key}'",
        "  按顺序读取全部报文，下次带上 ?after= / read all messages in order, then on from ?after=:",
        f"    curl {financing}/bank/messages -H 'Authorization: Bearer {key}'",
        *_report_lines(financing, key),
    ]


def _report_lines(financing: str, key: str) -> list[str]:
    report = json.dumps(_report(), ensure_ascii=False)
    return [
        "  回报 / report:",
        f"    curl {financing}/bank/reports -H 'Authorization: Bearer {key}'"
        f" -H 'Content-Type: application/json' -d '{report}'",
    ]


def _report() -> dict[str, Any]:
    return {"report_id": "1", "leg": "LEG", "state": "contacted", "evidence": {"by": "李经理", "how": "电话"}}
