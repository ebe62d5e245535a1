"""People sign in by an identity provider: a real one, which runs beside the city."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres, free_port
from services.desks.app import SERVICE as DESKS
from services.dispatch.app import SERVICE as DISPATCH
from services.intake.app import SERVICE as INTAKE
from shared.encryption.keyring import MARK
from shared.roles import AccountRole
from shared.service.start import listening, pages_of, under_one_port
from shared.web.tokens import Person
from tests.city import City, refused
from tests.identity_provider import NAME, IdentityProvider, Traveller, identity_provider, new_key
from tests.people import Browser, call_as, made
from tests.signing import new_key as signing_key
from tests.signing import token, write_private, write_public

KEY = signing_key()
ADMINISTRATOR = Person(uuid4(), "系统管理员 (test)", AccountRole.ADMINISTRATOR)


@pytest.fixture(scope="module")
async def running(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[City, IdentityProvider]]:
    """A city on a port of its own, on Monday 2026-11-09 at 09:00, and its identity provider."""
    folder: Path = tmp_path_factory.mktemp("provider")
    signer, public = folder / "token.key", folder / "token-keys.pem"
    write_private(signer, KEY)
    write_public(public, KEY)
    port = free_port()
    async with identity_provider(folder, f"http://127.0.0.1:{port}") as provider:
        files = {"token_signer": signer, "token_keys": public, "identity_provider": provider.settings}
        async with City(postgres, broker, services=(INTAKE, DISPATCH, DESKS), **files) as city:
            await city.move_to("2026-11-09 09:00")
            await city.directory()
            contexts = list(city.services.values())
            apps = {context.service.name: context.app for context in contexts}
            root = under_one_port(apps, pages_of(contexts))
            async with listening(root, "127.0.0.1", port):
                yield city, provider


@pytest.fixture
def city(running: tuple[City, IdentityProvider]) -> City:
    return running[0]


@pytest.fixture
def provider(running: tuple[City, IdentityProvider]) -> IdentityProvider:
    return running[1]


def signed_elsewhere() -> str:
    """A token that some other key signed."""
    return token(signing_key(), "desks", ADMINISTRATOR)


def traveller(city: City, provider: IdentityProvider) -> Traveller:
    return Traveller(Browser(city), provider)


async def record(city: City, account_id: str) -> list[tuple[str, str]]:
    """What is on record of an account, the newest first."""
    path = f"/desks/people/record?account_id={account_id}"
    answer = await call_as(city, token(KEY, "desks", ADMINISTRATOR), "GET", path)
    return [(item["type"], item["detail"]) for item in answer.json()["items"]]


async def test_a_person_signs_in_with_the_role_of_a_claim_acts_and_signs_out_there_too(
    city: City, provider: IdentityProvider
) -> None:
    person = traveller(city, provider)
    assert (await person.browser.ok("GET", "/provider"))["name"] == NAME
    answer = await person.sign_in("li")
    assert (answer.status_code, answer.headers["location"]) == (303, "/home")
    session = await person.browser.ok("GET", "/session")
    assert session["stage"] == "open"
    account = session["account"]
    assert (account["login"], account["name"]) == ("li.gong@sso", "李工")
    assert [(role["role"], role["code"]) for role in account["roles"]] == [("unit_handler", "roads")]

    appeal = await city.register()
    (leg,) = await city.dispatch(appeal)
    path = f"/dispatch/appeals/{appeal['appeal_id']}/contacts"
    acting = await person.browser.token("dispatch")
    assert (await call_as(city, acting, "POST", path, {"leg_id": leg, "how": "电话"})).is_success
    authors = await city.ok("ops", "GET", f"/dispatch/authors/{appeal['appeal_id']}")
    assert "李工 (li.gong@sso)" in {item["account"] for item in authors["items"]}

    async with city.services["desks"].engine.connect() as conn:
        (kept_token,) = (
            await conn.execute(text("select id_token from sessions where id_token is not null"))
        ).scalars()
    assert kept_token.startswith(MARK)
    ended = await person.browser.ok("DELETE", "/session")
    assert ended["ended"] == 1
    assert ended["elsewhere"].startswith(f"{provider.issuer}/session/end?id_token_hint=")
    refused(await person.browser.call("GET", "/session"), 401, "Cookie")
    assert (await person.sign_out_there(ended["elsewhere"])).headers["location"].endswith("/")
    async with city.services["desks"].engine.connect() as conn:
        kept = await conn.execute(text("select count(*) from sessions where id_token is not null"))
        assert kept.scalar_one() == 0


async def test_the_pages_lead_to_the_provider_and_back_out(city: City, provider: IdentityProvider) -> None:
    async with httpx.AsyncClient(base_url=provider.here, trust_env=False) as client:
        asked = (await client.get("/sign-in")).text
        assert f"通过{NAME}登录" in asked
        assert 'href="/desks/people/provider/sign-in"' in asked
        person = traveller(city, provider)
        await person.sign_in("wang")
        session = await person.browser.ok("GET", "/session")
        client.cookies.update(person.browser.cookies)
        assert (await client.get("/home")).headers["location"] == "/dispatching"
        fields = {"csrf": session["proof"]}
        answer = await client.post("/sign-out", data=fields, headers={"origin": provider.here})
        assert answer.status_code == 200, answer.text
        assert f'href="{provider.issuer}/session/end?id_token_hint=' in answer.text
        refused(await person.browser.call("GET", "/session"), 401, "Cookie")


async def test_who_signs_out_at_the_provider_is_signed_out_here(
    city: City, provider: IdentityProvider
) -> None:
    person, other = traveller(city, provider), traveller(city, provider)
    await person.sign_in("li")
    await other.sign_in("li")
    account = (await person.browser.ok("GET", "/session"))["account"]["account_id"]
    await person.sign_out_there()
    refused(await person.browser.call("GET", "/session"), 401, "Cookie")
    assert ("person.session_ended.v1", "signed_out_elsewhere") in await record(city, account)
    assert (await other.browser.call("GET", "/session")).is_success, "another session there goes on"


async def test_a_key_is_replaced_while_people_are_signed_in(city: City, provider: IdentityProvider) -> None:
    person = traveller(city, provider)
    await person.sign_in("li")
    provider.keys = [new_key("second")]
    await provider.say_again()
    assert (await person.browser.call("GET", "/session")).is_success
    await person.sign_out_there()  # by a token that the new key signed
    refused(await person.browser.call("GET", "/session"), 401, "Cookie")
    assert (await person.sign_in("li")).status_code == 303
    assert (await person.browser.call("GET", "/session")).is_success


async def test_roles_follow_the_claims_at_every_sign_in_and_hold_for_their_term(
    city: City, provider: IdentityProvider
) -> None:
    person = traveller(city, provider)
    await person.sign_in("li")
    account = (await person.browser.ok("GET", "/session"))["account"]
    for claims, roles in (
        ({"until": "2026-11-10"}, [("unit_handler", "2026-11-10")]),
        (
            {"groups": ["dispatchers", "roads-handlers"]},
            [("unit_handler", None), ("dispatcher", "2026-12-31")],
        ),
        ({"groups": []}, None),
        ({"groups": ["past-auditors"]}, None),
        ({"until": "soon"}, None),
        ({"until": "2026-11-08"}, None),
    ):
        before = dict(provider.people["li"])
        provider.people["li"] = before | claims
        await provider.say_again()
        answer = await traveller(city, provider).sign_in("li")
        provider.people["li"] = before
        if roles is None:
            assert "没有生效的角色" in refused(answer, 403)["detail"], claims
            refused(await person.browser.call("GET", "/session"), 401, "Cookie")
            continue
        assert answer.status_code == 303, claims
        path = f"/desks/people/accounts/{account['account_id']}"
        known = (await call_as(city, token(KEY, "desks", ADMINISTRATOR), "GET", path)).json()
        assert [(role["role"], role["ends_on"]) for role in known["roles"]] == roles
    await provider.say_again()
    assert (await person.sign_in("li")).status_code == 303


async def test_a_second_factor_counts_where_the_provider_asked_for_it(
    city: City, provider: IdentityProvider
) -> None:
    for login, stage in (("wang", "open"), ("zhou", "second_factor_setup")):
        person = traveller(city, provider)
        await person.sign_in(login)
        assert (await person.browser.ok("GET", "/session"))["stage"] == stage


async def test_who_has_no_role_here_gets_no_account(city: City, provider: IdentityProvider) -> None:
    refused(await traveller(city, provider).sign_in("guest"), 403)
    async with city.services["desks"].engine.connect() as conn:
        rows = await conn.execute(text("select 1 from accounts where name = '来宾'"))
        assert rows.scalar() is None


async def test_a_disabled_account_stays_out_and_is_no_account_of_a_password(
    city: City, provider: IdentityProvider
) -> None:
    person, admin = traveller(city, provider), token(KEY, "desks", ADMINISTRATOR)
    await person.sign_in("zhou")
    account = (await person.browser.ok("GET", "/session"))["account"]
    path = f"/desks/people/accounts/{account['account_id']}"

    async def act(how: str, body: Any = None) -> Any:
        version = (await call_as(city, admin, "GET", path)).headers["etag"]
        return await call_as(city, admin, "POST", f"{path}/{how}", body, if_match=version)

    assert "统一身份认证" in refused(await act("reset"), 409)["detail"]
    changed = {"name": "周", "roles": [{"role": "administrator"}]}
    assert "统一身份认证" in refused(await act("changes", changed), 409)["detail"]
    assert (await act("disabling")).is_success
    refused(await person.browser.call("GET", "/session"), 401, "Cookie")
    refused(await person.sign_in("zhou"), 403)
    for password in ("", " ", "any"):
        answer = await person.browser.call(
            "POST", "/session", {"login": account["login"], "password": password}
        )
        assert answer.status_code in (401, 422), answer.text
    assert (await act("enabling")).is_success
    assert (await person.sign_in("zhou")).status_code == 303


async def test_a_code_counts_in_the_browser_that_asked_for_it_and_once(
    city: City, provider: IdentityProvider
) -> None:
    person, thief = traveller(city, provider), traveller(city, provider)
    told = await person.confirmed(await person.sent(), "li")
    await thief.sent()
    assert "不在本浏览器中开始" in refused(await thief.back(told), 401, "state")["detail"]
    for wrong in (
        {"state": "other"},
        {"iss": "https://other.example"},
        {"code": ""},
        {"error": "access_denied"},
    ):
        refused(await person.back(told | wrong), 401, "state")
    refused(await person.back(told | {"code": "invented"}), 401, "state")
    await person.sent()  # another state and verifier: the code is for the ones before
    refused(await person.back(told), 401, "state")
    fresh = await person.confirmed(await person.sent(), "li")
    before = dict(person.browser.cookies)
    assert (await person.back(fresh)).status_code == 303
    person.browser.cookies = before
    refused(await person.back(fresh), 401, "state")


async def test_local_accounts_sign_in_while_the_provider_is_away(
    city: City, provider: IdentityProvider, tmp_path: Path
) -> None:
    account = await made(
        city, token(KEY, "desks", ADMINISTRATOR), "wei.wang", "魏", {"role": "unit", "code": "roads"}
    )
    person = traveller(city, provider)
    await person.sign_in("li")
    told = await person.confirmed(await person.sent(), "li")
    await provider.stop()
    try:
        assert "统一身份认证平台暂时不能使用" in refused(await person.back(told), 503)["detail"]
        client = city.services["desks"].resources.provider.client()
        client._metadata = None  # as after an hour
        answer = refused(await person.browser.call("GET", "/provider/sign-in"), 503)
        assert "本系统的账号和密码仍可登录" in answer["detail"]
        assert (await person.browser.ok("DELETE", "/session")) == {"ended": 1, "elsewhere": None}
        local = Browser(city)
        await local.settle("wei.wang", account["password"])
        assert await local.token("dispatch")
    finally:
        await provider.start()


async def test_a_logout_token_that_nobody_signed_ends_no_session(
    city: City, provider: IdentityProvider
) -> None:
    person = traveller(city, provider)
    await person.sign_in("li")
    where, wrong = "/people/provider/logout", ("no token", "a.b.c", signed_elsewhere())
    async with city.client("desks") as client:
        for text_ in wrong:
            refused(await client.post(where, data={"logout_token": text_}), 422, "logout_token")
        refused(await client.post(where, data={"other": "a"}), 422, "logout_token")
        refused(await client.post(where, data={"logout_token": "x" * 40_000}), 413)
        refused(await client.post(where, json={"logout_token": "a"}), 415)
    assert (await person.browser.call("GET", "/session")).is_success
