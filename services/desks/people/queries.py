"""Accounts, their sessions, and where people signed in from, in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import TextClause, text

from services.desks.people.domain import IDLE, TOTAL
from shared.database.connection import Connection
from shared.roles import AccountRole

SECOND_FACTOR, ID_TOKEN = "accounts.totp_secret", "sessions.id_token"
"""What secrets of one-time codes and ID tokens are bound to, beside their account or session."""
SEEN_EVERY = timedelta(minutes=1)

_COLUMNS = """account_id, login, name, post, roles, password_hash, password_is_first, password_set_at,
  totp_secret, totp_confirmed_at, totp_step, disabled_at, created_at, version, subject"""
_BY_LOGIN = text(f"select {_COLUMNS} from accounts where login = :login")
_BY_ID = text(f"select {_COLUMNS} from accounts where account_id = :id")
_BY_SUBJECT = text(f"select {_COLUMNS} from accounts where subject = :subject for update")
_LOCKED = text(f"select {_COLUMNS} from accounts where account_id = :id for update")
_ALL_LOCKED = text(f"select {_COLUMNS} from accounts order by account_id for update")
_LIST = text(f"select {_COLUMNS} from accounts where login > :after order by login limit :limit")
_LABELS = text("select account_id, name, login from accounts where account_id = any(cast(:ids as uuid[]))")
_ANY = text("select 1 from accounts limit 1")
_OPEN_LEGS = text("select count(*) from legs where unit = :code and is_open")
_OPEN_LIFTS = text(
    """
    select count(distinct l.appeal_id) from lifts l join cases c on c.appeal_id = l.appeal_id
    where coalesce(l.acts, l.leader) = :code and not c.ended
    """
)
_OPEN: Mapping[AccountRole | None, TextClause] = {
    AccountRole.UNIT: _OPEN_LEGS,
    AccountRole.LEADER: _OPEN_LIFTS,
}
_ADD = text(
    """
    insert into accounts (account_id, login, name, post, roles, password_hash, password_is_first,
      password_set_at, created_at, version)
    values (:account_id, :login, :name, :post, cast(:roles as jsonb), :password_hash, true, :at, :at, 1)
    on conflict (login) do nothing returning 1
    """
)
_ADD_KNOWN = text(
    """
    insert into accounts (account_id, login, name, roles, password_hash, password_is_first, password_set_at,
      created_at, version, subject)
    values (:account_id, :login, :name, cast(:roles as jsonb), '', false, :at, :at, 1, :subject)
    on conflict (login) do nothing returning 1
    """
)
"""No password has an empty hash: nobody signs in to such an account but by the provider."""
_CHANGE = text(
    """
    update accounts set name = :name, post = :post, roles = cast(:roles as jsonb), version = version + 1
    where account_id = :id
    """
)
_DISABLE = text("update accounts set disabled_at = :at, version = version + 1 where account_id = :id")
_PASSWORD = text(
    """
    update accounts set password_hash = :hash, password_is_first = :is_first, password_set_at = :at,
      version = version + 1
    where account_id = :id
    """
)
_SECRET = text(
    """
    update accounts set totp_secret = :secret, totp_confirmed_at = null, totp_step = null,
      version = version + 1
    where account_id = :id
    """
)
_STEP = text(
    """
    update accounts set totp_step = :step, totp_confirmed_at = coalesce(totp_confirmed_at, :at)
    where account_id = :id
    """
)
_BEGIN = text(
    """
    insert into sessions (session_id, secret_hash, account_id, started_at, seen_at, address, agent,
      second_factor_at, provider_session, id_token)
    values (:session_id, :secret_hash, :account_id, :at, :at, :address, :agent,
      :second_factor_at, :provider_session, :id_token)
    """
)
_LIVE = "ended_at is null and seen_at > :idle and started_at > :total"
_SESSION = text(f"select * from sessions where session_id = :id and {_LIVE}")
_OWN = text(
    f"""
    select * from sessions where account_id = :id and {_LIVE}
    order by session_id = cast(:here as uuid) desc, started_at desc, session_id
    """
)
_SEEN = text("update sessions set seen_at = :at where session_id = :id")
_RENEW = text("update sessions set secret_hash = :secret_hash, seen_at = :at where session_id = :id")
_PASSED = text("update sessions set second_factor_at = :at where session_id = :id")
_END = text(
    """
    update sessions set ended_at = :at, id_token = null
    where account_id = :account and ended_at is null
      and (cast(:only as uuid) is null or session_id = :only)
      and (cast(:but as uuid) is null or session_id <> :but)
    returning session_id
    """
)
_OF_PROVIDER = text(
    f"""
    select s.session_id, s.account_id from sessions s join accounts a on a.account_id = s.account_id
    where {_LIVE} and s.provider_session is not null
      and (cast(:subject as text) is null or a.subject = :subject)
      and (cast(:session as text) is null or s.provider_session = :session)
    order by s.account_id, s.session_id
    """
)
_FORGET_SESSIONS = text("delete from sessions where started_at < :before")
_FORGET_TOKENS = text(
    "update sessions set id_token = null where id_token is not null and started_at < :before"
)
_ADD_ORIGIN = text(
    """
    insert into origins (event_id, account_id, type, detail, at, address, salt)
    values (:event_id, :account_id, :type, :detail, :at, :address, :salt)
    """
)
_ORIGINS = text(
    """
    select event_id, account_id, type, detail, at, address from origins
    where (cast(:account as uuid) is null or account_id = :account)
      and (cast(:before as timestamptz) is null or (at, event_id) < (:before, cast(:id as uuid)))
    order by at desc, event_id desc limit :limit
    """
)


async def account_of_login(conn: Connection, login: str) -> Any:
    return (await conn.execute(_BY_LOGIN, {"login": login})).one_or_none()


async def account_of_subject(conn: Connection, subject: str) -> Any:
    """The account, locked, of whom the identity provider knows as `subject`; None where there is none."""
    return (await conn.execute(_BY_SUBJECT, {"subject": subject})).one_or_none()


async def account(conn: Connection, account_id: UUID, *, locked: bool = False) -> Any:
    """The row of an account; None where there is none."""
    return (await conn.execute(_LOCKED if locked else _BY_ID, {"id": account_id})).one_or_none()


async def all_accounts_locked(conn: Connection) -> Sequence[Any]:
    """All accounts, so that nobody changes another one meanwhile."""
    return (await conn.execute(_ALL_LOCKED)).all()


async def accounts(conn: Connection, after: str, limit: int) -> Sequence[Any]:
    return (await conn.execute(_LIST, {"after": after, "limit": limit})).all()


async def has_accounts(conn: Connection) -> bool:
    return (await conn.execute(_ANY)).scalar() is not None


async def open_work(conn: Connection, role: AccountRole | None, code: str | None) -> int:
    """How many legs of a unit, or lifted appeals of a leader, are open; none for other roles."""
    query = _OPEN.get(role)
    return 0 if query is None else int((await conn.execute(query, {"code": code})).scalar_one())


async def labels(conn: Connection, ids: Sequence[UUID]) -> Sequence[Any]:
    """Names and logins of accounts."""
    return (await conn.execute(_LABELS, {"ids": list(ids)})).all()


async def add_account(conn: Connection, at: datetime, **values: Any) -> bool:
    """Add an account; False where the login is, or was, that of another."""
    values["roles"] = orjson.dumps(values["roles"]).decode()
    return (await conn.execute(_ADD, {**values, "at": at})).scalar() is not None


async def add_known_account(conn: Connection, at: datetime, **values: Any) -> bool:
    """Add the account of somebody whom the provider knows; False where the login is, or was, another's."""
    values["roles"] = orjson.dumps(values["roles"]).decode()
    return (await conn.execute(_ADD_KNOWN, {**values, "at": at})).scalar() is not None


