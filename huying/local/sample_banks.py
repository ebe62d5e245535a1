"""The sample banks of a local city: they answer by Kafka and by webhooks, and go wrong as asked."""

import httpx

from huying.local import bank_sim, bank_sim_webhooks
from huying.local.cluster import LocalCluster
from huying.local.embedded import free_port
from shared.database.retry import keep_running
from shared.messaging.broker import may_pass
from shared.telemetry.logs import log

SPEED = 2_000.0
"""Seconds of a sample bank in one second: its day takes 43 seconds."""


async def banks_connected_by(cluster: LocalCluster, financing: str, integration: str) -> list[str]:
    """The codes of the banks in the directory with this integration."""
    headers = {"authorization": f"Bearer {cluster.keys['office']}"}
    async with httpx.AsyncClient(headers=headers) as client:
        banks = (await client.get(f"{financing}/banks")).raise_for_status().json()["items"]
    return [bank["code"] for bank in banks if integration in bank["ways"]]


async def answer_on_kafka(cluster: LocalCluster, code: str, faults: dict[str, float]) -> None:
    """Run a sample bank on Kafka; it starts again after the broker was away."""
    bank, broker = bank_sim.BankPlan(code, faults=faults, speed=SPEED), cluster.broker
    await keep_running(
        lambda: bank_sim.on_kafka(bank, broker.as_client(f"bank-{code}")),
        log("huying"),
        f"sample bank {code}",
        may_pass=may_pass,
    )


async def answer_webhooks(cluster: LocalCluster, code: str, financing: str, faults: dict[str, float]) -> None:
    """Run a sample bank with an endpoint here, unless its webhooks go elsewhere."""
    if (key := cluster.keys.get(code)) is None or await _has_other_endpoint(financing, code, key):
        return
    bank = bank_sim.BankPlan(code, faults=faults, speed=SPEED)
    await keep_running(
        lambda: bank_sim_webhooks.on_webhooks(bank, free_port(), financing, key),
        log("huying"),
        f"sample bank {code}",
        may_pass=lambda error: isinstance(error, httpx.TransportError | OSError),
    )


async def _has_other_endpoint(financing: str, code: str, key: str) -> bool:
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(headers=headers) as client:
        answer = await client.get(f"{financing}/banks/{code}/endpoint")
    return answer.is_success and not answer.json()["url"].startswith(bank_sim_webhooks.THIS_MACHINE)
