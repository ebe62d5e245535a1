"""A grown city is one that the services could have made: its file is intact, judging anew gives the same."""

from datetime import timedelta
from pathlib import Path

import pytest

from huying.archive.audit import verified
from huying.archive.export import export
from huying.archive.rebuild import differences, rebuild
from huying.local.data_keys import made_ring
from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from huying.local.grow.city import Size, births, write
from huying.local.grow.lives import ENDED, LONGEST, OPEN
from shared.encryption.keyring import KeyRing
from shared.finding.hashes import Hashes
from tests.city import APPEALS, local
from tests.exported import Restarted, Urls, counted, urls_of, wiped
from tests.scenarios.test_verify import verify

SIZE = Size(cases=60, open=20, years=1)
UNTIL = local("2026-11-20 10:00")


@pytest.fixture(scope="module")
async def urls(postgres: EmbeddedPostgres) -> Urls:
    """The databases of a city that has just grown."""
    await wiped(postgres)
    urls = urls_of(postgres)
    rings = {service: KeyRing(service, made_ring(postgres.state, service)) for service in urls}
    await write(urls, SIZE, UNTIL, Hashes("a key for tests alone"), rings)
    return urls


async def test_what_was_issued_in_a_grown_city_is_what_its_histories_give(
    urls: Urls, postgres: EmbeddedPostgres, broker: EmbeddedBroker
) -> None:
    said = "select count(*) from outbox where type not like '%.reads_recorded.v1'"
    before = {service: await counted(urls, service, said) for service in urls}
    async with Restarted(postgres, broker, services=APPEALS) as city:
        for context in city.services.values():
            context.clock.advance(UNTIL)  # type: ignore[attr-defined]
        await city.drained()
        verification = await verify(city)
    assert verification.differences == []
    assert verification.cases == SIZE.cases
    assert verification.cards > 0
    assert verification.lifts > 0
    assert before == {service: await counted(urls, service, said) for service in urls}


async def test_a_city_rebuilt_from_the_file_of_a_grown_one_is_the_same(
    urls: Urls, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    file = tmp_path / "city.ndjson.gz"
    await export(urls, file, None, records=True)
    verdict = verified(file)
    assert verdict.events > 10 * SIZE.cases
    await wiped(postgres)
    before, after = await rebuild(file, urls)
    assert differences(before, after) == []
    assert before["desks.cases"]["rows"] == SIZE.cases


def test_cases_are_born_in_order_and_the_open_ones_in_the_last_weeks() -> None:
    born = list(births(Size(cases=200, open=50, years=2), UNTIL, seed=1))
    assert born == sorted(born)
    assert sum(birth.ending in OPEN for birth in born) == 50
    assert all(birth.at >= UNTIL - LONGEST for birth in born if birth.ending in OPEN)
    assert all(birth.at < UNTIL - LONGEST for birth in born if birth.ending in ENDED)
    assert born[0].at < UNTIL - timedelta(days=700)


@pytest.mark.parametrize(("size", "named"), [(Size(10, 11, 2), "--open"), (Size(10, 1, 0.2), "--years")])
def test_a_size_that_does_not_fit_itself_is_refused(size: Size, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        size.check()
