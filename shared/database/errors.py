"""The errors of a database, and which of them are transient."""

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""asyncpg raises `InternalClientError` when the server has closed the connection."""
DATABASE_ERRORS = (DBAPIError, *DRIVER_ERRORS, OSError, TimeoutError)
"""What a statement or a connection may raise."""
_TRANSIENT = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE: connection, rollback, resources, object not ready, operator intervention, system."""

_REFUSED = ("28", "3D")
"""Classes of SQLSTATE: role or password is wrong, there is no such database."""

_OF_CONTENT = ("22", "54")
"""Classes of SQLSTATE: data exception, program limit (an index entry too long)."""

_LOCKS = ("40P01", "55P03")
"""Deadlock, and a lock that was not had in time."""


class DatabaseAway(ValueError):
    """The database does not answer, or does not let the service in, when the service starts."""

    def __init__(self, service: str, url: str, error: BaseException) -> None:
        cause = (error.orig and error.orig.__cause__) or error if isinstance(error, DBAPIError) else error
        super().__init__(
            f"the database of {service} cannot be used ({make_url(url).render_as_string()}): {cause}. Does"
            " PostgreSQL run there, and are database, role and password of HUYING_DATABASE right?"
            " / 数据库无法连接：请检查 PostgreSQL 是否运行，HUYING_DATABASE 的库名、账号和密码是否正确"
        )


def is_transient(error: BaseException) -> bool:
    """Whether trying again later may help: connection lost, server starting, deadlock, disk full."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    return isinstance(error, DATABASE_ERRORS) if state is None else state[:2] in _TRANSIENT


def is_about_connecting(error: BaseException) -> bool:
    """Whether the database could not be reached, or did not let us in."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return is_transient(error) or (getattr(cause, "sqlstate", None) or "")[:2] in _REFUSED


def is_about_locks(error: DBAPIError) -> bool:
    """Whether a lock of somebody else was in the way."""
    return getattr(error.orig, "sqlstate", None) in _LOCKS


def is_of_content(error: BaseException) -> bool:
    """Whether the values alone are at fault, so that trying again cannot help."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(cause, "sqlstate", None) or "")
    return state[:2] in _OF_CONTENT or isinstance(error, UnicodeError | OverflowError)
