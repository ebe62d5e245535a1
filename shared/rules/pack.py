"""What a rule pack says: one policy's limits, ladder and acts, read from YAML.

The dispatch limit counts from receipt, the lifted limit from the lift, every other one from the dispatch
that opens the leg's round. Nothing happens to a case that its pack does not say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from shared.events import DeadlineKind
from shared.rules import strict_yaml
from shared.rules.calendar import OfficeHours
from shared.rules.pack_parts import (
    LEG_KINDS,
    MAY_MEET,
    OF_THE_CASE,
    Extension,
    LimitRule,
    Meeting,
    NeverLifted,
    OfficeHoursRule,
    OwnLimits,
    Pauses,
    Reminder,
    Source,
    Step,
    Strict,
    Title,
    When,
    first_and_last,
    overlap,
    within,
)
from shared.rules.strict_yaml import Place

PACKS = Path(__file__).parent / "packs"


class PackError(ValueError):
    """A rule pack cannot be used. The message names file, line and rule, one mistake a line."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"'{name}' is no time zone; write it like Asia/Shanghai") from error
    return name


@dataclass(frozen=True, slots=True)
class RoundLimit:
    """What one round holds for one deadline: the pack's own rule, and whether a leg may bring a limit."""

    deadline: DeadlineKind
    rule: LimitRule | None
    own: OwnLimits | None


@dataclass(frozen=True, slots=True)
class Table:
    """A pack made ready for judging. Rounds above `top` are like round `top`."""

    top: int
    hours: OfficeHours
    case: dict[DeadlineKind, LimitRule]
    rounds: dict[int, tuple[RoundLimit, ...]]
    steps: dict[tuple[DeadlineKind, int], Step]
    marked: tuple[Step, ...]
    refused: Step | None
    requested: Step | None
    meets: dict[Meeting, frozenset[DeadlineKind]]
    percent: dict[DeadlineKind, int]


