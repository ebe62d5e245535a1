"""Accounts of people: what was done to them, and who signed in. These events are about no case.

They name an account by its id alone. Its name, and the address from which somebody came, stay at desks.
"""

from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from pydantic import AwareDatetime

from shared.events.directory import DirectoryEvent

UNKNOWN = "unknown"
"""The code of an event about a name that no account has."""


class AccountChange(StrEnum):
    """What was done to an account."""

    CREATED = "created"
    CHANGED = "changed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    RESET = "reset"
    PASSWORD_CHANGED = "password_changed"
    SECOND_FACTOR_SET = "second_factor_set"
    HANDED_OVER = "handed_over"  # to another account, and disabled
    TOOK_OVER = "took_over"


class RefusalReason(StrEnum):
    """Why nobody was let in. Whoever tried does not learn it."""

    UNKNOWN_ACCOUNT = "unknown_account"
    WRONG_PASSWORD = "wrong_password"
    WRONG_CODE = "wrong_code"
    NOT_IN_FORCE = "not_in_force"  # disabled, or no role at this time
    NOT_TRUSTED = "not_trusted"  # what the identity provider seems to have signed does not hold
    TOO_MANY = "too_many"  # the first of the tries that had to wait


class SessionEnd(StrEnum):
    """Why a session ended before its time."""

    SIGNED_OUT = "signed_out"
    REPLACED = "replaced"  # by a new one in the same browser
    DISABLED = "disabled"
    RESET = "reset"
    PASSWORD_CHANGED = "password_changed"
    SIGNED_OUT_ELSEWHERE = "signed_out_elsewhere"  # at the identity provider


class PersonEvent(DirectoryEvent):
    """Something about one account; `code` is its id. `origin` is a commitment to the address it came from.

    It is the SHA-256 of a random salt and the address, both of which desks keeps.
    """

    origin: str | None = None

    @classmethod
    def about(cls, account_id: UUID | None, occurred_at: AwareDatetime, /, **fields: Any) -> Self:
        """The event about an account; about a name that no account has where there is none."""
        return cls.of(UNKNOWN if account_id is None else str(account_id), occurred_at, **fields)


class AccountChanged(PersonEvent):
    """An account of a person was made or changed."""

    type = "account.changed.v1"
    source = "desks"

    change: AccountChange


class PersonSignedIn(PersonEvent):
    """A person was let in, by name and password or by the identity provider, and has a session."""

    type = "person.signed_in.v1"
    source = "desks"

    session_id: UUID


class SignInRefused(PersonEvent):
    """Somebody was not let in."""

    type = "person.sign_in_refused.v1"
    source = "desks"

    reason: RefusalReason


class SessionEnded(PersonEvent):
    """A session was ended before its time."""

    type = "person.session_ended.v1"
    source = "desks"

    session_id: UUID
    reason: SessionEnd
