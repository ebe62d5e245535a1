"""The directory of leaders as each service keeps it: its table, and how it is read and written."""

import sqlalchemy as sa
from sqlalchemy import text

from shared.database.connection import Connection
from shared.directory.leaders import Leaders
from shared.events import LeaderChanged

_LEADERS = text(
    "select code, coalesce(post, code) as post, holds_from, holds_until, deputy, above from leaders"
)
_KEEP = text(
    """
    insert into leaders (code, post, holds_from, holds_until, deputy, above)
    values (:code, :post, :holds_from, :holds_until, :deputy, :above)
    on conflict (code) do update
    set post = excluded.post, holds_from = excluded.holds_from, holds_until = excluded.holds_until,
      deputy = excluded.deputy, above = excluded.above
    """
)


def add_table(metadata: sa.MetaData) -> None:
    """Add the table of leaders as escalation says them: without their names."""
    sa.Table("leaders", metadata, sa.Column("code", sa.Text, primary_key=True), *columns(nullable=False))


def columns(*, nullable: bool) -> list[sa.Column[object]]:
    """The columns beside the code. Without `post` a leader holds the one that bears the leader's code."""
    return [
        sa.Column("post", sa.Text, nullable=nullable),
        sa.Column("holds_from", sa.Date),
        sa.Column("holds_until", sa.Date),
        sa.Column("deputy", sa.Text),
        sa.Column("above", sa.Text),
    ]


async def known_leaders(conn: Connection) -> Leaders:
    """The directory as it is known here."""
    return Leaders.of_rows((await conn.execute(_LEADERS)).all())


async def keep_leader(conn: Connection, event: LeaderChanged) -> None:
    """Write what escalation said of a leader."""
    names = {"code", "post", "holds_from", "holds_until", "deputy", "above"}
    await conn.execute(_KEEP, event.model_dump(include=names))
