"""Which units a person means who types a code or a name."""

import re

from services.desks.finding import queries
from shared.database.connection import Connection
from shared.service.errors import Invalid

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")


async def codes_of(conn: Connection, named: str | None, parameter: str = "unit") -> list[str] | None:
    """The codes of the units that are named; None where none is asked for. `Invalid` for an unknown name."""
    if named is None:
        return None
    if _CODE.fullmatch(named):
        return [named]
    if not (codes := await queries.units_named(conn, named.strip())):
        raise Invalid(
            "没有这个名称的承办单位或属地：请用通讯录中的全称或代码",
            "no unit has this name: write it in full as the directory has it, or give its code",
            parameter,
        )
    return codes
