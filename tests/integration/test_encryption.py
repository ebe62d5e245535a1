"""Encryption at rest in a running service: refused starts, older rows, and a new key while people work."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from huying.commands import keys
from huying.local.data_keys import made_ring
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from huying.local.services import load
from services import SERVICES
from services.intake.app import SERVICE as INTAKE
from services.notify.app import SERVICE as NOTIFY
from shared.database.connection import Database
from shared.encryption import keyring, usage
from tests.city import City
from tests.exported import Restarted

PHONE, NAME = "13977771234", "暗记联系人"
ENTERPRISE = {"name": "某企业", "contact_name": NAME, "phone": PHONE}


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    """A key ring of a test's own."""
    return made_ring(tmp_path, "intake")


async def raw(city: City, service: str, query: str) -> list[Any]:
    """What a query gives without any key."""
    conn = await asyncpg.connect(city.settings(service).database.replace("+asyncpg", ""))
    try:
        return list(await conn.fetch(query))
    finally:
        await conn.close()


async def until(city: City, query: str, *, service: str = "intake") -> None:
    """Wait until a query gives a row whose first value is true."""
    async with asyncio.timeout(30):
        while not (await raw(city, service, query))[0][0]:
            await asyncio.sleep(0.05)


def rotated(file: Path, key: str) -> None:
    before = keyring.read(file)
    keys = {**before.keys, key: keyring.new_secret()}
    keyring.write(file, before.model_copy(update={"encrypts": key, "keys": keys}))


async def retired(city: City, folder: Path, key: str) -> None:
    """Take a key out of intake's ring, as `huying keys retire` does."""
    databases = folder / "databases.yaml"
    lines = [f"{service}: {city.postgres.dsn(service, service)}" for service in SERVICES]
    databases.write_text("\n".join(lines), "utf-8")
    await keys.retire_key("intake", key, folder, databases, made_ring(folder, "intake").parent)


async def shown_phone(city: City, appeal: dict[str, Any]) -> str:
    path, reading = f"/intake/appeals/{appeal['appeal_id']}/contact-readings", {"purpose": "contact"}
    shown = await city.ok("office", "POST", path, reading)
    phone: str = shown["enterprise"]["phone"]
    return phone


async def test_older_rows_and_another_key_are_renewed_while_people_work(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, ring: Path, tmp_path: Path
) -> None:
    async with City(postgres, broker, services=(INTAKE,), data_keys=ring) as city:
        await city.move_to("2026-11-09 09:00")
        appeals = [await city.register(title=f"第{n}件", enterprise=ENTERPRISE) for n in range(3)]
        (plain,) = await raw(city, "intake", f"select '{PHONE}' = any(array_agg(file::text)) from appeals")
        assert plain[0] is False
        old = keyring.read(ring).encrypts
        await raw(  # one row as an earlier version wrote it
            city,
            "intake",
            "update appeals set file = jsonb_set(jsonb_set(file, '{enterprise,phone}', '\"13977771234\"'),"
            f" '{{text}}', '\"明文\"') where appeal_id = '{appeals[0]['appeal_id']}' returning 1",
        )
        assert await shown_phone(city, appeals[0]) == PHONE
        rotated(ring, "second")
        await until(
            city,
            "select count(*) = 3 from appeals where file::text like '%enc:second:%'"
            f" and file::text not like '%enc:{old}:%' and file::text not like '%{PHONE}%'",
        )
        later = await city.register(title="之后", enterprise=ENTERPRISE)
        for appeal in (*appeals, later):
            assert await shown_phone(city, appeal) == PHONE
        await until(city, "select bool_and(done_at is not null and key_id = 'second') from renewals")
        async with Database(city.settings("intake").database, 1).connect() as conn:
            needed = await usage.keys_needed(conn, load("intake").encrypted_columns)
        assert needed == {old: 0, "second": 4}
        await retired(city, tmp_path, old)
        assert list(keyring.read(ring).keys) == ["second"]
        with pytest.raises(ValueError, match="rotate first"):
            await retired(city, tmp_path, "second")
    rotated(ring, "third")
    with pytest.raises(ValueError, match="rows of intake are still encrypted"):
        await retired(city, tmp_path, "second")


async def test_a_ring_that_does_not_fit_refuses_the_start_in_a_sentence(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, ring: Path, tmp_path: Path
) -> None:
    async with City(postgres, broker, services=(INTAKE,), data_keys=ring) as city:
        await city.move_to("2026-11-09 09:00")
        await city.register(enterprise=ENTERPRISE)
    own = keyring.read(ring)
    missing = own.model_copy(update={"encrypts": "new", "keys": {"new": keyring.new_secret()}})
    other = own.model_copy(update={"keys": {own.encrypts: keyring.new_secret()}})
    index = own.model_copy(update={"index": keyring.new_secret()})
    for number, (wrong, words) in enumerate(
        ((missing, "lacks"), (other, "is not the key"), (index, "index"))
    ):
        file = tmp_path / f"{number}.yaml"
        keyring.write(file, wrong)
        with pytest.raises(ValueError, match=words):
            async with Restarted(postgres, broker, services=(INTAKE,), data_keys=file):
                pass
    with pytest.raises(ValueError, match="HUYING_DATA_KEYS"):
        async with Restarted(postgres, broker, services=(INTAKE,), data_keys=None):
            pass
    async with Restarted(postgres, broker, services=(INTAKE,), data_keys=ring) as city:
        assert (await city.ok("office", "GET", "/intake/appeals"))["items"]


async def test_an_answer_that_is_kept_for_a_repeated_request_is_encrypted(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker
) -> None:
    async with City(postgres, broker, services=(INTAKE,)) as city:
        await city.move_to("2026-11-09 09:00")
        body = {"channel": "web", "kind": "help", "title": "标题", "text": "内容", "enterprise": ENTERPRISE}
        first = await city.ok(None, "POST", "/intake/appeals", body, idempotency_key="k-1")
        again = await city.ok(None, "POST", "/intake/appeals", body, idempotency_key="k-1")
        assert again == first
        ((kept),) = await raw(city, "intake", "select body from idempotency")
        assert first["receipt_code"] not in kept["body"]


async def test_addresses_of_an_earlier_version_are_indexed_at_the_start_and_encrypted(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker
) -> None:
    async with City(postgres, broker, services=(NOTIFY,)) as city:
        await city.move_to("2026-11-09 09:00")
        await raw(
            city,
            "notify",
            "insert into contacts (recipient, channel, address, secret, urgent_only, changed_by, changed_at)"
            f" values ('unit:roads', 'sms', '{PHONE}', 'a secret', false, 'office', now()) returning 1",
        )
    async with Restarted(postgres, broker, services=(NOTIFY,)) as city:
        await until(
            city,
            "select address_index is not null and address || secret like '%enc:%enc:%' from contacts",
            service="notify",
        )
        shown = await city.ok("office", "GET", "/notify/contacts/unit:roads")
        assert [contact["address"] for contact in shown["items"]] == [PHONE]
