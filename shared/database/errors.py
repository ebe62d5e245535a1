"""Which errors of a database pass by themselves."""

import asyncpg
from sqlalchemy.exc import DBAPIError

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""asyncpg raises `InternalClientError` when the server has closed the connection."""
DATABASE_ERRORS = (DBAPIError, *DRIVER_ERRORS, OSError, TimeoutError)
_TRANSIENT = ("08", "40", "53", "55", "57", "58")  # SQLSTATE classes that pass by themselves


def is_transient(error: BaseException) -> bool:
    """Whether trying again later may help: connection lost, server starting, deadlock, disk full."""
    said = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(said, "sqlstate", None)
    return isinstance(error, DATABASE_ERRORS) if state is None else state[:2] in _TRANSIENT
