"""People sign in with their own account, act under their name, and are kept out once they are disabled."""

import base64
import json
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from sqlalchemy import text

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.desks.app import SERVICE as DESKS
from services.desks.people.first import first_administrator
from services.dispatch.app import SERVICE as DISPATCH
from services.intake.app import SERVICE as INTAKE
from shared.roles import AccountRole
from shared.web.tokens import Person
from tests.city import City, refused
from tests.people import PASSWORD, Browser, call_as, made
from tests.signing import new_key, token, write_private, write_public

UNIT = {"role": "unit", "code": "roads"}
KEY = new_key()
ADMINISTRATOR = Person(uuid4(), "系统管理员 (test)", AccountRole.ADMINISTRATOR)


@pytest.fixture(scope="module")
async def city(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[City]:
    """Intake, dispatch and desks, which sign and check tokens, on Monday 2026-11-09 at 09:00."""
    folder: Path = tmp_path_factory.mktemp("keys")
    signer, public = folder / "token.key", folder / "token-keys.pem"
    write_private(signer, KEY)
    write_public(public, KEY)
    services = (INTAKE, DISPATCH, DESKS)
    async with City(postgres, broker, services=services, token_signer=signer, token_keys=public) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


def administering() -> str:
    """A token of an administrator."""
    return token(KEY, "desks", ADMINISTRATOR)


async def person(city: City, login: str, *roles: dict[str, Any]) -> Browser:
    """A person with an open session."""
    account = await made(city, administering(), login, "李工", *(roles or (UNIT,)))
    browser = Browser(city)
    await browser.settle(login, account["password"])
    return browser


async def change(city: City, account_id: str, how: str, body: Any = None) -> Any:
    """An administrator's act on an account, on its present version."""
    path = f"/desks/people/accounts/{account_id}"
    version = (await call_as(city, administering(), "GET", path)).headers["etag"]
    return await call_as(city, administering(), "POST", f"{path}/{how}", body, if_match=version)


async def test_a_clerk_is_made_signs_in_acts_under_the_own_name_and_is_kept_out_once_disabled(
    city: City,
) -> None:
    first = await first_administrator(city.services["desks"])
    assert first is not None
    assert await first_administrator(city.services["desks"]) is None
    admin = Browser(city)
    assert await admin.settle("admin", first) is not None
    added = await made(city, await admin.token("desks"), "li.gong", "李工", UNIT)
    clerk = Browser(city)
    session = await clerk.sign_in("li.gong", added["password"])
    assert session["stage"] == "password"
    refused(await clerk.call("POST", "/token", {"service": "dispatch"}), 403)
    before = dict(clerk.cookies)
    session = await clerk.ok("POST", "/session/password", {"old": added["password"], "new": PASSWORD})
    assert session["stage"] == "open"
    stolen = Browser(city)
    stolen.cookies = before
    refused(await stolen.call("GET", "/session"), 401, "Cookie")

    appeal = await city.register()
    (leg,) = await city.dispatch(appeal)
    path = f"/dispatch/appeals/{appeal['appeal_id']}"
    answer = await call_as(
        city, await clerk.token("dispatch"), "POST", f"{path}/contacts", {"leg_id": leg, "how": "电话"}
    )
    assert answer.is_success, answer.text
    authors = await city.ok("ops", "GET", f"/dispatch/authors/{appeal['appeal_id']}")
    (by,) = [item for item in authors["items"] if item["type"] == "appeal.contacted.v1"]
    assert (by["role"], by["code"], by["account"]) == ("unit", "roads", "李工 (li.gong)")

    assert (await change(city, added["account"]["account_id"], "disabling")).is_success
    refused(await clerk.call("POST", "/token", {"service": "dispatch"}), 401, "Cookie")
    refused(await clerk.call("GET", "/session"), 401, "Cookie")
    wrong = await clerk.call("POST", "/session", {"login": "li.gong", "password": PASSWORD})
    refused(wrong, 401, "login")
    assert (await change(city, added["account"]["account_id"], "enabling")).is_success
    assert (await clerk.sign_in("li.gong", PASSWORD))["stage"] == "open"


async def test_the_record_says_who_and_from_where_and_the_chain_no_name_and_no_address(
    city: City,
) -> None:
    clerk = await person(city, "zhao.min")
    account = (await clerk.ok("GET", "/session"))["account"]["account_id"]
    path = f"/desks/people/record?account_id={account}"
    rows = (await call_as(city, administering(), "GET", path)).json()["items"]
    changes = {row["detail"] for row in rows if row["type"] == "account.changed.v1"}
    assert changes == {"created", "password_changed"}
    assert {row["type"] for row in rows} == {"account.changed.v1", "person.signed_in.v1"}
    assert {row["address"] for row in rows} == {"127.0.0.1"}
    first = (await call_as(city, administering(), "GET", f"{path}&limit=1")).json()
    rest = f"{path}&cursor={first['next']}"
    following = (await call_as(city, administering(), "GET", rest)).json()["items"]
    assert [*first["items"], *following] == rows
    async with city.services["desks"].engine.connect() as conn:
        events = (
            await conn.execute(text("select event_id, body from outbox where topic = 'desks.events'"))
        ).all()
        origins = (await conn.execute(text("select event_id, address, salt from origins"))).all()
    bodies = "".join(event.body for event in events)
    assert account in bodies
    for private in ("127.0.0.1", "zhao.min", "李工", PASSWORD):
        assert private not in bodies
    commitments = {row.event_id: sha256(f"{row.salt} {row.address}".encode()).hexdigest() for row in origins}
    assert all(commitments[event.event_id] in event.body for event in events)


async def test_an_unknown_name_and_a_wrong_password_get_one_answer_after_the_same_time(city: City) -> None:
    await person(city, "sun.li")
    answers: dict[str, Any] = {}
    seconds: dict[str, list[float]] = {"sun.li": [], "nobody.here": []}
    for _ in range(4):
        for login, spans in seconds.items():
            began = time.monotonic()
            answer = await Browser(city).call("POST", "/session", {"login": login, "password": "wrong one"})
            spans.append(time.monotonic() - began)
            answers[login] = {**refused(answer, 401, "login"), "trace_id": ""}
    assert answers["sun.li"] == answers["nobody.here"]
    known, unknown = (statistics.median(spans) for spans in seconds.values())
    assert unknown > known * 0.5, "an unknown name must be hashed as well"


async def refusals(city: City, account_id: str) -> Counter[str]:
    """What is on record of refusals of an account, by reason."""
    path = f"/desks/people/record?limit=500&account_id={account_id}"
    rows = (await call_as(city, administering(), "GET", path)).json()["items"]
    return Counter(row["detail"] for row in rows if row["type"] == "person.sign_in_refused.v1")


async def test_tries_slow_down_and_lock_nobody_out_who_signed_in_before(city: City) -> None:
    owner = await person(city, "wu.hao")
    await owner.ok("DELETE", "/session")
    attacker = Browser(city)
    for _ in range(5):
        wrong = await attacker.call("POST", "/session", {"login": "wu.hao", "password": "wrong one"})
        refused(wrong, 401)
    right = {"login": "wu.hao", "password": PASSWORD}
    for body in ({"login": "wu.hao", "password": "wrong one"}, right):
        answer = await attacker.call("POST", "/session", body)
        refused(answer, 429)
        assert int(answer.headers["retry-after"]) >= 1
    assert (await owner.sign_in("wu.hao", PASSWORD))["stage"] == "open"
    account = (await owner.ok("GET", "/session"))["account"]["account_id"]
    assert await refusals(city, account) == {"wrong_password": 5, "too_many": 1}  # the first of the wait
    await city.move_to("2026-11-09 09:01")
    refused(await attacker.call("POST", "/session", {"login": "wu.hao", "password": "wrong one"}), 401)
    for _ in range(3):
        refused(await attacker.call("POST", "/session", right), 429)
    assert await refusals(city, account) == {"wrong_password": 6, "too_many": 2}
    figures = (await city.call("ops", "GET", "/desks/metrics")).text
    (line,) = [line for line in figures.splitlines() if 'huying_sign_ins_total{outcome="too_many"' in line]
    assert float(line.rpartition(" ")[2]) >= 5, "each is counted"
    await city.move_to("2026-11-09 09:05")
    assert (await attacker.sign_in("wu.hao", PASSWORD))["stage"] == "open"


@pytest.mark.slow
async def test_one_address_that_tries_many_names_is_slowed_down_too(city: City) -> None:
    statuses = [401]
    while statuses[-1] == 401 and len(statuses) < 100:
        body = {"login": f"guess-{len(statuses)}", "password": "wrong one"}
        statuses.append((await Browser(city).call("POST", "/session", body)).status_code)
    assert statuses[1] == 401
    assert statuses[-1] == 429
    await city.move_to("2026-11-11 09:00")


async def test_what_needs_a_second_factor_gets_no_token_without_it(city: City) -> None:
    added = await made(city, administering(), "office.chen", "陈明", {"role": "office"})
    browser = Browser(city)
    await browser.sign_in("office.chen", added["password"])
    session = await browser.ok("POST", "/session/password", {"old": added["password"], "new": PASSWORD})
    assert session["stage"] == "second_factor_setup"
    refused(await browser.call("POST", "/token", {"service": "dispatch"}), 403)
    secret = (await browser.ok("POST", "/session/second-factor/setup"))["secret"]
    refused(await browser.call("POST", "/session/second-factor", {"code": "000000"}), 422, "code")
    used = {"code": pyotp.TOTP(secret).now()}
    assert (await browser.ok("POST", "/session/second-factor", used))["stage"] == "open"
    assert await browser.token("dispatch")

    elsewhere = Browser(city)
    assert (await elsewhere.sign_in("office.chen", PASSWORD))["stage"] == "second_factor"
    refused(await elsewhere.call("POST", "/token", {"service": "dispatch"}), 403)
    change_it = {"old": PASSWORD, "new": "another-lantern-77-birch"}
    refused(await elsewhere.call("POST", "/session/password", change_it), 403)
    refused(await elsewhere.call("POST", "/session/second-factor/setup"), 403)
    refused(await elsewhere.call("POST", "/session/second-factor", used), 422, "code")


async def test_a_session_ends_when_it_is_idle_and_when_it_is_old(city: City) -> None:
    await city.move_to("2026-11-11 09:01")
    browser = await person(city, "idle.one")
    await city.move_to("2026-11-11 09:20")
    assert (await browser.call("GET", "/session")).is_success
    await city.move_to("2026-11-11 09:51")
    refused(await browser.call("GET", "/session"), 401)
    await browser.sign_in("idle.one", PASSWORD)
    for hour in range(10, 22):
        for minute in ("05", "25", "50"):
            await _set(city, f"2026-11-11 {hour}:{minute}")
            status = (await browser.call("GET", "/session")).status_code
    assert status == 200
    await _set(city, "2026-11-11 21:52")
    refused(await browser.call("GET", "/session"), 401)


async def _set(city: City, moment: str) -> None:
    city.set_clocks(moment)


async def test_a_person_lists_the_sessions_and_ends_one_or_all(city: City) -> None:
    here, there = await person(city, "two.places"), Browser(city)
    await there.sign_in("two.places", PASSWORD)
    listed = (await here.ok("GET", "/sessions"))["items"]
    assert [item["current"] for item in listed] == [True, False]
    assert [item["current"] for item in (await there.ok("GET", "/sessions"))["items"]] == [True, False]
    other = next(item["session_id"] for item in listed if not item["current"])
    stranger = await person(city, "some.stranger")
    refused(await stranger.call("DELETE", f"/sessions/{other}"), 404, "session_id")
    assert await here.ok("DELETE", f"/sessions/{other}") == {"ended": 1}
    refused(await there.call("GET", "/session"), 401)
    await there.sign_in("two.places", PASSWORD)
    assert await there.ok("DELETE", "/sessions") == {"ended": 2}
    for browser in (here, there):
        refused(await browser.call("GET", "/session"), 401)


async def test_signing_in_again_and_a_new_password_end_the_sessions_before(city: City) -> None:
    browser, other = await person(city, "new.word"), Browser(city)
    await other.sign_in("new.word", PASSWORD)
    before = dict(browser.cookies)
    await browser.sign_in("new.word", PASSWORD)
    browser.cookies, kept = before, browser.cookies
    refused(await browser.call("GET", "/session"), 401)
    browser.cookies = kept
    await browser.ok("POST", "/session/password", {"old": PASSWORD, "new": "pewter-meadow-81-quill"})
    refused(await other.call("GET", "/session"), 401)
    refused(await other.call("POST", "/session", {"login": "new.word", "password": PASSWORD}), 401)


async def test_another_sites_page_changes_nothing_in_a_session(city: City) -> None:
    browser = await person(city, "page.owner")
    proof = (await browser.ok("GET", "/session"))["proof"]
    wanted = {"service": "dispatch"}
    for origin in ("http://elsewhere", "null", "http://desks.elsewhere", "http://elsewhere:80/desks"):
        refused(await browser.call("POST", "/token", wanted, origin=origin), 403)
        refused(await browser.call("DELETE", "/session", origin=origin), 403)
        body = {"login": "page.owner", "password": PASSWORD}
        refused(await Browser(city).call("POST", "/session", body, origin=origin), 403)
    browser.origin = None
    refused(await browser.call("POST", "/token", wanted), 403)
    refused(await browser.call("POST", "/token", wanted, x_csrf_token="wrong"), 403)
    assert (await browser.call("POST", "/token", wanted, x_csrf_token=proof)).is_success
    assert (await browser.call("GET", "/session")).is_success


async def test_cookies_are_kept_from_scripts_and_a_changed_one_is_none(city: City) -> None:
    account = await made(city, administering(), "cookie.one", "李工", UNIT)
    browser = Browser(city)
    answer = await browser.call("POST", "/session", {"login": "cookie.one", "password": account["password"]})
    for line in answer.headers.get_list("set-cookie"):
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in line.split(";")}
    good, device = browser.cookies["huying-session"], browser.cookies["huying-device"]
    head, content, signature = good.split(".")
    forged_cookie = token(KEY, "desks", ADMINISTRATOR)
    for bad in ("x", device, forged_cookie, f"{head}.{content}.", f"{head}.{content[:-2]}AA.{signature}"):
        browser.cookies["huying-session"] = bad
        refused(await browser.call("GET", "/session"), 401)
    browser.cookies["huying-session"] = good
    assert (await browser.call("GET", "/session")).is_success
    shown = await city.call(None, "GET", "/desks/people/accounts", authorization=f"Bearer {good}")
    refused(shown, 401, "Authorization")


