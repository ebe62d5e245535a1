"""A token of a person is taken beside API keys, and the act is on record under the person's name."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from services.dispatch.app import SERVICE as DISPATCH
from services.intake.app import SERVICE as INTAKE
from shared.addresses.credit_codes import check_character
from shared.service.clock import epoch_s
from shared.web.tokens import LONGEST_S, SKEW_S, Purpose
from tests.city import City, refused
from tests.signing import forged, new_key, signed_with_public_key, token, unsigned, write_public

KEY, OTHER = new_key(), new_key()


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of public keys."""
    return tmp_path_factory.mktemp("tokens") / "token-keys.pem"


@pytest.fixture(scope="module")
async def city(postgres: EmbeddedPostgres, broker: EmbeddedBroker, public: Path) -> AsyncIterator[City]:
    """Intake and dispatch, which know the key that signs tokens."""
    write_public(public, KEY)
    async with City(postgres, broker, services=(INTAKE, DISPATCH), token_keys=public) as city:
        await city.move_to("2026-11-09 09:00")
        await city.directory()
        yield city


@pytest.fixture(scope="module")
async def appeal(city: City) -> dict[str, Any]:
    """An appeal that the roads unit handles."""
    registered = await city.register()
    (leg,) = await city.dispatch(registered)
    return registered | {"leg_id": leg}


def bearer(shown: str) -> str:
    return f"Bearer {shown}"


async def test_the_act_of_a_person_is_on_record_under_the_persons_name(
    city: City, appeal: dict[str, Any]
) -> None:
    path = f"/dispatch/appeals/{appeal['appeal_id']}/contacts"
    body = {"leg_id": appeal["leg_id"], "how": "电话"}
    answer = await city.call(None, "POST", path, body, authorization=bearer(token(KEY, "dispatch")))
    assert answer.is_success, answer.text
    (contact,) = await city.published("dispatch", "appeal.contacted.v1")
    assert contact["done_by"] == {"role": "unit", "code": "roads"}
    assert "李工" not in str(contact)
    authors = await city.ok("ops", "GET", f"/dispatch/authors/{appeal['appeal_id']}")
    (by,) = [item for item in authors["items"] if item["type"] == "appeal.contacted.v1"]
    assert (by["role"], by["code"], by["account"]) == ("unit", "roads", "李工 (li.gong)")


async def test_a_token_opens_what_its_role_and_code_open_and_no_more(
    city: City, appeal: dict[str, Any]
) -> None:
    path = f"/dispatch/appeals/{appeal['appeal_id']}"
    own = await city.call(None, "GET", path, authorization=bearer(token(KEY, "dispatch")))
    assert own.is_success
    of_water = forged(KEY, code="water")
    refused(await city.call(None, "GET", path, authorization=bearer(of_water)), 403)
    refused(await city.call(None, "GET", "/dispatch/metrics", authorization=bearer(of_water)), 403)


async def test_a_token_for_reading_changes_nothing(city: City, appeal: dict[str, Any]) -> None:
    reading = bearer(token(KEY, "dispatch", purpose=Purpose.READ))
    path = f"/dispatch/appeals/{appeal['appeal_id']}"
    assert (await city.call(None, "GET", path, authorization=reading)).is_success
    body = {"leg_id": appeal["leg_id"], "text": "已回复"}
    await city.drained()
    before = await city.stored()
    problem = refused(await city.call(None, "POST", f"{path}/replies", body, authorization=reading), 403)
    assert "使用范围" in problem["detail"]
    assert await city.stored() == before


async def test_a_good_token_in_which_nothing_is_changed_is_taken(city: City) -> None:
    """What the refusals below are made of: without the one thing that is changed it would be taken."""
    assert (await city.call(None, "GET", "/dispatch/appeals", authorization=bearer(forged(KEY)))).is_success


NOW = epoch_s


def _tampered() -> str:
    head, _, signature = forged(KEY).split(".")
    return f"{head}.{forged(KEY, role='office', code=None).split('.')[1]}.{signature}"


