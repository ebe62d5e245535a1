"""Tables of fields: which kinds a role reads, in which relation to the case, and where they stand.

A table names who may; whoever it does not name reads the document without the field. What kinds and relations
there are is said by whoever makes the table. `docs/fields.md` shows the tables of all services on one page.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.named import Named
from shared.roles import AccountRole

EVERY = "every"
"""The relation in which a role stands to every case that it may read."""
OWN = "own"
"""The relation in which a caller stands to its own part of a case."""
Readers = Mapping[Named, Mapping[AccountRole, Collection[str]]]
"""By kind of field the roles that read it, and in which relations to the case."""
ALWAYS: frozenset[str] = frozenset({EVERY})


class Place(NamedTuple):
    """A field of this kind. Where it is not read, `empty` stands in its place; a list is empty.

    Where it is read, `mask` says what of it is shown as long as nobody asks for the whole of it.
    """

    kind: Named
    empty: str | None = None
    mask: Callable[[Any], Any] | None = None


@dataclass(slots=True)
class _Node:
    """A field of a document: its own place, where it has one, and the fields within it.

    `owner`: it is a list of parts, and this field of a part has the code of whoever the part belongs to.
    """

    place: Place | None = None
    owner: str | None = None
    within: dict[str, "_Node"] = field(default_factory=dict)


class FieldTable:
    """Who reads which kind of field, and where the fields of each kind stand in the documents of a service.

    A place is written `enterprise.phone`; within a list it is each element's. `legs[unit]` is a list of parts
    that each belong to the unit in the part's field `unit`: of these the table says who reads the parts of
    others.
    """

    def __init__(self, readers: Readers, places: Mapping[str, Place]) -> None:
        self.readers = readers
        self.places = places
        self._root = _Node()
        for path, place in places.items():
            node = self._root
            for name, owner in map(_parsed, path.split(".")):
                node = node.within.setdefault(name, _Node())
                node.owner = node.owner or owner
            node.place = place

    def reads(self, kind: Named, role: AccountRole | None, relations: Collection[str] = ALWAYS) -> bool:
        """Whether a role that stands in these relations to a case reads this kind of field."""
        return role is not None and not {EVERY, *relations}.isdisjoint(self.readers[kind].get(role, ()))

    def unread(self, role: AccountRole | None, relations: Collection[str]) -> frozenset[Named]:
        """The kinds of field that a role in these relations to a case does not read."""
        return frozenset(kind for kind in self.readers if not self.reads(kind, role, relations))

    def shown(
        self,
        document: Mapping[str, Any],
        role: AccountRole | None,
        codes: Collection[str] = (),
        relations: Collection[str] = ALWAYS,
    ) -> dict[str, Any]:
        """The document as a role reads it that speaks for `codes`, in these relations to the case."""
        reader = _Reader(
            codes,
            self.unread(role, relations),
            self.unread(role, {*relations, OWN}) if codes else None,
        )
        return reader.shown(document, self._root)


class _Reader(NamedTuple):
    """What a reader does not read of a case, and of its own parts of the case where it can have some."""

    codes: Collection[str]
    unread: frozenset[Named]
    unread_of_own: frozenset[Named] | None

    def shown(self, document: Mapping[str, Any], node: _Node) -> dict[str, Any]:
        """The part of a document without what is not read."""
        known = {name: within for name, within in node.within.items() if name in document}
        return {**document, **{name: self._value(document[name], known[name]) for name in known}}

    def _value(self, value: Any, node: _Node) -> Any:
        if isinstance(value, list | tuple) and node.owner is not None:
            return list(self._parts(value, node, node.owner))
        if node.place is not None and node.place.kind in self.unread:
            return _emptied(value, node.place)
        if node.place is not None and node.place.mask is not None and value is not None:
            return node.place.mask(value)
        return self._within(value, node)

    def _parts(self, parts: Collection[Any], node: _Node, owner: str) -> Iterator[Any]:
        """The parts of others, where they are read, and those of the reader itself."""
        others_are_read = node.place is None or node.place.kind not in self.unread
        own = self._replace(unread=self.unread if self.unread_of_own is None else self.unread_of_own)
        for part in parts:
            if part.get(owner) in self.codes:
                yield own.shown(part, node)
            elif others_are_read or part.get(owner) is None:
                yield self.shown(part, node)

    def _within(self, value: Any, node: _Node) -> Any:
        if not node.within:
            return value
        if isinstance(value, Mapping):
            return self.shown(value, node)
        if isinstance(value, list | tuple):
            return [self._within(element, node) for element in value]
        return value


def _parsed(name: str) -> tuple[str, str | None]:
    """The name of a field, and the field of its parts that says whose they are."""
    name, _, owner = name.rstrip("]").partition("[")
    return name, owner or None


def _emptied(value: Any, place: Place) -> Any:
    if value is None:
        return None
    return [] if isinstance(value, list | tuple) else place.empty


NO_FIELDS = FieldTable({}, {})
"""The table of a service that shows no case."""
