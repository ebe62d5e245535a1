"""A gigabyte of uploads by fifty clients, with the memory of the process flat; and a real object storage."""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from huying.local.cluster import LocalCluster
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from services.intake.app import SERVICE as INTAKE
from services.intake.attachments.object_storage import ObjectStorage
from services.intake.attachments.sweeping import sweep
from services.intake.resources import desk_of
from services.intake.settings import settings_of
from shared.roles import AccountRole
from tests.attachments import attach, kept, pdf, photo, wav
from tests.city import City

pytestmark = pytest.mark.slow
CLIENTS, MEGABYTES = 50, 20
KEY, SECRET = "huying", "a secret of this test alone"
S3 = {f"attachment_s3_{name}" for name in ("endpoint", "bucket", "key", "secret")}
MOST_GROWTH_MB = 60
"""Of the process while a gigabyte arrives. One file in memory for each client would be a gigabyte."""


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[LocalCluster]:
    """Intake as a process of its own, on a PostgreSQL and a broker."""
    cluster = LocalCluster(tmp_path, [("operator", AccountRole.OPERATOR, None)])
    await asyncio.to_thread(tmp_path.chmod, 0o755)
    await cluster.start()
    try:
        process = await cluster.add("intake", "intake", free_port())
        await process.start()
        yield cluster
    finally:
        await cluster.stop()


async def registered(client: httpx.AsyncClient, number: int) -> dict[str, Any]:
    enterprise = {"name": "某厂"}
    body = {"channel": "web", "kind": "help", "title": f"路 {number}", "text": "坏", "enterprise": enterprise}
    answer = await client.post("/appeals", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.mark.timeout(600)
async def test_a_gigabyte_arrives_and_the_process_does_not_grow(cluster: LocalCluster) -> None:
    pid = cluster.processes["intake"].process_id
    assert pid is not None
    async with httpx.AsyncClient(base_url=cluster.url("intake"), timeout=300) as client:
        appeals = [await registered(client, number) for number in range(CLIENTS)]
        await send(client, appeals[0], pdf())
        before, peak, done = resident_mb(pid), 0.0, asyncio.Event()

        async def watch() -> None:
            nonlocal peak
            while not done.is_set():
                peak = max(peak, resident_mb(pid))
                await asyncio.sleep(0.05)

        watching = asyncio.create_task(watch())
        content = wav(1)[:-16_000] + bytes(16_000) + os.urandom(MEGABYTES * 2**20 - 20_000)
        hashes = await asyncio.gather(*(send(client, appeal, content) for appeal in appeals))
        done.set()
        await watching
    assert set(hashes) == {hashlib.sha256(content).hexdigest()}
    stored = [path for path in (cluster.state / "attachments").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in stored) > CLIENTS * (MEGABYTES - 1) * 2**20
    assert peak - before < MOST_GROWTH_MB, f"{before:.0f} MB before, {peak:.0f} MB at the peak"


async def send(client: httpx.AsyncClient, appeal: dict[str, Any], content: bytes) -> str:
    """Send a file part by part; its hash as it is stored."""

    async def parts() -> AsyncIterator[bytes]:
        for at in range(0, len(content), 2**16):
            yield content[at : at + 2**16]

    path = f"/status/{appeal['registration_number']}/attachments"
    headers = {"receipt-code": appeal["receipt_code"]}
    answer = await client.post(path, content=parts(), headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sha256"])


@pytest.fixture(scope="module")
def object_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that speaks S3 and checks signatures, with an empty bucket in a folder; its address."""
    port, data = free_port(), tmp_path_factory.mktemp("objects")
    (data / "files").mkdir()
    command = [sys.executable, "-m", "nanio", "serve", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--data-dir", str(data)],
        env={**os.environ, "NANIO_ACCESS_KEY": KEY, "NANIO_SECRET_KEY": SECRET},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=20)) as client:
            assert client.put(f"{url}/files/unsigned", content=b"x").status_code == 403
        yield url
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, object_storage: str
) -> AsyncIterator[City]:
    settings = {
        "attachment_s3_endpoint": object_storage,
        "attachment_s3_bucket": "files",
        "attachment_s3_key": KEY,
        "attachment_s3_secret": SECRET,
        "attachment_orphan_s": 0.001,
    }
    async with City(postgres, broker, services=(INTAKE,), **settings) as city:
        yield city


async def test_files_in_object_storage_are_added_read_removed_and_swept(city: City) -> None:
    context = city.services["intake"]
    storage = desk_of(context).storage
    assert isinstance(storage, ObjectStorage)
    appeal = await city.register()
    code = {"receipt_code": appeal["receipt_code"]}
    path = f"/intake/status/{appeal['registration_number']}/attachments"
    large = wav(600)  # more than one part of an upload
    assert len(large) > 9 * 2**20
    added = [(await attach(city, None, appeal, content)).json() for content in (large, photo(), pdf())]
    for attachment in added:
        answer = await city.call(None, "GET", f"{path}/{attachment['attachment_id']}", **code)
        assert hashlib.sha256(answer.content).hexdigest() == attachment["sha256"]
    assert kept(city) == []
    await city.ok(None, "POST", f"{path}/{added[0]['attachment_id']}/removals", {}, **code)
    assert await ids_in(storage) == {attachment["attachment_id"] for attachment in added[1:]}

    source = desk_of(context).folder / "incoming" / "orphan.part"
    source.write_bytes(pdf())
    async for some in storage.listed():
        orphan = some[0].file._replace(attachment_id=some[0].file.appeal_id)
    await storage.put(orphan, source)
    assert str(orphan.attachment_id) in await ids_in(storage)
    source.unlink()
    await asyncio.sleep(1.1)  # the storage tells whole seconds
    await sweep(context)
    assert await ids_in(storage) == {attachment["attachment_id"] for attachment in added[1:]}


async def ids_in(storage: ObjectStorage) -> set[str]:
    return {str(listed.file.attachment_id) async for some in storage.listed() for listed in some}


async def test_where_object_storage_is_away_nothing_is_added(
    city: City, postgres: EmbeddedPostgres, broker: EmbeddedBroker
) -> None:
    settings = settings_of(city.services["intake"]).model_dump(include=S3)
    settings |= {"attachment_s3_endpoint": f"http://127.0.0.1:{free_port()}"}
    async with City(postgres, broker, services=(INTAKE,), **settings) as other:
        appeal = await other.register()
        assert (await attach(other, None, appeal, pdf())).status_code == 503
        assert (await other.status(appeal))["attachments"] == []