REFUSED = {
    "no algorithm": lambda: unsigned(KEY),
    "HMAC with the public key": lambda: signed_with_public_key(KEY),
    "another name for the algorithm": lambda: forged(KEY, {"alg": "EdDSA"}),
    "no algorithm but a signature": lambda: forged(KEY, {"alg": "none"}),
    "an unknown key": lambda: forged(OTHER),
    "the id of a known key over an unknown one": lambda: forged(OTHER, {"kid": KEY.thumbprint()}),
    "no key id": lambda: forged(KEY, {"kid": None}),
    "a key id that is a list": lambda: forged(KEY, {"kid": ["a"]}),
    "a key in the header": lambda: forged(OTHER, {"jwk": OTHER.as_dict(private=False)}),
    "a critical header": lambda: forged(KEY, {"crit": ["x"], "x": 1}),
    "an unencoded payload": lambda: forged(KEY, {"crit": ["b64"], "b64": False}),
    "a further header": lambda: forged(KEY, {"cty": "JWT"}),
    "another type": lambda: forged(KEY, {"typ": "JWT"}),
    "expired": lambda: forged(KEY, iat=NOW() - 60 - SKEW_S, exp=NOW() - SKEW_S),
    "expired long ago": lambda: forged(KEY, iat=NOW() - 4000, exp=NOW() - 3940),
    "too long-lived": lambda: forged(KEY, exp=NOW() + LONGEST_S + 1),
    "a day": lambda: forged(KEY, exp=NOW() + 86_400),
    "no expiry": lambda: forged(KEY, exp=...),
    "an expiry before its making": lambda: forged(KEY, iat=NOW(), exp=NOW()),
    "an expiry that is no number": lambda: forged(KEY, exp="2099"),
    "an expiry that is infinite": lambda: forged(KEY, exp=float("inf")),
    "made in the future": lambda: forged(KEY, iat=NOW() + SKEW_S + 2, exp=NOW() + SKEW_S + 32),
    "no making": lambda: forged(KEY, iat=...),
    "for another service": lambda: forged(KEY, aud="intake"),
    "for several services": lambda: forged(KEY, aud=["dispatch", "intake"]),
    "for no service": lambda: forged(KEY, aud=...),
    "of another issuer": lambda: forged(KEY, iss="elsewhere"),
    "an unknown purpose": lambda: forged(KEY, purpose="everything"),
    "no purpose": lambda: forged(KEY, purpose=...),
    "an unknown role": lambda: forged(KEY, role="mayor"),
    "no role": lambda: forged(KEY, role=None),
    "a unit's role without a unit": lambda: forged(KEY, code=None),
    "a subject that is no account": lambda: forged(KEY, sub="li.gong"),
    "no name": lambda: forged(KEY, name=""),
    "a further claim": lambda: forged(KEY, nbf=0),
    "other claims than those that were signed": _tampered,
    "too long": lambda: forged(KEY, name="x" * 5000),
    "cut off": lambda: forged(KEY)[:-1],
}


@pytest.mark.parametrize("forge", REFUSED.values(), ids=REFUSED.keys())
async def test_every_other_token_is_refused_in_the_words_for_a_wrong_key(city: City, forge: Any) -> None:
    wrong = await city.call(None, "GET", "/dispatch/appeals", authorization=bearer("wrong"))
    answer = await city.call(None, "GET", "/dispatch/appeals", authorization=bearer(forge()))
    problem, expected = refused(answer, 401, "Authorization"), refused(wrong, 401, "Authorization")
    assert {**problem, "trace_id": ""} == {**expected, "trace_id": ""}
    assert answer.headers["www-authenticate"] == wrong.headers["www-authenticate"]


async def test_clocks_may_be_a_little_apart(city: City) -> None:
    for iat in (NOW() + SKEW_S - 1, NOW() - LONGEST_S - SKEW_S + 2):
        shown = bearer(forged(KEY, iat=iat, exp=iat + LONGEST_S))
        assert (await city.call(None, "GET", "/dispatch/appeals", authorization=shown)).is_success


async def _answered(city: City, key: OKPKey, status: int) -> None:
    async with asyncio.timeout(10):
        shown = bearer(token(key, "dispatch"))
        while (await city.call(None, "GET", "/dispatch/appeals", authorization=shown)).status_code != status:
            await asyncio.sleep(0.05)


async def test_a_new_key_counts_beside_the_old_one_and_without_a_restart(city: City, public: Path) -> None:
    try:
        write_public(public, KEY, OTHER)
        await _answered(city, OTHER, 200)
        await _answered(city, KEY, 200)
        write_public(public, OTHER)
        await _answered(city, KEY, 401)
        await _answered(city, OTHER, 200)
        await asyncio.to_thread(public.write_text, "no key")
        await asyncio.sleep(1.1)  # the file is looked at once a second: a mistake in it changes nothing
        await _answered(city, OTHER, 200)
    finally:
        write_public(public, KEY)
        await _answered(city, KEY, 200)


async def test_an_enterprise_lists_its_own_appeals_by_the_credit_code_that_was_proved(city: City) -> None:
    first_17 = "91341600MA2UQG1X3"
    own = {"name": "甲企业", "credit_code": first_17 + check_character(first_17)}
    registered = await city.register(title="甲企业的诉求", enterprise=own)
    await city.register(title="别家的诉求", enterprise={"name": "甲企业"})
    shown = forged(KEY, aud="intake", role="enterprise", code=own["credit_code"])
    items = (await city.call(None, "GET", "/intake/mine", authorization=bearer(shown))).json()["items"]
    assert [item["registration_number"] for item in items] == [registered["registration_number"]]
    refused(await city.call(None, "GET", "/intake/mine"), 422, "Proof-Id")
    of_nobody = forged(KEY, aud="intake", role="enterprise", code="91341600MA2UQG1X30")
    answer = await city.call(None, "GET", "/intake/mine", authorization=bearer(of_nobody))
    assert answer.json()["items"] == []
