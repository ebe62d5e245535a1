"""Profiles of old ledgers: what each column of a table means for the appeals that a live city takes over.

A row is one appeal, with the unit it was dispatched to and what was done to it, as far as the ledger says so.
The fields are those of the requests of an import, so that a new field can be mapped as soon as it is there.
"""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Field

from huying.ledger.fields import FieldKind, fields_of
from huying.simulate.table_profile import ProfileError, TableProfile
from services.dispatch.acts.past import AnyAct
from services.intake.past_acts import PastAppeal
from shared.files import strict_yaml
from shared.files.yaml_mistakes import Mistakes, Place
from shared.rules.pack.parts import Strict

PROFILES = Path(__file__).parent / "profiles"
LEG = "leg_id"
"""The field of an act that names the leg; a row has one leg, so nobody maps it."""
_ACTS = {model.model_fields["act"].default: model for model in get_args(get_args(AnyAct)[0])}
"""What may be done at dispatch, by the name of the act."""
APPEAL_FIELDS = fields_of(PastAppeal, leaving_out={"act"})
NEEDED = ("source_id", "occurred_at", "title", "text")


class LedgerField(Strict):
    """Where a field comes from: a column; `values` turn what is written there into what the city takes.

    `words` stand where there is no column or its cell is blank.
    """

    column: str | None = None
    values: dict[str, str] = Field(default_factory=dict)
    words: str = ""


def _short(written: Any) -> Any:
    """A field that is given as a column alone."""
    return {"column": written} if isinstance(written, str) else written


Mapped = Annotated[LedgerField, BeforeValidator(_short)]


class LedgerAct(Strict):
    """An act on the appeal at the time in column `at`; it did not happen where that cell is blank."""

    act: str
    at: str
    fields: dict[str, Mapped] = Field(default_factory=dict)

    @cached_property
    def kinds(self) -> dict[str, FieldKind]:
        """The fields that may be mapped, each with its kind."""
        return fields_of(_ACTS[self.act], leaving_out={"act", LEG})

    @property
    def of_leg(self) -> bool:
        """Whether the act is one of the unit's leg."""
        return LEG in _ACTS[self.act].model_fields


class LedgerDispatch(Strict):
    """The unit that a row was dispatched to, by code or name, when (else on receipt), and what it did."""

    unit: Mapped
    at: str | None = None
    acts: tuple[LedgerAct, ...] = ()


class LedgerProfile(TableProfile):
    """How one kind of ledger is read. `sheet` is the first where it is not named.

    `header` is the number of the row with the columns' names, or of several above one another; without it the
    row that names most of the columns.
    """

    sheet: str | None = None
    header: Annotated[int, Field(ge=1, le=50)] | Annotated[tuple[int, ...], Field(min_length=1)] | None = None
    fields: dict[str, Mapped]
    dispatch: LedgerDispatch | None = None

    @cached_property
    def mapped(self) -> frozenset[str]:
        """The columns that are read."""
        columns = {field.column for field in self.fields.values()}
        if self.dispatch is not None:
            columns |= {self.dispatch.unit.column, self.dispatch.at}
            columns |= {act.at for act in self.dispatch.acts}
            columns |= {field.column for act in self.dispatch.acts for field in act.fields.values()}
        return frozenset(column for column in columns if column)


def load(name_or_path: str) -> LedgerProfile:
    """The shipped profile of this name, or the one in a file. ProfileError with each mistake."""
    path = Path(name_or_path)
    if "/" not in name_or_path and path.suffix not in (".yaml", ".yml"):
        path = PROFILES / f"{name_or_path}.yaml"
        if not path.is_file():
            known = ", ".join(sorted(shipped.stem for shipped in PROFILES.glob("*.yaml")))
            raise ProfileError(
                f"没有名为 {name_or_path} 的配置，现有：{known}"
                f" / no profile is called '{name_or_path}': there are {known}"
            )
    try:
        return strict_yaml.read(path, LedgerProfile, _contradictions)
    except Mistakes as error:
        raise ProfileError(str(error)) from error


def _contradictions(profile: LedgerProfile) -> Iterator[tuple[Place, str]]:
    yield from _unknown(("fields",), profile.fields, APPEAL_FIELDS)
    for name in NEEDED:
        if name not in profile.fields:
            yield ("fields",), f"'{name}' is needed: give its column"
    for i, act in enumerate(profile.dispatch.acts if profile.dispatch else ()):
        if act.act not in _ACTS:
            yield ("dispatch", "acts", i, "act"), f"no act of that name: choose from {', '.join(_ACTS)}"
            continue
        yield from _unknown(("dispatch", "acts", i, "fields"), act.fields, act.kinds)
    for column in sorted(profile.mapped & profile.ignored):
        yield ("ignored",), f"'{column}' is mapped too: keep one"
    if isinstance(profile.date_alone, dict):
        for column in sorted(profile.date_alone.keys() - profile.mapped):
            yield ("date_alone", column), f"'{column}' is no column of times"


def _unknown(
    place: Place, fields: dict[str, LedgerField], known: dict[str, FieldKind]
) -> Iterator[tuple[Place, str]]:
    for name, field in fields.items():
        if name not in known:
            yield (*place, name), f"no field of that name: choose from {', '.join(known)}"
        elif field.column is None and not field.words:
            yield (*place, name), "give a `column`, or `words`"
