"""While the database is away, whoever reads or writes is told to try again, not that something is broken.

A service that starts meanwhile ends with one sentence.
"""

import asyncio
import os
import sys

import pytest

from huying.local.cluster import process_environment
from shared.database.errors import DatabaseAway
from shared.service.service import ServiceContext
from tests.city import INTAKE, City, refused


async def test_reads_and_writes_are_told_to_try_again_until_the_database_is_back(city: City) -> None:
    appeal = await city.register()
    path = f"/dispatch/appeals/{appeal['appeal_id']}"
    await city.postgres.kill()
    try:
        for account, method, asked in (
            ("office", "GET", path),
            ("importer", "GET", "/escalation/flow"),
            (None, "GET", "/escalation/health"),
        ):
            answer = await city.call(account, method, asked)
            assert refused(answer, 503)["code"] == "unavailable"
        body = {"channel": "anonymous_letter", "kind": "help", "title": "诉求", "text": "请协调。"}
        assert refused(await city.call(None, "POST", "/intake/appeals", body), 503)["code"] == "unavailable"
    finally:
        await city.postgres.start()
    assert (await city.call("office", "GET", path)).status_code == 200


async def test_a_service_that_starts_meanwhile_ends_with_one_line(city: City) -> None:
    nobody = "postgresql+asyncpg://intake:secret@127.0.0.1:1/intake"
    settings = city.settings("intake").model_copy(update={"database": nobody})
    service = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "huying", "serve", "intake"),
        env={**os.environ, **process_environment(settings)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, log = await asyncio.wait_for(service.communicate(), 60)
    assert service.returncode == 1
    (sentence,) = [line for line in log.decode().splitlines() if not line.startswith("{")]
    assert sentence.startswith("huying: the database of intake cannot be used"), sentence
    assert "Connect call failed ('127.0.0.1', 1)" in sentence
    assert "secret" not in sentence
    for wrong, words in (
        (_changed(city, "/intake?", "/elsewhere?"), 'database "elsewhere" does not exist'),
        (_changed(city, ":" + _password(city), ":secret"), "password authentication failed"),
    ):
        context = ServiceContext(INTAKE, settings.model_copy(update={"database": wrong}))
        with pytest.raises(DatabaseAway, match=f": {words}.*HUYING_DATABASE right") as refusal:
            await context.start()
        assert "\n" not in str(refusal.value)
        assert _password(city) not in str(refusal.value)


def _changed(city: City, right: str, wrong: str) -> str:
    return city.postgres.dsn("intake", "intake").replace(right, wrong)


def _password(city: City) -> str:
    return city.postgres.dsn("intake", "intake").split(":")[2].split("@")[0]
