"""The base class of all events."""

from functools import cache
from typing import Annotated, Any, ClassVar, get_args, get_type_hints
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

ENTERPRISE = "enterprise"
"""The role of whoever acts with a receipt code, or registers without an account."""


class _Withheld:
    """Marks what stays with the city: a file for the public leaves it out, and the chain commits to it."""


WITHHELD = _Withheld()
Words = Annotated[str, WITHHELD]
"""What somebody wrote in words of their own, such as a reason."""


class Actor(BaseModel):
    """Whose act an event is: the role of the account, and the unit, leader or bank for which it speaks."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    role: str
    code: str | None = None


class Event(BaseModel):
    """What every event carries. `appeal_id` is the key: one case stays in one partition, in order.

    `done_by` is left out where no person's act made the event, and in events of earlier versions.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    source: ClassVar[str]

    id: UUID = Field(default_factory=uuid4)
    occurred_at: AwareDatetime
    appeal_id: UUID
    registration_number: str
    done_by: Actor | None = Field(default=None, exclude_if=lambda actor: actor is None)

    @property
    def key(self) -> UUID:
        """The record's key: events of one key stay in order."""
        return self.appeal_id

    @classmethod
    def withheld(cls) -> tuple[str, ...]:
        """The fields that stay with the city."""
        fields = cls.model_fields.items()
        return tuple(
            name for name, field in fields if WITHHELD in field.metadata or _marked(field.annotation)
        )

    @classmethod
    @cache
    def texts(cls) -> frozenset[str]:
        """The fields that hold one text, or none."""
        hints = get_type_hints(cls)  # without what `Annotated` says beside the type
        return frozenset(name for name, hint in hints.items() if hint in (str, str | None))


def _marked(annotation: Any) -> bool:
    return any(part is WITHHELD or _marked(part) for part in get_args(annotation))