async def change_account(conn: Connection, account_id: UUID, name: str, post: str | None, roles: Any) -> None:
    values = {"id": account_id, "name": name, "post": post, "roles": orjson.dumps(roles).decode()}
    await conn.execute(_CHANGE, values)


async def set_disabled(conn: Connection, account_id: UUID, at: datetime | None) -> None:
    await conn.execute(_DISABLE, {"id": account_id, "at": at})


async def set_password(
    conn: Connection, account_id: UUID, at: datetime, hash_: str, *, is_first: bool
) -> None:
    await conn.execute(_PASSWORD, {"id": account_id, "at": at, "hash": hash_, "is_first": is_first})


async def set_second_factor(conn: Connection, account_id: UUID, secret: str | None) -> None:
    """Set a secret that is yet to be confirmed, or take the second factor away."""
    encrypted = secret and conn.cell(SECOND_FACTOR, account_id).encrypt(secret)
    await conn.execute(_SECRET, {"id": account_id, "secret": encrypted})


def second_factor_of(conn: Connection, row: Any) -> str | None:
    """The secret of the one-time codes of an account, decrypted; None where none is set up."""
    secret = row.totp_secret
    return None if secret is None else conn.cell(SECOND_FACTOR, row.account_id).decrypt(secret)


async def use_step(conn: Connection, account_id: UUID, at: datetime, step: int) -> None:
    """Note the step of a code that was used, which confirms the secret."""
    await conn.execute(_STEP, {"id": account_id, "at": at, "step": step})


