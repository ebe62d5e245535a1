"""The directories of leaders and units as escalation asks them. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from services.escalation.document import OFFICE, Lift
from shared import events
from shared.directory.leaders import TOP, Leaders
from shared.events import Event
from shared.service.errors import Invalid


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as dispatch said it. `leader` is the post in charge."""

    code: str
    name: str
    kind: str
    leader: str | None


@dataclass(frozen=True, slots=True)
class Directory:
    """Who leads, and which units there are."""

    leaders: Leaders = field(default_factory=Leaders)
    units: Mapping[str, Unit] = field(default_factory=dict)

    def office(self) -> Unit | None:
        """The unit of the kind `office`; of several the first by code."""
        return min((unit for unit in self.units.values() if unit.kind == "office"), key=_code, default=None)

    def blamed_as(self, unit: str | None) -> str | None:
        """The word by which the ledger names a unit: what the office let pass stands under `office`."""
        entry = self.units.get(unit or "")
        return OFFICE if entry and entry.kind == "office" else unit

    def acting_in(self, lift: Lift, on: date) -> str | None:
        """Code of the leader who acts on a lift on this day."""
        return self.leaders.acting(lift.named or lift.leader, on)

    def may_act(self, code: str | None, lift: Lift, on: date) -> bool:
        """Whether the leader `code` may act on a lift: who leads it, and the mayor, on every one.

        A leader that the directory does not know may act on what was lifted to it by its code.
        """
        to = lift.named or lift.leader
        if to is None or code in (self.acting_in(lift, on), self.leaders.acting(TOP, on)):
            return True
        return code is not None and code in (to, TOP) and not self.leaders.is_gone(code, on)

    def check_named(self, codes: Collection[str], known: Collection[str], field_: str) -> None:
        """Raises `Invalid` for a code that is neither a unit nor a leader, nor one of the `known` units.

        Where dispatch has said no unit yet, nobody can be missed.
        """
        missing = {
            code for code in codes if not (code in self.units or code in known or self.leaders.knows(code))
        }
        if self.units and missing:
            raise Invalid(
                f"目录中没有这些单位或领导：{'、'.join(sorted(missing))}",
                f"neither a unit nor a leader of the directories: {', '.join(sorted(missing))}",
                field_,
            )

    def check_leader(self, named: str, on: date) -> None:
        """Raises `Invalid` where nobody holds the post `named`, or the leader holds none, on this day."""
        if self.leaders and self.leaders.serving(named, on) is None:
            raise Invalid(
                f"{named} 不是在任的领导或职务：请查领导名册",
                f"{named} is no leader in office and no post that somebody holds: see the leaders' directory",
                "leader",
            )

    def completed(self, event: Event, on: date) -> Event:
        """`event` of the judge with who acts, where that is somebody else than the pack names."""
        if isinstance(event, events.AppealLifted):
            acts = self.leaders.acting(event.leader, on)
            return event if acts == event.leader else event.model_copy(update={"acts": acts})
        if isinstance(event, events.AppealRaised):
            return self._raised(event, on)
        return event

    def _raised(self, event: events.AppealRaised, on: date) -> Event:
        """`event` with the unit of the office, and who acts as the leader in charge where it goes there."""
        office = self.office()
        in_charge = event.to is events.RaisedTo.IN_CHARGE
        leader = self.leaders.acting(office.leader if office else None, on) if in_charge else None
        return event.model_copy(update={"office": office and office.code, "leader": leader})


def _code(unit: Unit) -> str:
    return unit.code