class Pack(Strict):
    """One policy's rules. A case keeps the pack, by `ref`, that it was registered under."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    version: int = Field(ge=1)
    title: Title
    source: Source
    in_force_on: date
    prefix: str = Field(pattern=r"^[A-Z]{2,6}$")
    zone: Annotated[str, AfterValidator(_known_zone)]
    office_hours: OfficeHoursRule
    met_by: dict[DeadlineKind, tuple[Meeting, ...]]
    limits: tuple[LimitRule, ...] = ()
    own_limits: OwnLimits | None = None
    reminder: Reminder | None = None
    ladder: tuple[Step, ...] = ()
    never_lifted: NeverLifted | None = None
    extension: Extension | None = None
    pauses: Pauses | None = None

    @property
    def ref(self) -> str:
        """How a case names its pack, e.g. `bozhou-2024@1`."""
        return f"{self.id}@{self.version}"

    @cached_property
    def table(self) -> Table:
        """The pack made ready for judging."""
        spans = [rule.rounds for rule in self.limits] + [step.when.rounds for step in self.ladder]
        top = 1 + max((first_and_last(span)[0] for span in spans), default=1)
        numbers = range(1, top + 1)
        return Table(
            top=top,
            hours=OfficeHours.parse(self.office_hours.spans),
            case={rule.deadline: rule for rule in self.limits if rule.deadline in OF_THE_CASE},
            rounds={number: tuple(self._round(number)) for number in numbers},
            steps={
                (kind, number): step
                for step in self.ladder
                for kind in step.when.overdue
                for number in numbers
                if within(number, step.when.rounds)
            },
            marked=tuple(step for step in self.ladder if step.when.marks),
            refused=next((step for step in self.ladder if step.when.refused), None),
            requested=next((step for step in self.ladder if step.when.requested), None),
            meets={met: frozenset(k for k, by in self.met_by.items() if met in by) for met in Meeting},
            percent=dict.fromkeys(self.reminder.deadlines, self.reminder.percent) if self.reminder else {},
        )

    def _round(self, number: int) -> Iterator[RoundLimit]:
        rules = {rule.deadline: rule for rule in self.limits if within(number, rule.rounds)}
        for kind in LEG_KINDS:
            own = self.own_limits if self.own_limits and kind in self.own_limits.deadlines else None
            if own or kind in rules:
                yield RoundLimit(kind, rules.get(kind), own)


def known() -> list[str]:
    """Ids of the packs that are shipped."""
    return sorted(path.stem for path in PACKS.glob("*.yaml"))


def load(id_or_path: str | Path) -> Pack:
    """The shipped pack named `id` or `id@version`, or the pack in the file at a path.

    PackError if there is none, if its version is another one, or if the file has mistakes.
    """
    if isinstance(id_or_path, Path) or "/" in id_or_path or id_or_path.endswith((".yaml", ".yml")):
        return _read(Path(id_or_path))
    name, _, version = id_or_path.partition("@")
    if name not in known():
        raise PackError(f"no pack is called '{name}': there are {', '.join(known())}")
    pack = _shipped(name)
    if version and version != str(pack.version):
        raise PackError(
            f"pack '{name}' is here in version {pack.version}, not '{version}': ask for {pack.ref}"
        )
    return pack


@cache
def _shipped(name: str) -> Pack:
    return _read(PACKS / f"{name}.yaml")


def _read(path: Path) -> Pack:
    try:
        return strict_yaml.read(path, Pack, _contradictions)
    except strict_yaml.Mistakes as error:
        raise PackError(str(error)) from error


def _contradictions(pack: Pack) -> Iterator[tuple[Place, str]]:
    """What each part allows and the whole does not."""
    yield from _limits_at_odds(pack)
    yield from _steps_at_odds(pack)
    yield from _unlimited(pack)
    for kind, acts in pack.met_by.items():
        for index, act in enumerate(acts):
            if act not in MAY_MEET[kind]:
                allowed = ", ".join(sorted(MAY_MEET[kind]))
                yield ("met_by", kind.value, index), f"'{act}' cannot meet it: choose from {allowed}"


def _limits_at_odds(pack: Pack) -> Iterator[tuple[Place, str]]:
    for index, rule in enumerate(pack.limits):
        if any(o.deadline is rule.deadline and overlap(o.rounds, rule.rounds) for o in pack.limits[:index]):
            yield ("limits", index), f"a second limit for '{rule.deadline}' in the same round: keep one"
        if rule.deadline not in pack.met_by:
            yield ("limits", index), f"nothing meets '{rule.deadline}': say what does in `met_by`"
    for index, kind in enumerate(pack.own_limits.deadlines if pack.own_limits else ()):
        if kind not in pack.met_by:
            yield ("own_limits", "deadlines", index), f"nothing meets '{kind}': say what does in `met_by`"


def _steps_at_odds(pack: Pack) -> Iterator[tuple[Place, str]]:
    for index, step in enumerate(pack.ladder):
        for earlier in pack.ladder[:index]:
            if step.step == earlier.step:
                yield ("ladder", index, "step"), f"a second step '{step.step}': give it another name"
            if _same_cause(step.when, earlier.when):
                yield ("ladder", index, "when"), f"step '{earlier.step}' has the same cause: keep one"


def _same_cause(one: When, other: When) -> bool:
    if one.refused or one.requested:
        return (one.refused, one.requested) == (other.refused, other.requested)
    same_deadline = bool(set(one.overdue) & set(other.overdue)) and overlap(one.rounds, other.rounds)
    return same_deadline or bool(one.marks & other.marks)


def _unlimited(pack: Pack) -> Iterator[tuple[Place, str]]:
    """Deadlines that are spoken of and can never run."""
    limited = {rule.deadline for rule in pack.limits}
    limited |= set(pack.own_limits.deadlines if pack.own_limits else ())
    spoken: list[tuple[Place, DeadlineKind]] = [(("met_by", kind.value), kind) for kind in pack.met_by]
    for index, step in enumerate(pack.ladder):
        spoken += [(("ladder", index, "when", "overdue", i), k) for i, k in enumerate(step.when.overdue)]
    for name in ("reminder", "extension"):
        kinds = getattr(getattr(pack, name), "deadlines", ())
        spoken += [((name, "deadlines", i), kind) for i, kind in enumerate(kinds)]
    for place, kind in spoken:
        if kind not in limited:
            yield place, f"the pack gives '{kind}' no limit: give it one or take it out here"