EASY = (
    "short",
    "password123456",
    "qwertyuiop123",
    "1234567890",
    "woaini1314520",
    "weak.word2026",
    "李工李工李工2026",
    "huying2026!!",
    "p@ssw0rd2026",
    "aaaaaaaaaaaaaaaa",
    "19880512198805",
)


@pytest.mark.parametrize("first", [0, 4, 8])
async def test_a_password_that_is_easily_guessed_is_refused(city: City, first: int) -> None:
    login = f"weak.word{first}"
    account = await made(city, administering(), login, "李工", UNIT)
    browser = Browser(city)
    await browser.sign_in(login, account["password"])
    for password in EASY[first : first + 4]:  # an account is slowed down after five
        body = {"old": account["password"], "new": password}
        answer = await browser.call("POST", "/session/password", body)
        assert answer.status_code == 422, password
        refused(answer, 422, "new")
        assert (await browser.ok("GET", "/session"))["stage"] == "password"


async def test_a_role_holds_for_its_term_and_a_deputy_acts_under_both_names(city: City) -> None:
    owner = await made(city, administering(), "unit.head", "王处", UNIT)
    term = {"starts_on": "2026-11-12", "ends_on": "2026-11-13", "deputy_for": owner["account"]["account_id"]}
    deputy = await person(city, "stand.in", {"role": "unit", "code": "water"}, {**UNIT, **term})
    refused(await deputy.call("POST", "/token", {"service": "desks", "code": "roads"}), 403)
    await _set(city, "2026-11-13 23:30")
    await deputy.sign_in("stand.in", PASSWORD)
    refused(await deputy.call("POST", "/token", {"service": "desks"}), 422, "role")
    shown = await deputy.token("desks", code="roads")
    claims = json.loads(base64.urlsafe_b64decode(shown.split(".")[1] + "=="))
    assert (claims["name"], claims["code"]) == ("李工 (stand.in)，代 王处 (unit.head)", "roads")
    await _set(city, "2026-11-14 00:01")
    await deputy.sign_in("stand.in", PASSWORD)
    refused(await deputy.call("POST", "/token", {"service": "desks", "code": "roads"}), 403)


