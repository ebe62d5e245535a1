"""Which kind of field of the desks' rows is for whom, and by what a role may search. Pure."""

from collections.abc import Collection

from services.desks.finding.parameters import Wanted
from shared.appeals.readers import APPEAL_READERS, FieldKind, Relation
from shared.named import Named
from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.service.errors import Forbidden
from shared.web.fields import FieldTable, Place

ENTERPRISE = Place(FieldKind.ENTERPRISE)
FIELDS = FieldTable(APPEAL_READERS, {"enterprise": ENTERPRISE, "credit_code": ENTERPRISE})
_FILTERS: dict[str, Named] = {
    "enterprise": FieldKind.ENTERPRISE,
    "credit_code": FieldKind.ENTERPRISE,
    "text": FieldKind.TEXT,
    "phone_tail": FieldKind.CONTACT,
}
"""Of which kind is what a filter searches: nobody finds by what it may not read."""


def searches(kind: Named, role: AccountRole | None) -> bool:
    """Whether a role may search by this kind of field: units among the cases of which they read it.

    Leaders read the contacts of some cases alone. Which ones these are is not known here: they search no
    phones.
    """
    return FIELDS.reads(kind, role, {Relation.LIVE_LEG} if role == AccountRole.UNIT else ())


def relations(caller: Caller) -> Collection[Relation]:
    """How a caller stands to the rows that it reads. Units read no names where these are withheld: a query
    leaves them out.
    """
    return (Relation.READING_ALONG,) if caller.role == AccountRole.UNIT else ()


def check_search(wanted: Wanted, caller: Caller) -> None:
    """Raises `Forbidden`, about the filter, where the caller may not read what it searches."""
    for name, kind in _FILTERS.items():
        if getattr(wanted, name) is not None and not searches(kind, caller.role):
            raise Forbidden(
                f"本账号无权查看“{kind.zh}”，不能据此查找",
                f"{kind.value} is not for this account: nobody searches by what it may not read",
                name,
            )
