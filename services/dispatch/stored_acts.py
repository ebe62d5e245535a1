"""How an act is stored: its kind and its leg are read in SQL; all else of it is encrypted, as one value."""

from collections.abc import Iterable
from typing import Any

import orjson

from services.dispatch.acts.base import AppealAct
from shared.database.connection import Connection
from shared.encryption.cells import Cell
from shared.encryption.fields import ERASED

ACT = "acts.act"
CONTENT = "encrypted"
"""The name under which a stored act has what is encrypted. No act has a field of this name."""
_CLEAR = ("act", "leg_id")
TEXTS = (
    "text",
    "remarks",
    "how",
    "who",
    "reason",
    "by",
    "signed_by",
    "approver",
    "receiver",
    "reference",
    "question",
    "conclusion",
)
"""The fields of acts that people write as they like. `to` names a body."""
CODES = {("decide_stage", "by")}
"""Those of an act that are a code there."""


def stored(cell: Cell, act: AppealAct) -> str:
    """An act as JSON, as it is stored."""
    return _stored(cell, orjson.loads(act.model_dump_json()))


def read(conn: Connection, appeal_id: object, act: dict[str, Any]) -> dict[str, Any]:
    """An act as it was done, made of a stored one; one of an earlier version is stored in plain."""
    return _read(conn.cell(ACT, appeal_id), act)


def read_all(conn: Connection, appeal_id: object, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with their acts as they were done."""
    cell = conn.cell(ACT, appeal_id)
    return [{**row, "act": _read(cell, row["act"])} for row in rows]


def erased(cell: Cell, act: dict[str, Any]) -> tuple[str, int]:
    """A stored act without what was written in it, and how many texts that were."""
    read_act = _read(cell, act)
    names = [name for name in TEXTS if read_act.get(name) not in (None, "", ERASED)]
    kept = {name for name in names if (act["act"], name) in CODES}
    without = {name: ERASED for name in names if name not in kept}
    return _stored(cell, read_act | without), len(without)


def renew(cell: Cell, value: str) -> str:
    """A stored act under the current key."""
    return _stored(cell, _read(cell, orjson.loads(value)))


def _stored(cell: Cell, act: dict[str, Any]) -> str:
    clear = {name: act[name] for name in _CLEAR if name in act}
    content = {name: value for name, value in act.items() if name not in _CLEAR}
    encrypted = {CONTENT: cell.encrypt_json(content)} if content else {}
    return orjson.dumps(clear | encrypted).decode()


def _read(cell: Cell, act: dict[str, Any]) -> dict[str, Any]:
    clear = {name: value for name, value in act.items() if name != CONTENT}
    return clear | (cell.decrypted(act[CONTENT]) if CONTENT in act else {})
