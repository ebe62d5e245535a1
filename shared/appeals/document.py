"""What the services' documents of an appeal have in common. Pure: no I/O, no clock."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from shared.events import Event
from shared.named import Coded
from shared.rules.wording.words import Bilingual
from shared.service.errors import Conflict, Forbidden, NotFound

State = TypeVar("State", bound=Coded)
APPEAL = Bilingual("该诉求", "the appeal")
LEG = Bilingual("该承办件", "the leg")


class AppealRecord(BaseModel):
    """The base of each service's document of an appeal: it names the appeal."""

    appeal_id: UUID
    registration_number: str

    def event(self, type_: type[Event], occurred_at: datetime, /, **fields: Any) -> Event:
        """An event of this appeal."""
        return type_(
            occurred_at=occurred_at,
            appeal_id=self.appeal_id,
            registration_number=self.registration_number,
            **fields,
        )


def require_state(subject: Bilingual, state: State, allowed: Collection[State]) -> None:
    """Raise `Conflict` unless `state`, in which `subject` is, is one of `allowed`."""
    if state not in allowed:
        raise Conflict(
            f"{subject.zh}现为“{state.zh}”，不能进行此操作",
            f"{subject.en} is {state}: this cannot happen now",
        )


def no_such_appeal() -> NotFound:
    """The refusal for an appeal that this service does not know."""
    return NotFound("没有这件诉求", "no such appeal here", "appeal_id")


def not_dispatched_to_unit() -> Forbidden:
    """The refusal for a unit that reads an appeal of which it has no leg."""
    return Forbidden("该诉求未交办给本单位", "this appeal is not dispatched to this unit")
