"""`huying doctor` finds in the databases what nobody sees from outside."""

from datetime import timedelta

import asyncpg

from huying.doctor import databases
from huying.doctor.finding import Finding, Level
from shared.encryption import keyring
from tests.city import City


def kinds(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(finding.about, str(finding.level)) for finding in findings}


async def test_unsealed_days_lacking_keys_and_slots_that_nobody_reads_are_told(city: City) -> None:
    await city.register()
    await city.drained()
    urls = {name: city.postgres.dsn(name, name) for name in city.services}
    now = city.services["intake"].clock.now()
    ring = keyring.read(city.settings("intake").data_keys)  # type: ignore[arg-type]
    assert kinds(await databases.examine(urls, {"intake": ring.keys}, now)) == {("databases", "ok")}

    late = await databases.examine(urls, {"intake": ()}, now + timedelta(days=3))
    assert {("intake", "wrong")} <= kinds(late)
    words = " ".join(finding.en for finding in late if finding.about == "intake")
    assert "never sealed" in words
    assert f"lacks {ring.encrypts}" in words

    admin = await asyncpg.connect(city.postgres.dsn("postgres", "postgres").replace("+asyncpg", ""))
    try:
        await admin.execute("select pg_create_physical_replication_slot('forgotten', true)")
        findings = await databases.examine(urls, {}, now)
        (slot,) = [finding for finding in findings if finding.about == "wal"]
        assert slot.level is Level.NOTE
        assert "nobody reads the slot forgotten" in slot.en
    finally:
        await admin.execute("select pg_drop_replication_slot('forgotten')")
        await admin.close()
    gone = {"intake": "postgresql+asyncpg://intake:x@127.0.0.1:1/intake"}
    assert kinds(await databases.examine(gone, {}, now)) == {("intake", "wrong")}
