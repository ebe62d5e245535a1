"""How long each kind of data is kept: rules of the city in a YAML file, and the task that applies them.

    intake:
      ended_cases: { days: 1825, then: erase }
      parked: { days: 90, then: delete }
    financing: {}

Each service has its section, by kinds of data that it has; a kind without a rule is kept.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel
from sqlalchemy import text

from shared.database.connection import Connection
from shared.database.retry import keep_running
from shared.files import strict_yaml
from shared.files.yaml_mistakes import Mistakes, Place

if TYPE_CHECKING:
    from shared.service.service import ServiceContext

LOOK_EVERY_S = 3600.0


class Then(StrEnum):
    """What becomes of data whose time is over."""

    ERASE = "erase"  # persons are taken out, the rest stays
    DELETE = "delete"  # the row goes


class Rule(BaseModel):
    """How many days a kind of data is kept, and what becomes of it then."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Annotated[int, Field(ge=1, le=36_500)]
    then: Then


class Rules(RootModel[dict[str, dict[str, Rule]]]):
    """The rules by service and kind."""


@dataclass(frozen=True)
class Retained:
    """A kind of data of a service. `since` says from when its days count.

    `due` counts what came before a moment; `apply` erases or deletes some of it, and returns how much.
    """

    kind: str
    then: Then
    since: str
    due: Callable[[Connection, datetime], Awaitable[int]]
    apply: Callable[["ServiceContext", datetime], Awaitable[int]]


def read(file: Path, kinds: Mapping[str, Iterable[Retained]]) -> Mapping[str, Mapping[str, Rule]]:
    """The rules in `file`. `Mistakes` unless each service of `kinds` has a section with kinds of its own."""
    known = {service: {retained.kind: retained for retained in kept} for service, kept in kinds.items()}

    def contradictions(rules: Rules) -> Iterator[tuple[Place, str]]:
        for service, retained in known.items():
            section = rules.root.get(service)
            if section is None:
                yield (), f"has no section {service}: write `{service}: {{}}` where all of it is kept"
            for kind, rule in (section or {}).items():
                if kind not in retained:
                    yield (
                        (service, kind),
                        f"is no kind of data there: choose of {', '.join(sorted(retained))}",
                    )
                elif rule.then is not retained[kind].then:
                    yield (service, kind, "then"), f"must be {retained[kind].then} for this kind"

    return strict_yaml.read(file, Rules, contradictions).root


def check_services(file: Path, rules: Mapping[str, object], services: Iterable[str]) -> None:
    """`Mistakes` for a section that is no service's."""
    if strangers := sorted(rules.keys() - set(services)):
        raise Mistakes(f"{file}: there is no service {', '.join(strangers)} / 没有这个服务")


def before(rule: Rule, now: datetime) -> datetime:
    """What came before this moment is kept no longer."""
    return now - timedelta(days=rule.days)


async def retain(context: "ServiceContext") -> None:
    """Apply the rules of the city's file again and again; without a file everything is kept."""
    file, service = context.settings.retention, context.service
    if file is None:
        return
    rules = read(file, {service.name: service.retained})[service.name]
    await keep_running(lambda: _turn(context, rules), context.log, "retention", rest_s=LOOK_EVERY_S)


async def _turn(context: "ServiceContext", rules: Mapping[str, Rule]) -> bool:
    """Apply each rule to some of what is due. Whether there may be more."""
    more = False
    for retained in context.service.retained:
        if (rule := rules.get(retained.kind)) is not None:
            count = await retained.apply(context, before(rule, context.clock.now()))
            if count:
                context.log.info("kept no longer", kind=retained.kind, count=count, then=str(rule.then))
            more = more or count > 0
    return more


BATCH = 1_000
_PARKED = "redriven_at < :before"
_COUNT_PARKED = text(f"select count(*) from parked where {_PARKED}")
_DELETE_PARKED = text(
    f"""
    delete from parked where id in (select id from parked where {_PARKED} order by id limit {BATCH})
    returning 1
    """
)


async def _parked_due(conn: Connection, moment: datetime) -> int:
    return int((await conn.execute(_COUNT_PARKED, {"before": moment})).scalar_one())


async def _delete_parked(context: "ServiceContext", moment: datetime) -> int:
    async with context.engine.begin() as conn:
        return len((await conn.execute(_DELETE_PARKED, {"before": moment})).all())


PARKED = Retained("parked", Then.DELETE, "it was redriven", _parked_due, _delete_parked)
"""Messages that could not be handled, once they were: every service has them."""
