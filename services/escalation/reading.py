"""A judged case as its reader sees it: what its kind of field is for. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.appeals.readers import APPEAL_READERS, FieldKind, Relation
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.web.fields import FieldTable, Place

TEXT, WORDS = Place(FieldKind.TEXT), Place(FieldKind.TEXT, empty="")
FIELDS = FieldTable(
    APPEAL_READERS,
    {
        "gathered.summary": WORDS,
        "lifts.instruction": TEXT,
        "lifts.named_reason": TEXT,
        "lift.instruction": TEXT,
        "lift.named_reason": TEXT,
        "cards.reason": TEXT,
        "reasons": TEXT,
        "publications[unit]": Place(FieldKind.PROPOSALS),
    },
)
OF_EVENTS: Mapping[str, FieldKind] = {
    "enterprise": FieldKind.ENTERPRISE,
    "credit_code": FieldKind.ENTERPRISE,
    "reason": FieldKind.TEXT,
    "how": FieldKind.TEXT,
    "instruction": FieldKind.TEXT,
    "summary": FieldKind.TEXT,
}
"""Of which kind fields of the events in a history are. Sums of instalments judge the case: all have them."""
_UNIT = frozenset({Relation.READING_ALONG})


def as_read_by(reader: Caller, case: Mapping[str, Any]) -> dict[str, Any]:
    """The case as the reader sees it. Which units have a part in it is decided before."""
    known = _UNIT if reader.role == AccountRole.UNIT else frozenset()
    return FIELDS.shown(case, reader.role, [reader.code] if reader.code else (), known)
