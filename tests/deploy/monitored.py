"""An invented city under load, and Prometheus with the configuration of the compose file watching it."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml
from aiokafka import AIOKafkaProducer
from aiosmtpd.smtp import SMTP

from huying.local import sample_data, sample_loans
from huying.local.cluster import LocalCluster
from huying.local.embedded import free_port
from services import SERVICES
from tests.deploy.programs import DEPLOY, program, running, until

CHANNELS = """
mail: {{ host: 127.0.0.1, port: {port}, security: none, sender: huying@example.com }}
quiet: {{ since: "00:00", until: "00:00", days_off: false }}
"""
GONE, BUSY = "gone@example.com", "busy@example.com"
NOWHERE = {"otlp_endpoint": "http://127.0.0.1:9"}
APPEAL = {
    "channel": "web",
    "kind": "help",
    "title": "厂区门口道路破损",
    "text": "货车无法进出。",
    "again": True,
}


class Unwilling:
    """A mail server that takes nothing: one address is unknown to it for good, the others for now."""

    async def handle_RCPT(
        self, _server: SMTP, _session: Any, _envelope: Any, address: str, _words: Any
    ) -> str:
        return "550 no such mailbox" if address == GONE else "451 try again later"


class City:
    """The services as processes, with sample data."""

    def __init__(self, fleet: LocalCluster, client: httpx.AsyncClient) -> None:
        self.fleet = fleet
        self._client = client

    async def ask(self, account: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """What a service answers, `path` beginning with its name."""
        url = self.fleet.url(path.split("/")[1]).rpartition("/")[0] + path
        headers["authorization"] = f"Bearer {self.fleet.keys[account]}"
        answer = await self._client.request(method, url, headers=headers, json=body)
        return answer.raise_for_status().json()

    async def load(self) -> None:
        """Registers appeals until cancelled, while intake is there."""
        url = self.fleet.url("intake") + "/appeals"
        for number in range(1_000_000):
            with contextlib.suppress(httpx.HTTPError):
                await self._client.post(url, json={**APPEAL, "enterprise": {"name": f"示例{number}公司"}})
            await asyncio.sleep(0.2)

    async def dispatch_one(self, number: int = 0, mail: str = BUSY) -> str:
        """An appeal goes to the unit with this number, which wants mail; its registration number."""
        unit = (await self.ask("office", "GET", "/dispatch/units"))["items"][number]["code"]
        contacts = {"contacts": [{"channel": "mail", "address": mail}]}
        await self.ask("office", "PUT", f"/notify/contacts/unit:{unit}", contacts)
        url = self.fleet.url("intake") + "/appeals"
        answer = await self._client.post(url, json={**APPEAL, "enterprise": {"name": "示例公司"}})
        appeal = answer.raise_for_status().json()
        path = f"/dispatch/appeals/{appeal['appeal_id']}"
        async with asyncio.timeout(60):  # dispatch hears of the appeal
            while not await self._dispatched(path, unit):
                await asyncio.sleep(0.2)
        return str(appeal["registration_number"])

    async def _dispatched(self, path: str, unit: str) -> bool:
        try:
            version = {"if-match": f'"{(await self.ask("office", "GET", path))["version"]}"'}
            await self.ask("office", "POST", f"{path}/assignments", {"legs": [{"unit": unit}]}, **version)
        except httpx.HTTPStatusError as refusal:
            if refusal.response.status_code != httpx.codes.NOT_FOUND:
                raise
            return False
        return True

    async def spoil(self) -> None:
        """A record that nobody can read."""
        async with AIOKafkaProducer(**self.fleet.broker.as_client().client()) as producer:
            await producer.send_and_wait("intake.events", b"hello", partition=0)


@contextlib.asynccontextmanager
async def city(folder: Path, **settings: object) -> AsyncIterator[City]:
    """A city under load while the block runs."""
    loop = asyncio.get_running_loop()
    mail = await loop.create_server(lambda: SMTP(Unwilling(), hostname="localhost"), "127.0.0.1", 0)
    channels = CHANNELS.format(port=mail.sockets[0].getsockname()[1])
    await asyncio.to_thread((folder / "channels.yaml").write_text, channels)
    people = [*sample_data.people(), *sample_loans.people()]
    settings = {**NOWHERE, **settings}
    settings |= {"channels": folder / "channels.yaml", "allow_private_webhooks": True}
    fleet = LocalCluster(folder / "state", people, **settings)
    try:
        await fleet.start()
        await fleet.start_processes()
        urls = {service: fleet.url(service) for service in SERVICES}
        await sample_data.load_samples(urls, fleet.keys)
        await sample_loans.load_samples(urls["financing"], fleet.keys)
        async with httpx.AsyncClient(timeout=30) as client:
            city = City(fleet, client)
            loading = asyncio.create_task(city.load())
            try:
                yield city
            finally:
                loading.cancel()
    finally:
        await fleet.stop()
        mail.close()


class Prometheus:
    """A Prometheus that is asked by its API, and the two doors of the proxy."""

    def __init__(self, port: int, door: str, inside: str) -> None:
        self.door = door
        self.inside = inside
        self._url = f"http://127.0.0.1:{port}/api/v1"

    def ask(self, path: str, **values: str) -> Any:
        answer = httpx.get(f"{self._url}/{path}", params=values, timeout=30)
        return answer.raise_for_status().json()["data"]

    def query(self, expression: str) -> list[Any]:
        """Its samples now."""
        return list(self.ask("query", query=expression)["result"])

    def firing(self) -> dict[str, Any]:
        """Alerts that fire, by name."""
        alerts = self.ask("alerts")["alerts"]
        return {alert["labels"]["alertname"]: alert for alert in alerts if alert["state"] == "firing"}


@contextlib.contextmanager
def watching(folder: Path, fleet: LocalCluster, faster: int = 10) -> Iterator[Prometheus]:
    """Prometheus, with what it asks beside the services. Scrapes and waits are so much `faster`."""
    ports = {name: free_port() for name in ("prometheus", "node", "blackbox", "proxy", "plain", "inside")}
    (folder / "ops_key").write_text(fleet.keys["ops"])
    config = _config(folder, fleet, ports, faster)
    here = "--web.listen-address=127.0.0.1:{}"
    node = [program("prometheus-node-exporter", "Debian: prometheus-node-exporter"), *_said("node")]
    blackbox = [program("prometheus-blackbox-exporter", "Debian: prometheus-blackbox-exporter")]
    command = [program("prometheus", "Debian: prometheus"), f"--config.file={config}"]
    command += [f"--storage.tsdb.path={folder / 'tsdb'}", "--enable-feature=exemplar-storage"]
    with contextlib.ExitStack() as stack:
        for name, words in (
            ("node", node),
            ("blackbox", [*blackbox, f"--config.file={DEPLOY / 'prometheus' / 'blackbox.yaml'}"]),
            ("prometheus", command),
        ):
            stack.enter_context(running([*words, here.format(ports[name])], folder / f"{name}.log"))
        stack.enter_context(proxy(folder, fleet, ports["proxy"], ports["plain"], ports["inside"]))
        inside = f"http://127.0.0.1:{ports['inside']}"
        prometheus = Prometheus(ports["prometheus"], f"https://127.0.0.1:{ports['proxy']}", inside)
        until(lambda: _answers(prometheus), 60, f"see {folder}/prometheus.log")
        yield prometheus


def _answers(prometheus: Prometheus) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return bool(prometheus.query("up"))
    return False


def _said(name: str) -> list[str]:
    words = yaml.safe_load((DEPLOY.parent / "docker-compose.yml").read_text())["services"][name]["command"]
    return [word for word in words if "/host" not in word]


def _config(folder: Path, fleet: LocalCluster, ports: dict[str, int], faster: int) -> Path:
    """The compose file's configuration with addresses of this machine, times divided by `faster`."""
    (folder / "rules").mkdir()
    for file in (DEPLOY / "prometheus" / "rules").glob("*.yaml"):
        hurried = re.sub(
            r"for: (\d+)m", lambda match: f"for: {int(match[1]) * 60 // faster}s", file.read_text()
        )
        (folder / "rules" / file.name).write_text(hurried)
    text = (DEPLOY / "prometheus" / "prometheus.yaml").read_text().replace("15s", "2s")
    text = text.replace("/run/secrets/ops_key", str(folder / "ops_key"))
    for name in ("node", "blackbox", "proxy", "prometheus"):
        text = re.sub(rf"\b{name}:\d+", f"127.0.0.1:{ports[name]}", text)
    config = yaml.safe_load(text)
    services = next(job for job in config["scrape_configs"] if job["job_name"] == "huying")
    services["static_configs"] = [
        {
            "targets": [f"127.0.0.1:{fleet.processes[name].port}"],
            "labels": {"service": name, "__metrics_path__": f"/{name}/metrics"},
        }
        for name in SERVICES
    ]
    del services["relabel_configs"]
    telemetry = next(job for job in config["scrape_configs"] if job["job_name"] == "telemetry")
    telemetry["static_configs"] = [{"targets": [f"127.0.0.1:{ports['prometheus']}"]}]
    file = folder / "prometheus.yaml"
    file.write_text(yaml.safe_dump(config))
    return file