async def test_an_administrator_reads_no_case_and_nobody_else_makes_accounts(city: City) -> None:
    for path in ("/desks/cases", "/desks/waiting"):
        refused(await call_as(city, administering(), "GET", path), 403)
    appeals = token(KEY, "dispatch", ADMINISTRATOR)
    refused(await call_as(city, appeals, "GET", "/dispatch/appeals"), 403)
    clerk = await person(city, "mere.clerk")
    own = await clerk.token("desks")
    for method, path in (("GET", "/desks/people/accounts"), ("GET", "/desks/people/record")):
        refused(await call_as(city, own, method, path), 403)


async def test_the_last_administrator_stays_and_a_reset_gives_a_first_password(city: City) -> None:
    listed = (await call_as(city, administering(), "GET", "/desks/people/accounts?limit=500")).json()["items"]
    admin = next(item["account_id"] for item in listed if item["login"] == "admin")
    refused(await change(city, admin, "disabling"), 409)
    changed = {"name": "系统管理员", "roles": [{"role": "ops"}]}
    refused(await change(city, admin, "changes", changed), 409)
    added = await made(city, administering(), "second.admin", "赵敏", {"role": "administrator"})
    assert (await change(city, admin, "disabling")).is_success
    other = added["account"]["account_id"]
    again = await change(city, other, "reset")
    assert again.json()["password"] != added["password"]
    old = {"login": "second.admin", "password": added["password"]}
    refused(await Browser(city).call("POST", "/session", old), 401)
    session = await Browser(city).sign_in("second.admin", again.json()["password"])
    assert session["stage"] == "password"
    stale = await call_as(
        city, administering(), "POST", f"/desks/people/accounts/{other}/disabling", None, if_match='"1"'
    )
    refused(stale, 412)
    taken = {"login": "second.admin", "name": "别人", "roles": [UNIT]}
    refused(await call_as(city, administering(), "POST", "/desks/people/accounts", taken), 409, "login")


