"""Attachments that a virus scanner looks at first: by ClamAV's protocol, over a real socket."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.intake.app import SERVICE as INTAKE
from tests.attachments import attach, kept, pdf, photo, wav
from tests.city import City, refused
from tests.clamd import EICAR, Clamd
from tests.deploy.programs import program


@pytest.fixture(scope="module")
async def clamd(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Clamd]:
    async with Clamd(tmp_path_factory.mktemp("clamd") / "s").serving() as clamd:
        yield clamd


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker, clamd: Clamd) -> AsyncIterator[City]:
    async with City(postgres, broker, services=(INTAKE,), clamd=str(clamd.socket)) as city:
        yield city


def infected() -> bytes:
    return pdf().replace(b"trailer", b"%" + EICAR + b"\ntrailer")


async def test_a_clean_file_is_scanned_as_it_was_sent_and_stored(city: City, clamd: Clamd) -> None:
    appeal = await city.register()
    assert (await attach(city, None, appeal, pdf())).is_success
    content = photo()
    assert (await attach(city, None, appeal, content)).is_success
    assert clamd.scanned[-2:] == [len(pdf()), len(content)]


async def test_an_infected_file_is_refused_and_nothing_stored(city: City) -> None:
    appeal, before = await city.register(), kept(city)
    problem = refused(await attach(city, None, appeal, infected()), 422, "body")
    assert "病毒（Eicar-Signature）" in problem["detail"]
    assert kept(city) == before
    assert (await city.status(appeal))["attachments"] == []


@pytest.mark.parametrize(
    "answer", [b"", b"INSTREAM size limit exceeded. ERROR\0", b"stream: ERROR\0", b"x" * 9_000]
)
async def test_without_a_verdict_nothing_is_stored(city: City, clamd: Clamd, answer: bytes) -> None:
    appeal, before = await city.register(), kept(city)
    clamd.answer = answer
    try:
        problem = refused(await attach(city, None, appeal, pdf()), 503)
    finally:
        clamd.answer = None
    assert "病毒扫描暂不可用" in problem["detail"]
    assert kept(city) == before


async def test_where_the_scanner_is_away_nothing_is_stored(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, tmp_path: Path
) -> None:
    for socket in (str(tmp_path / "nobody"), "127.0.0.1:1"):
        async with City(postgres, broker, services=(INTAKE,), clamd=socket) as city:
            appeal, before = await city.register(), kept(city)
            refused(await attach(city, None, appeal, pdf()), 503)
            assert kept(city) == before


CONFIGURATION = """
Foreground yes
LocalSocket {folder}/clamd.ctl
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
StreamMaxLength 25M
"""


@pytest.fixture
async def real_clamd(tmp_path: Path) -> AsyncIterator[Path]:
    """ClamAV's own daemon, which knows one signature: the file that `infected` makes."""
    (tmp_path / "signatures").mkdir()
    digest = hashlib.md5(infected(), usedforsecurity=False).hexdigest()
    (tmp_path / "signatures" / "own.hdb").write_text(f"{digest}:{len(infected())}:Own.Signature\n", "ascii")
    (tmp_path / "clamd.conf").write_text(CONFIGURATION.format(folder=tmp_path), "utf-8")
    process = await asyncio.create_subprocess_exec(
        program("clamd", "Debian: clamav-daemon"),
        "--config-file",
        str(tmp_path / "clamd.conf"),
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60):
            while not (tmp_path / "clamd.ctl").exists():
                assert process.returncode is None
                await asyncio.sleep(0.05)
        yield tmp_path / "clamd.ctl"
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.slow
async def test_the_real_scanner_refuses_what_it_knows_and_passes_the_rest(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, real_clamd: Path
) -> None:
    async with City(postgres, broker, services=(INTAKE,), clamd=str(real_clamd)) as city:
        appeal = await city.register()
        assert (await attach(city, None, appeal, pdf())).status_code == 201
        large = await attach(city, None, appeal, wav(600))
        assert large.status_code == 201, large.text
        problem = refused(await attach(city, None, appeal, infected()), 422, "body")
        assert "Own.Signature" in problem["detail"]
        assert len((await city.status(appeal))["attachments"]) == 2