async def begin_session(conn: Connection, at: datetime, **values: Any) -> None:
    await conn.execute(_FORGET_SESSIONS, {"before": at - timedelta(days=180)})
    await conn.execute(_FORGET_TOKENS, {"before": at - TOTAL})
    id_token = values["id_token"] and conn.cell(ID_TOKEN, values["session_id"]).encrypt(values["id_token"])
    await conn.execute(_BEGIN, {**values, "id_token": id_token, "at": at})


def id_token_of(conn: Connection, row: Any) -> str | None:
    """The ID token of a session that the identity provider began, decrypted; None for any other."""
    token = row.id_token
    return None if token is None else conn.cell(ID_TOKEN, row.session_id).decrypt(token)


async def live_session(conn: Connection, session_id: UUID, at: datetime) -> Any:
    """The row of a session that is neither ended, nor idle or old; None for any other."""
    values = {"id": session_id, "idle": at - IDLE, "total": at - TOTAL}
    return (await conn.execute(_SESSION, values)).one_or_none()


async def provider_sessions(
    conn: Connection, at: datetime, subject: str | None, session: str | None
) -> Sequence[Any]:
    """The live sessions that the provider began, for one person there, one session there, or both."""
    values = {"subject": subject, "session": session, "idle": at - IDLE, "total": at - TOTAL}
    return (await conn.execute(_OF_PROVIDER, values)).all()


async def own_sessions(conn: Connection, account_id: UUID, here: UUID, at: datetime) -> Sequence[Any]:
    """List an account's sessions: the session `here` first, then the newest."""
    values = {"id": account_id, "here": here, "idle": at - IDLE, "total": at - TOTAL}
    return (await conn.execute(_OWN, values)).all()


async def see(conn: Connection, session: Any, at: datetime) -> None:
    """Note that a session is in use; no more than once a minute."""
    if at - session.seen_at >= SEEN_EVERY:
        await conn.execute(_SEEN, {"id": session.session_id, "at": at})


async def renew_secret(conn: Connection, session_id: UUID, at: datetime, secret_hash: str) -> None:
    await conn.execute(_RENEW, {"id": session_id, "at": at, "secret_hash": secret_hash})


async def pass_second_factor(conn: Connection, session_id: UUID, at: datetime) -> None:
    await conn.execute(_PASSED, {"id": session_id, "at": at})


async def end_sessions(
    conn: Connection, account_id: UUID, at: datetime, *, only: UUID | None = None, but: UUID | None = None
) -> Sequence[UUID]:
    """End sessions of an account: all, only one, or all but one. Returns those that had not ended."""
    values = {"account": account_id, "at": at, "only": only, "but": but}
    return (await conn.execute(_END, values)).scalars().all()


async def add_origin(conn: Connection, **values: Any) -> None:
    await conn.execute(_ADD_ORIGIN, values)


async def origins(
    conn: Connection, account_id: UUID | None, before: datetime | None, id_: UUID | None, limit: int
) -> Sequence[Any]:
    """What was done to accounts and at signing in, the newest first."""
    values = {"account": account_id, "before": before, "id": id_, "limit": limit}
    return (await conn.execute(_ORIGINS, values)).all()
