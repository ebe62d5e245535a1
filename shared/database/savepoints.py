"""A part of a transaction that is undone alone where it fails."""

import contextlib
from collections.abc import AsyncIterator

from sqlalchemy import text

from shared.database.connection import Connection

_BEGIN = text("savepoint part")
_KEEP = text("release savepoint part")
_UNDO = text("rollback to savepoint part")


@contextlib.asynccontextmanager
async def savepoint(conn: Connection) -> AsyncIterator[None]:
    """Undo what the block wrote where it raises; the transaction of `conn` goes on."""
    await conn.execute(_BEGIN)
    try:
        yield
    except BaseException:
        await conn.execute(_UNDO)
        raise
    finally:
        await conn.execute(_KEEP)
