"""Profiles: what each column of a file of recorded cases means.

A row is one case with one leg: an appeal, registered and dispatched at the same moment, or a loan request,
registered and pushed to its bank. Profiles are YAML, shipped under
`huying/simulate/profiles/` or brought along.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from huying.simulate.table_profile import ProfileError, TableProfile
from shared.events import Channel, Kind, Outcome
from shared.files import strict_yaml
from shared.files.yaml_mistakes import Mistakes, Place
from shared.rules.pack.pack import Pack
from shared.rules.pack.parts import Strict
from shared.web.bodies import Code

PROFILES = Path(__file__).parent / "profiles"


def _readable(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"'{pattern}' is no regular expression ({error})") from error
    return pattern


class ProfileText(Strict):
    """A text from a column; `words` where there is no column or its cell is blank."""

    column: str | None = None
    words: str = ""

    @model_validator(mode="after")
    def says_something(self) -> Self:
        """ValueError for a text from nowhere."""
        if self.column is None and not self.words:
            raise ValueError("give a `column`, or `words`")
        return self


class ProfileLocality(Strict):
    """The locality of a case: the first of `columns` that is not blank, or the first match of `pattern`."""

    columns: tuple[str, ...] = Field(min_length=1)
    pattern: Annotated[str, AfterValidator(_readable)] | None = None


class ProfileUnit(Strict):
    """The unit of the leg: the same for all rows (`code` and `name`), or named by a column."""

    kind: Literal["locality", "department", "office"]
    code: Code | None = None
    name: str | None = None
    column: str | None = None

    @model_validator(mode="after")
    def one_way(self) -> Self:
        """ValueError unless there is exactly one way to the unit."""
        if (self.column is None) != bool(self.code and self.name) or (self.column and self.code):
            raise ValueError("give a `column`, or `code` and `name`")
        return self


class ProfileAct(ProfileText):
    """An act of the unit at the time in column `at`; it did not happen where that cell is blank.

    Of several columns the earliest time counts. The acts of a loan request are those in `LOAN_ACTS`.
    """

    act: Literal["contact", "reply", "complete", "status", "approve", "decline", "withdraw"]
    at: str | tuple[str, ...]
    outcome: Outcome | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its time."""
        return (self.at,) if isinstance(self.at, str) else self.at

    @model_validator(mode="after")
    def outcome_of_completion(self) -> Self:
        """ValueError for an outcome in the wrong place."""
        if (self.act == "complete") != (self.outcome in (Outcome.SOLVED, Outcome.EXPLAINED)):
            raise ValueError("`outcome` is solved or explained for `complete`, and for nothing else")
        return self


LOAN_STAGES = {"approved", "declined"}
"""The stages of a pack that judges loan requests: a bank's yes and no."""
_CASES = {"loan": "loan requests", "appeal": "appeals"}
LOAN_ACTS = ("contact", "status", "approve", "decline", "withdraw")
APPEAL_ACTS = ("contact", "reply", "complete")


class Profile(TableProfile):
    """How one kind of file is read.

    `case` says what a row is; `amount`, of a loan request, names a column in yuan. `pack` is the one to
    judge by where none is named. `received_at`, `completion_due_at` and `at` of acts name columns of times.
    """

    case: Literal["appeal", "loan"] = "appeal"
    pack: str | None = None
    amount: str | None = None
    channel: Channel
    kind: Kind
    source_id: str
    received_at: str
    completion_due_at: str | None = None
    title: ProfileText
    text: ProfileText
    enterprise: ProfileText | None = None
    locality: ProfileLocality | None = None
    unit: ProfileUnit
    acts: tuple[ProfileAct, ...] = ()

    @cached_property
    def mapped(self) -> frozenset[str]:
        """The columns that are read."""
        columns = {self.source_id, self.received_at, self.completion_due_at, self.unit.column, self.amount}
        columns |= {text.column for text in (self.title, self.text, self.enterprise, *self.acts) if text}
        columns |= {column for act in self.acts for column in act.columns}
        columns |= set(self.locality.columns if self.locality else ())
        return frozenset(column for column in columns if column)


def load(name_or_path: str | Path) -> Profile:
    """The shipped profile of this name, or the one in the file at a path. ProfileError with each mistake."""
    path = Path(name_or_path)
    if isinstance(name_or_path, str) and "/" not in name_or_path and path.suffix not in (".yaml", ".yml"):
        path = PROFILES / f"{name_or_path}.yaml"
        if not path.is_file():
            known = ", ".join(sorted(shipped.stem for shipped in PROFILES.glob("*.yaml")))
            raise ProfileError(f"no profile is called '{name_or_path}': there are {known}")
    try:
        return strict_yaml.read(path, Profile, _contradictions)
    except Mistakes as error:
        raise ProfileError(str(error)) from error


def pack_of(profile: str | None) -> str:
    """The pack that a profile names. ValueError where none is named."""
    pack_id = load(profile).pack if profile else None
    if pack_id is None:
        raise ValueError("say by which pack to judge: --pack, a shipped id or a file")
    return pack_id


def check_pack(case: str, rules: Pack) -> None:
    """ValueError unless `rules` judge cases of this kind: loan requests, or appeals and other procedures."""
    judged = "loan" if LOAN_STAGES.issubset(stage.stage for stage in rules.stages) else "appeal"
    if judged != case:
        raise ValueError(
            f"pack '{rules.id}' judges {_CASES[judged]}, and these cases are {_CASES[case]}:"
            " give another with --pack"
        )


WITHOUT_NAME = (Channel.ANONYMOUS_LETTER, Channel.SUPERVISION_CODE)
"""The channels on which an enterprise need not say who it is."""


def _contradictions(profile: Profile) -> Iterator[tuple[Place, str]]:
    for column in sorted(profile.mapped & profile.ignored):
        yield ("ignored",), f"'{column}' is mapped too: keep one"
    if isinstance(profile.date_alone, dict):
        for column in sorted(profile.date_alone.keys() - profile.mapped):
            yield ("date_alone", column), f"'{column}' is no column of times"
    if (profile.enterprise is None) != (profile.channel in WITHOUT_NAME):
        yield ("channel",), "an enterprise is named on every channel but the nameless: see `enterprise`"
    yield from _wrong_acts(profile)
    for index, act in enumerate(profile.acts[:-1]):
        if act.act == "complete":
            yield ("acts", index), "nothing follows a completion: put it last"


def _wrong_acts(profile: Profile) -> Iterator[tuple[Place, str]]:
    known = LOAN_ACTS if profile.case == "loan" else APPEAL_ACTS
    for index, act in enumerate(profile.acts):
        if act.act not in known:
            yield ("acts", index), f"'{act.act}' is no act of a case of this kind: {', '.join(known)}"
        if len(act.columns) != 1 and profile.case == "appeal":
            yield ("acts", index), "an appeal's act has one column of times: give one in `at`"
    if (profile.case == "loan") != (profile.amount is not None):
        yield ("amount",), "a loan request has an `amount`, and no appeal has"
