"""Work lists through the pages, with a hundred thousand open legs, beside the bare query of one page of legs.

Figures are milliseconds within which 95 of 100 requests of a signed-in person are answered, one at a time.
"""

from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import httpx
import pyotp
from joserfc.jwk import OKPKey

from huying.local.cluster import LocalCluster
from huying.local.data_keys import made_ring
from huying.local.grow.lists import write
from huying.local.search_key import search_key
from shared.encryption.keyring import KeyRing
from shared.finding.hashes import Hashes
from shared.roles import AccountRole
from shared.web.tokens import Person
from tests.bench.client import Client, UnexpectedAnswer, request
from tests.bench.finding import BARE_LEGS, p95, p95_of_query, served
from tests.bench.ground import ground
from tests.bench.measure import Figure
from tests.people import PASSWORD
from tests.signing import token

CASES, OPEN_LEGS = 60_000, 100_000
FEW_CASES, FEW_OPEN_LEGS = 2_000, 4_000
LISTS = {
    (AccountRole.UNIT, "unit25"): ("/unit", "/unit?view=overdue"),
    (AccountRole.DISPATCHER, None): ("/dispatching",),
    (AccountRole.SUPERVISOR, None): ("/under-way", "/under-way?view=soon", "/waiting", "/search?q=道路破损"),
}
TARGET = "≤ 300 ms"
_COLUMNS = """
    select string_agg(column_name, ', ') from information_schema.columns
    where table_schema = 'public' and table_name = 'legs'
      and is_generated = 'NEVER' and column_name <> 'leg_id'
"""
_COPIES = """
    insert into legs (leg_id, {0}) select gen_random_uuid(), {0} from legs, generate_series(1, $1)
    where is_open limit $2
"""


async def pages(*, quick: bool) -> list[Figure]:
    """The 95th percentile of each list."""
    count, open_legs, times = (FEW_CASES, FEW_OPEN_LEGS, 5) if quick else (CASES, OPEN_LEGS, 60)
    async with ground() as cluster:
        urls = {name: cluster.postgres.dsn(name, name) for name in ("intake", "desks")}
        rings = {name: KeyRing(name, made_ring(cluster.state, name)) for name in urls}
        await write(urls, count, datetime.now(UTC), Hashes(search_key(cluster.state)), rings)
        await _open(urls["desks"], open_legs)
        bare = await p95_of_query(urls["desks"], times, BARE_LEGS, "unit25")
        async with served(cluster, "intake"), served(cluster, "desks") as port, Client(port) as client:
            return [
                Figure(f"page {path}", "ms p95", figure, "the bare query, ms p95", bare, TARGET)
                for (role, code), paths in LISTS.items()
                for path, figure in (await _lists(cluster, client, port, role, code, paths, times)).items()
            ]


async def _open(url: str, wanted: int) -> None:
    """Copy open legs until so many are open."""
    conn = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        there = await conn.fetchval("select count(*) from legs where is_open")
        columns = await conn.fetchval(_COLUMNS)
        await conn.execute(_COPIES.format(columns), wanted // there + 1, max(0, wanted - there))
        await conn.execute("vacuum analyze legs")
    finally:
        await conn.close()


async def _lists(
    cluster: LocalCluster,
    client: Client,
    port: int,
    role: AccountRole,
    code: str | None,
    paths: tuple[str, ...],
    times: int,
) -> dict[str, float]:
    cookie = await _signed_in(cluster, port, role, code)
    figures = {}
    for path in paths:
        sent = request("GET", str(httpx.URL(path)), cookie=cookie)

        async def ask(sent: bytes = sent, path: str = path) -> None:
            answer = await client.send(sent)
            if answer.status != 200:
                raise UnexpectedAnswer(f"{path}: {answer.status} {answer.body[:300]!r}")

        figures[path] = await p95(ask, times)
    return figures


async def _signed_in(cluster: LocalCluster, port: int, role: AccountRole, code: str | None) -> str:
    """The cookies of a new person of this role who is signed in."""
    signer = cluster.settings("desks").model_dump()["token_signer"]
    key = OKPKey.import_key(signer.read_bytes())
    administrator = token(key, "desks", Person(uuid4(), "系统管理员", AccountRole.ADMINISTRATOR))
    url, grant = f"http://127.0.0.1:{port}", {"role": role, **({"code": code} if code else {})}
    async with httpx.AsyncClient(base_url=f"{url}/desks/people", headers={"origin": url}) as browser:
        body = {"login": f"bench.{role.replace('_', '.')}", "name": role.zh, "roles": [grant]}
        made = await browser.post(
            "/accounts", json=body, headers={"authorization": f"Bearer {administrator}"}
        )
        first = made.json()["password"]
        await browser.post("/session", json={"login": body["login"], "password": first})
        session = await browser.post("/session/password", json={"old": first, "new": PASSWORD})
        if session.json()["stage"] != "open":
            secret = (await browser.post("/session/second-factor/setup")).json()["secret"]
            await browser.post("/session/second-factor", json={"code": pyotp.TOTP(secret).now()})
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