async def test_a_first_password_opens_an_account_for_a_week(city: City) -> None:
    account = await made(city, administering(), "slow.starter", "李工", UNIT)
    await _set(city, "2026-11-22 12:00")
    refused(
        await Browser(city).call(
            "POST", "/session", {"login": "slow.starter", "password": account["password"]}
        ),
        401,
    )


async def test_blanks_at_the_ends_of_a_password_count(city: City) -> None:
    account = await made(city, administering(), "blank", "李工", UNIT)
    browser, typed = Browser(city), f" {PASSWORD} "
    await browser.settle("blank", account["password"], typed)
    assert (await Browser(city).sign_in("blank", typed))["stage"] == "open"
    stripped = {"login": "blank", "password": PASSWORD}
    refused(await Browser(city).call("POST", "/session", stripped), 401, "login")


async def test_the_browser_forgets_pages_at_signing_out_and_keeps_its_device(city: City) -> None:
    clerk = await person(city, "forgetful")
    answer = await clerk.call("DELETE", "/session")
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert not any("device" in line for line in answer.headers.get_list("set-cookie"))


async def test_a_unit_sets_up_one_time_codes_by_itself_and_needs_them_from_then_on(city: City) -> None:
    clerk = await person(city, "careful")
    secret = (await clerk.ok("POST", "/session/second-factor/setup"))["secret"]
    assert (await clerk.show_code(secret))["stage"] == "open"
    assert (await Browser(city).sign_in("careful", PASSWORD))["stage"] == "second_factor"


