"""Accounts and sessions as they are answered. Pure."""

from typing import Any
from uuid import UUID

from services.desks.people.domain import Account
from services.desks.people.sessions import Session


def shown_account(account: Account) -> dict[str, Any]:
    """An account, without secrets."""
    return {
        "account_id": account.account_id,
        "login": account.login,
        "name": account.name,
        "post": account.post,
        "roles": [grant.model_dump(mode="json") for grant in account.grants],
        "disabled": account.is_disabled,
        "first_password": account.password_is_first,
        "second_factor": account.has_second_factor,
        "password_set_at": account.password_set_at,
        "version": account.version,
    }


def shown_session(row: Any, current: UUID) -> dict[str, Any]:
    """A session, without its secret."""
    names = ("session_id", "started_at", "seen_at", "address", "agent")
    return {**{name: row[name] for name in names}, "current": row.session_id == current}


def standing(session: Session) -> dict[str, Any]:
    """The session of this browser."""
    return {
        "session_id": session.id,
        "stage": session.stage,
        "proof": session.cookie.proof,
        "account": shown_account(session.account),
    }
