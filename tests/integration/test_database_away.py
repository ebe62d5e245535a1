"""While the database is away, whoever reads or writes is told to try again, not that something is broken."""

from tests.city import City, refused


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