@contextlib.contextmanager
def proxy(folder: Path, fleet: LocalCluster, port: int, plain: int, inside: int) -> Iterator[None]:
    """The front proxy with the compose file's configuration and certificates of `deploy/secrets.sh`."""
    with running(
        ["bash", str(DEPLOY / "secrets.sh"), str(folder / "secrets")], folder / "secrets.log"
    ) as script:
        assert script.wait(60) == 0, (folder / "secrets.log").read_text()
    upstreams = folder / "upstreams.map"
    upstreams.write_text("".join(f"{name} 127.0.0.1:{fleet.processes[name].port};\n" for name in SERVICES))
    text = (DEPLOY / "proxy" / "nginx.conf").read_text()
    for was, now in (
        ("/tmp/", f"{folder}/nginx-"),
        ("/run/secrets", str(folder / "secrets")),
        ("upstreams.map", str(upstreams)),
        ("listen 8443", f"listen 127.0.0.1:{port}"),
        ("listen 8080", f"listen 127.0.0.1:{plain}"),
        ("listen 8081", f"listen 127.0.0.1:{inside}"),
    ):
        assert was in text
        text = text.replace(was, now)
    (folder / "nginx.conf").write_text(text)
    command = [program("nginx", "Debian: nginx-light"), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    with running(command, folder / "nginx.log"):
        yield
