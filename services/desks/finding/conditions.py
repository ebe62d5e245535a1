"""The conditions of lists in SQL: what is searched for, and what the caller may see."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.desks.finding.parameters import Wanted
from shared.finding.words import bigrams
from shared.judging.sight import Sight, seen_pack
from shared.web.paging import no_cursor

NUMBER, CREDIT_CODE, ENTERPRISE, TITLE = 1, 2, 3, 4
"""The places of texts in what is searched."""
WHO = "c.enterprise, c.credit_code"
WHO_FOR_UNITS = (
    "case when c.is_named then c.enterprise end as enterprise,"
    " case when c.is_named then c.credit_code end as credit_code"
)
LIVE = " and c.units && cast(:own_units as text[])"
"""A unit finds by a phone those cases alone of which it has a live leg: of others it reads no contacts."""
NAMES = """
  (select u.name from units u where u.code = c.locality) as locality_name,
  array(
    select coalesce(u.name, named.code) from unnest(c.units) with ordinality as named (code, place)
    left join units u on u.code = named.code order by named.place
  ) as unit_names
"""
"""The names of a case's locality and units, by the directory."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose eyes a list is for: the packs that the role may see, and the units whose cases alone it sees.

    `names`: whether the role reads who asks.
    """

    sight: Sight
    units: Collection[str] | None
    now: datetime
    zone: ZoneInfo
    names: bool = True

    @property
    def searched(self) -> str:
        """What is searched: a column, or the parts of it that name nobody."""
        if not self.names:
            return f"(split_part(c.searched, chr(31), {NUMBER}) || split_part(c.searched, chr(31), {TITLE}))"
        return "c.searched" if self.units is None else "c.searched_by_units"

    def narrowed(self, units: Collection[str] | None) -> Collection[str] | None:
        """Of the units that are asked for, those that the reader may see; all of these where it sees none.

        None: every unit.
        """
        if self.units is None:
            return units
        return [code for code in self.units if code in (units or ())] or self.units

    @property
    def who(self) -> str:
        """The columns that say who asks: a unit reads them of cases alone that do not withhold the name."""
        return WHO if self.units is None else WHO_FOR_UNITS


@dataclass(frozen=True, slots=True)
class MatchesElsewhere:
    """What intake found: appeals with the text and the phone of the search, and those with its query.

    `queried` have the words of the query in their text, `phoned` a phone with its end.
    """

    filtered: Collection[UUID] | None = None
    queried: Collection[UUID] = ()
    phoned: Collection[UUID] = ()


Position = tuple[str, str] | None
"""Where a page starts: after the sorted moment, as text, and the id."""


class Conditions:
    """The conditions of a list in SQL, and their values."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.values: dict[str, Any] = {}

    def add(self, condition: str, **values: Any) -> None:
        """Ask for this too."""
        self.parts.append(condition)
        self.values |= values

    @property
    def where(self) -> str:
        """All conditions."""
        return " and ".join(self.parts)


def conditions_of(
    wanted: Wanted, scope: Scope, matches: MatchesElsewhere, units: Collection[str] | None
) -> Conditions:
    """What is asked of the cases of a list. `units`: the codes that `wanted.unit` means."""
    conditions = Conditions()
    conditions.add(seen_pack("c.pack"), **scope.sight.values)
    tags = list(wanted.tags)
    choosing = (("reader", scope.units), ("unit", units), ("locality", wanted.localities or None))
    for name, codes in choosing:
        choices = [f"{name}={code}" for code in codes or ()]
        if len(choices) > 1:
            conditions.add(f"c.tags && cast(:{name}_tags as text[])", **{f"{name}_tags": choices})
        else:
            tags += choices
    if tags:
        conditions.add("c.tags @> cast(:tags as text[])", tags=tags)
    _search(conditions, wanted, scope, matches)
    _between(conditions, wanted, scope)
    return conditions


def _search(conditions: Conditions, wanted: Wanted, scope: Scope, matches: MatchesElsewhere) -> None:
    for name, place, part in (
        ("number", NUMBER, wanted.number),
        ("credit_code", CREDIT_CODE, wanted.credit_code),
        ("enterprise", ENTERPRISE, wanted.enterprise),
    ):
        if part is not None:
            column = f"split_part({scope.searched}, chr(31), {place})"
            _contain(conditions, [part], column, name)
    if wanted.exact_number is not None:
        conditions.add("c.registration_number = :exact_number", exact_number=wanted.exact_number)
    named, live = ("", "") if scope.units is None else (" and c.is_named", LIVE)
    if scope.units is not None:
        conditions.values["own_units"] = list(scope.units)
    if wanted.words:
        own = Conditions()
        _contain(own, wanted.words, scope.searched, "q")
        elsewhere = (
            f"(c.appeal_id = any(cast(:queried as uuid[])){named})"
            f" or (c.appeal_id = any(cast(:phoned as uuid[])){named}{live})"
        )
        lists = {"queried": list(matches.queried), "phoned": list(matches.phoned)}
        conditions.add(f"({own.where} or {elsewhere})", **lists, **own.values)
    if matches.filtered is not None:
        condition = f"c.appeal_id = any(cast(:filtered as uuid[])){named}"
        condition += live if wanted.phone_tail is not None else ""
        conditions.add(condition, filtered=list(matches.filtered))


def _contain(conditions: Conditions, words: Iterable[str], column: str, name: str) -> None:
    """Ask that a text contains all words: the index finds those with all their bigrams, then one looks."""
    words = list(words)
    conditions.add(f"c.bigrams @> cast(:{name}_bigrams as text[])", **{f"{name}_bigrams": bigrams(words)})
    for number, word in enumerate(words):
        conditions.add(f"position(:{name}_{number} in {column}) > 0", **{f"{name}_{number}": word})


def _between(conditions: Conditions, wanted: Wanted, scope: Scope) -> None:
    for name, sign, day in (
        ("received_from", ">=", wanted.received_from),
        ("received_to", "<", wanted.received_to and wanted.received_to + timedelta(days=1)),
    ):
        if day is not None:
            start = datetime(day.year, day.month, day.day, tzinfo=scope.zone)
            conditions.add(f"c.received_at {sign} :{name}", **{name: start})
    if wanted.due_before is not None:
        conditions.add("c.due_order < :due_before", due_before=wanted.due_before)
    if wanted.overdue is not None:
        negation = "" if wanted.overdue else "not "
        condition = "(c.overdue_at is not null or coalesce(c.due_at < :now, false))"
        conditions.add(f"{negation}{condition}", now=scope.now)


def position(cursor: list[Any] | None, sort: str) -> Position:
    """Where a page starts. `Invalid` for a cursor that no page of this list gave."""
    if cursor is None:
        return None
    if len(cursor) != 3 or not all(isinstance(part, str) for part in cursor) or cursor[0] != sort:
        raise no_cursor()
    _, moment, id_ = cursor
    try:
        if moment != "infinity":
            datetime.fromisoformat(moment)
        return moment, str(UUID(id_))
    except ValueError as error:
        raise no_cursor() from error
