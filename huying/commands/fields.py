"""Write docs/fields.md, the tables of fields of all services: `python -m huying.commands.fields`."""

from collections.abc import Collection, Mapping
from pathlib import Path

from huying.local.services import load_all
from services.financing.readers import LOAN_READERS
from shared.appeals.readers import APPEAL_READERS, Relation
from shared.named import Named
from shared.roles import AccountRole
from shared.web.fields import EVERY, Place, Readers

PAGE = Path(__file__).parents[2] / "docs" / "fields.md"
_HEAD = """\
# Who may read which field

[access.md](access.md) says who may call a route; this page says what of a case its answer shows: one row a
kind of field, one column a role that reads any of them. A role that a row does not name never reads that
kind: the field is null, a list is empty, and a text that must be there is empty. Titles, codes, dates and
states are of no kind.

This holds for lists, for their CSV and XLSX forms, for one case, and for the answer to an act. Nobody
searches by what it may not read (403 names the filter). The enterprise reads its own case by its receipt
code.

| relation | |
|---|---|
| ● | every case that the role may read |
| `own` | the part of its own unit or bank, and what it wrote itself |
| `live_leg` | the unit of a live leg, where the units learn who asks |
| `reading_along` | a unit that is invited to an open joint study, of the task force, or first asked |
| `past_leg` | the unit of a leg that ended |
| `withheld` | a unit of any of these where the units do not learn who asks; no text tells it either |
| `in_charge` | the leader in charge of a live leg's unit, or of the lift; the mayor, of every lifted appeal |

The tables come from `shared/appeals/readers.py` and `services/financing/readers.py`; where the fields stand,
from `reading.py`, `fields.py` or `readers.py` of each service. Do not edit this page: run
`python -m huying.commands.fields`.
"""


def page() -> str:
    """The page, in Markdown."""
    places = [
        f"\n## Fields of {service.name}\n\n{_places(service.fields.places)}"
        for service in load_all()
        if service.fields.places
    ]
    sections = [
        _HEAD,
        f"## Appeals\n\n{_table(APPEAL_READERS)}\n",
        f"## Loan requests and complaints about banks\n\n{_table(LOAN_READERS)}",
        *places,
    ]
    return "\n".join(sections) + "\n"


def _table(readers: Readers) -> str:
    roles = [role for role in AccountRole if any(role in who for who in readers.values())]
    lines = [f"| kind | {' | '.join(roles)} |", f"|---|{':-:|' * len(roles)}"]
    for kind, who in readers.items():
        cells = " | ".join(_cell(who.get(role, ())) for role in roles)
        lines.append(f"| `{kind.value}` {kind.zh} | {cells} |")
    return "\n".join(lines)


def _cell(relations: Collection[str]) -> str:
    return "●" if EVERY in relations else ", ".join(f"`{Relation(name).value}`" for name in relations)


def _places(places: Mapping[str, Place]) -> str:
    by_kind: dict[Named, list[str]] = {}
    for path, place in places.items():
        by_kind.setdefault(place.kind, []).append(f"`{path}`")
    rows = [f"| `{kind.value}` | {', '.join(paths)} |" for kind, paths in by_kind.items()]
    return "\n".join(["| kind | fields |", "|---|---|", *rows])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
