"""Rules of accounts without a database: what a session waits for, and what its cookies are called."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from joserfc.jwk import OKPKey
from starlette.requests import Request
from starlette.responses import Response

from services.desks.people import cookies
from services.desks.people.cookies import SessionCookie
from services.desks.people.domain import Account, Grant, Stage, ended, received, stage_of, standing_in
from shared.roles import AccountRole


def account(role: AccountRole) -> Account:
    grants = (Grant(role=role, code="roads"),)
    at = datetime(2026, 11, 9, tzinfo=UTC)
    return Account(uuid4(), "li", "李工", None, grants, False, False, at, False, 1)


@pytest.mark.parametrize(
    ("role", "besides", "stage"),
    [
        (AccountRole.UNIT_HANDLER, (), Stage.OPEN),
        (AccountRole.UNIT_HANDLER, (AccountRole.UNIT,), Stage.SECOND_FACTOR_SETUP),
        (AccountRole.UNIT_HANDLER, (AccountRole.UNIT_HANDLER,), Stage.SECOND_FACTOR_SETUP),
        (AccountRole.UNIT, (AccountRole.UNIT_HANDLER,), Stage.OPEN),
        (AccountRole.DISPATCHER, (), Stage.SECOND_FACTOR_SETUP),
    ],
)
def test_a_city_demands_one_time_codes_of_further_roles(
    role: AccountRole, besides: tuple[AccountRole, ...], stage: Stage
) -> None:
    assert stage_of(account(role), besides, passed_second_factor=False) is stage


class Keys:
    """What signs cookies, without files."""

    def __init__(self) -> None:
        self.key = OKPKey.generate_key("Ed25519")

    def signer(self) -> OKPKey:
        return self.key


def test_with_tls_cookies_are_taken_by_their_host_name_alone() -> None:
    keys, answer, session = Keys(), Response(), SessionCookie.new(UUID(int=1))
    cookies.set_session(answer, session, keys, secure=True)  # type: ignore[arg-type]
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == "__Host-huying-session"
    assert {"Secure", "HttpOnly", "Path=/"} <= set(rest.split("; "))
    assert "Domain" not in rest

    def read(name: str, *, secure: bool) -> SessionCookie | None:
        header = (b"cookie", f"{name}={rest.partition(';')[0]}".encode())
        request = Request({"type": "http", "headers": [header]})
        return cookies.session_cookie(request, {keys.key.thumbprint(): keys.key}, secure=secure)

    assert read("__Host-huying-session", secure=True) == session
    assert read("huying-session", secure=True) is None
    assert read("huying-session", secure=False) == session


DAY = date(2026, 11, 9)
UNIT = Grant(role=AccountRole.UNIT, code="roads")
LEAVING, RECEIVER, DEPUTY = UUID(int=1), UUID(int=2), UUID(int=3)


def test_whoever_takes_over_gets_what_has_not_ended_and_is_not_held_yet() -> None:
    over = UNIT.model_copy(update={"code": "water", "ends_on": date(2026, 11, 8)})
    later = UNIT.model_copy(update={"code": "housing", "starts_on": date(2026, 12, 1)})
    as_deputy = UNIT.model_copy(update={"code": "parks", "deputy_for": DEPUTY})
    leaving = (UNIT, over, later, as_deputy)
    assert received(leaving, (), DAY) == (UNIT.model_copy(update={"starts_on": DAY}), later)
    assert received(leaving, (UNIT,), DAY) == (later,)
    assert [grant.ends_on for grant in ended(leaving, DAY)] == [date(2026, 11, 8)] * 3


def test_deputies_stand_in_for_whoever_took_over_and_nobody_for_oneself() -> None:
    grants = (UNIT.model_copy(update={"deputy_for": LEAVING}),)
    assert standing_in(grants, LEAVING, RECEIVER, DEPUTY)[0].deputy_for == RECEIVER
    assert standing_in(grants, LEAVING, RECEIVER, RECEIVER) == ()
