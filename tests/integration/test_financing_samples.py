"""The sample banks and requests, brought into a service that runs."""

from collections.abc import AsyncIterator

import httpx
import pytest

from huying.local import sample_loans
from huying.local.accounts import accounts
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from huying.local.sample_loans import samples
from services.financing.app import SERVICE
from shared.roles import AccountRole
from shared.service.accounts import Accounts
from tests.city import City


@pytest.fixture
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker) -> AsyncIterator[City]:
    """Financing alone, on the wall clock, with the sample accounts."""
    async with City(postgres, broker, services=(SERVICE,), clock="wall") as city:
        people = [
            ("office", AccountRole.OFFICE, None),
            ("operator", AccountRole.OPERATOR, None),
            *sample_loans.people(),
        ]
        file, city.keys = accounts(broker.state, people)
        city.services["financing"].accounts = Accounts.load(file)
        yield city


async def test_the_samples_come_in_once_and_stand_at_various_stages(city: City) -> None:
    transport = httpx.ASGITransport(city.services["financing"].app, raise_app_exceptions=False)
    url = "http://financing"
    assert await sample_loans.load_samples(url, city.keys, transport) == len(samples().requests)
    assert await sample_loans.load_samples(url, city.keys, transport) == 0
    listed = (await city.ok("office", "GET", "/financing/requests"))["items"]
    assert {item["state"] for item in listed} >= {"pushed", "approved"}
    states = {leg["state"] for item in listed for leg in item["legs"]}
    assert states >= {"pushed", "documents_needed", "approved", "declined"}
    assert all(item["legs"] for item in listed)
