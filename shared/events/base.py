"""The base class of all events."""

from functools import cache
from typing import Annotated, Any, ClassVar, Self, get_args, get_type_hints
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

ENTERPRISE = "enterprise"
"""The role of whoever acts with a receipt code, or registers without an account."""


class _Withheld:
    """Marks what stays with the city: a file for the public leaves it out, and the chain commits to it."""


class _KeptByOwner:
    """Marks what no event has any more."""


WITHHELD = _Withheld()
Words = Annotated[str, WITHHELD]
"""What somebody wrote in words of their own, such as a title."""
_KEPT = _KeptByOwner()
KeptWords = Annotated[str, WITHHELD, _KEPT]
"""What somebody wrote, as events of earlier versions had it: empty now, for who emits the event keeps it."""


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
        return cls._marked_by(WITHHELD)

    @classmethod
    @cache
    def kept(cls) -> tuple[str, ...]:
        """The fields that no event has any more: who emits it keeps what somebody wrote."""
        return cls._marked_by(_KEPT)

    @classmethod
    def _marked_by(cls, mark: object) -> tuple[str, ...]:
        fields = cls.model_fields.items()
        return tuple(
            name for name, field in fields if mark in field.metadata or _marked(field.annotation, mark)
        )

    def kept_words(self) -> str | None:
        """What somebody wrote, for the owner to keep; None where that is nothing."""
        words = [getattr(self, name) for name in self.kept()]
        return next((text for text in words if text), None)

    def without_kept_words(self) -> Self:
        """The event as it is published."""
        if self.kept_words() is None:
            return self
        return self.model_copy(update={name: type(self).model_fields[name].default for name in self.kept()})

    @classmethod
    @cache
    def texts(cls) -> frozenset[str]:
        """The fields that hold one text, or none."""
        hints = get_type_hints(cls)  # without what `Annotated` says beside the type
        return frozenset(name for name, hint in hints.items() if hint in (str, str | None))


def _marked(annotation: Any, mark: object) -> bool:
    return any(part is mark or _marked(part, mark) for part in get_args(annotation))
