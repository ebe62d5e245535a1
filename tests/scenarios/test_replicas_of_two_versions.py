"""An old and a new replica of one service side by side, from before encryption to after it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from typer.testing import CliRunner

from huying.commands.keys import app as keys
from huying.local.cluster import LocalCluster
from huying.local.data_keys import ring_file
from huying.local.embedded import free_port
from huying.local.errors import EmbeddedError
from shared.encryption import keyring
from shared.roles import AccountRole
from tests.old_house import house_at

OLD = "1e900c2e4dcbf54862b4f00773c226ee274fab74"
"""The last version that knew no encryption."""
SERVICES = ("intake", "notify")
PEOPLE = [("operator", AccountRole.OPERATOR, None), ("office", AccountRole.OFFICE, None)]
PHONE = "13977771234"
COLUMNS = {"intake": "select file::text from appeals", "notify": "select address || secret from contacts"}


@asynccontextmanager
async def replicas(old: Path) -> AsyncIterator[LocalCluster]:
    """Of each service one replica of the old version, `old-…`, and beside it a new one, started after it."""
    with tempfile.TemporaryDirectory(prefix="huying-", ignore_cleanup_errors=True) as folder:
        state = Path(folder)
        await asyncio.to_thread(state.chmod, 0o755)  # PostgreSQL may run under another account
        cluster = LocalCluster(state, PEOPLE, pack="bozhou-2024@3", log_level="ERROR")
        for service in SERVICES:
            keyring.make(ring_file(state, service), "first", later=True)
        try:
            await cluster.start()
            for service in SERVICES:
                process = await cluster.add(f"old-{service}", service, free_port())
                process.environment["PYTHONPATH"] = str(old)
                await process.start()
            for service in SERVICES:
                await (await cluster.add(service, service, free_port())).start()
            yield cluster
        finally:
            await cluster.stop()


def cluster_url(cluster: LocalCluster, replica: str) -> str:
    process = cluster.processes[replica]
    return f"http://127.0.0.1:{process.port}/{process.name}"


async def ask(
    cluster: LocalCluster, replica: str, account: str, method: str, path: str, body: Any = None
) -> Any:
    headers = {"authorization": f"Bearer {cluster.keys[account]}"}
    async with httpx.AsyncClient(base_url=cluster_url(cluster, replica), headers=headers) as client:
        answer = await client.request(method, path, json=body)
    assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


async def register(cluster: LocalCluster, replica: str) -> str:
    enterprise = {"name": "某企业", "contact_name": "王工", "phone": PHONE}
    body = {
        "channel": "hotline",
        "kind": "help",
        "title": "道路破损",
        "text": f"由 {replica} 登记",
        "again": True,
    }
    appeal = await ask(cluster, replica, "operator", "POST", "/appeals", body | {"enterprise": enterprise})
    return str(appeal["appeal_id"])


async def phone_and_text(cluster: LocalCluster, replica: str, appeal_id: str) -> tuple[str, str]:
    path = f"/appeals/{appeal_id}"
    shown = await ask(cluster, replica, "office", "GET", path)
    text = shown["text"]
    if replica.startswith("old-"):
        return shown["enterprise"]["phone"], text  # that version masks nothing
    contact = await ask(
        cluster, replica, "office", "POST", f"{path}/contact-readings", {"purpose": "contact"}
    )
    return contact["enterprise"]["phone"], text


async def enter_contact(cluster: LocalCluster, replica: str, recipient: str) -> None:
    contact = {"channel": "dingtalk", "address": f"https://oapi.dingtalk.com/robot/send?access_token={PHONE}"}
    body = {"contacts": [contact | {"secret": f"SEC{PHONE}"}]}
    await ask(cluster, replica, "office", "PUT", f"/contacts/{recipient}", body)


async def addresses(cluster: LocalCluster, replica: str, recipient: str) -> list[str]:
    shown = await ask(cluster, replica, "office", "GET", f"/contacts/{recipient}")
    return [contact["address"] for contact in shown["items"]]


async def stored(cluster: LocalCluster, service: str) -> list[str]:
    """What the column holds, read without a key."""
    conn = await asyncpg.connect(cluster.postgres.dsn(service, service).replace("+asyncpg", ""))
    try:
        return [row[0] for row in await conn.fetch(COLUMNS[service])]
    finally:
        await conn.close()


async def until_encrypted(cluster: LocalCluster, service: str) -> None:
    async with asyncio.timeout(60):
        while any(PHONE in value for value in await stored(cluster, service)):
            await asyncio.sleep(0.2)


@pytest.mark.slow
async def test_both_read_what_either_wrote_and_after_the_old_one_ended_all_is_encrypted(
    tmp_path: Path,
) -> None:
    async with replicas(house_at(OLD, tmp_path)) as cluster:
        appeals = {replica: await register(cluster, replica) for replica in ("old-intake", "intake")}
        for replica in ("old-notify", "notify"):
            await enter_contact(cluster, replica, f"unit:{replica}")
        for replica in ("old-intake", "intake"):
            for author, appeal_id in appeals.items():
                expected = PHONE, f"由 {author} 登记"
                assert await phone_and_text(cluster, replica, appeal_id) == expected
        for replica in ("old-notify", "notify"):
            for author in ("old-notify", "notify"):
                assert await addresses(cluster, replica, f"unit:{author}")
        for service in SERVICES:
            await cluster.processes.pop(f"old-{service}").stop()
        begin = CliRunner().invoke(
            keys, ["begin", *(str(ring_file(cluster.state, name)) for name in SERVICES)]
        )
        assert begin.exit_code == 0
        for service in SERVICES:
            await until_encrypted(cluster, service)
        for author, appeal_id in appeals.items():
            assert await phone_and_text(cluster, "intake", appeal_id) == (PHONE, f"由 {author} 登记")
        assert all(
            [await addresses(cluster, "notify", f"unit:{author}") for author in ("old-notify", "notify")]
        )
        await refused_without_encryption(cluster)


async def refused_without_encryption(cluster: LocalCluster) -> None:
    """A replica whose ring encrypts nothing yet does not start any more."""
    ring = ring_file(cluster.state, "intake")
    begun = keyring.read(ring)
    keyring.write(ring, begun.model_copy(update={"encrypts": None}))
    await cluster.processes["intake"].stop()
    with pytest.raises(EmbeddedError):
        await cluster.processes["intake"].start()
    keyring.write(ring, begun)