async def test_who_leaves_hands_over_in_one_act_and_both_are_on_record(city: City) -> None:
    leaving = await person(city, "leaving", UNIT, {"role": "leader", "code": "mayor"})
    taking = (await made(city, administering(), "taking", "赵敏", {"role": "operator"}))["account"]
    left = (await leaving.ok("GET", "/session"))["account"]
    deputy = {"role": "unit", "code": "roads", "deputy_for": left["account_id"]}
    other = (await made(city, administering(), "deputy", "王工", deputy))["account"]
    path = f"/desks/people/accounts/{left['account_id']}"
    work = (await call_as(city, administering(), "GET", f"{path}/work")).json()["items"]
    assert {(item["role"], item["code"]) for item in work} == {("unit", "roads"), ("leader", "mayor")}
    refused(await change(city, left["account_id"], "handing-over", {"to": "leaving"}), 422, "to")

    answer = (await change(city, left["account_id"], "handing-over", {"to": "taking"})).json()
    assert {role["role"] for role in answer["to"]["roles"]} == {"operator", "unit", "leader"}
    assert answer["account"]["disabled"]
    refused(await leaving.call("GET", "/session"), 401, "Cookie")
    stands_in = (
        await call_as(city, administering(), "GET", f"/desks/people/accounts/{other['account_id']}")
    ).json()
    assert stands_in["roles"][0]["deputy_for"] == taking["account_id"]
    record = (await call_as(city, administering(), "GET", "/desks/people/record")).json()["items"]
    details = {(line["account_id"], line["detail"]) for line in record}
    assert (left["account_id"], f"handed_over {taking['account_id']}") in details
    assert (taking["account_id"], f"took_over {left['account_id']}") in details
    refused(await change(city, left["account_id"], "handing-over", {"to": "taking"}), 409)
