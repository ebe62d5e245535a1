"""Accounts of people: roles with terms, and what a person must do before a session is open. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter

from shared.roles import AccountRole

NEED_SECOND_FACTOR = frozenset({AccountRole.OFFICE, AccountRole.LEADER, AccountRole.ADMINISTRATOR})
"""Roles that need one-time codes, and with them those that act as one of these."""
OF_PEOPLE = frozenset(AccountRole) - {AccountRole.SERVICE, AccountRole.ENTERPRISE}
"""The roles that a person may be given. An enterprise has its own from the identity provider alone."""
IDLE, TOTAL = timedelta(minutes=30), timedelta(hours=12)
"""A session ends when nothing was done in it for so long, and so long after it began."""
FIRST_PASSWORD = timedelta(days=7)
"""So long a first password opens the account."""


class Grant(BaseModel):
    """A role that an account has from a day until a day, both included. `code` names whom it speaks for.

    `deputy_for` is the account in whose place the person acts in this role.
    """

    model_config = ConfigDict(frozen=True)

    role: AccountRole
    code: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    deputy_for: UUID | None = None

    def is_in_force(self, day: date) -> bool:
        return (self.starts_on or day) <= day <= (self.ends_on or day)


_GRANTS = TypeAdapter(tuple[Grant, ...])


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stands, without its secrets."""

    account_id: UUID
    login: str
    name: str
    post: str | None
    grants: tuple[Grant, ...]
    is_disabled: bool
    password_is_first: bool
    password_set_at: datetime
    has_second_factor: bool
    version: int
    subject: str | None = None
    """Whom the identity provider means, where it says who this is and which roles it has."""

    @classmethod
    def of(cls, row: Any) -> "Account":
        """The account of a row of the table."""
        return cls(
            row.account_id,
            row.login,
            row.name,
            row.post,
            _GRANTS.validate_python(row.roles),
            row.disabled_at is not None,
            row.password_is_first,
            row.password_set_at,
            row.totp_confirmed_at is not None,
            row.version,
            row.subject,
        )

    def roles_on(self, day: date) -> list[Grant]:
        """The roles in force on a day; a disabled account has none."""
        return [] if self.is_disabled else [grant for grant in self.grants if grant.is_in_force(day)]

    def may_sign_in(self, at: datetime, day: date) -> bool:
        """Whether the account has a role in force, and a password that still opens it."""
        is_stale = self.password_is_first and at - self.password_set_at > FIRST_PASSWORD
        return bool(self.roles_on(day)) and not is_stale

    def needs_second_factor(self, besides: Collection[AccountRole]) -> bool:
        """Whether one of its roles, in force or not, needs a second factor: by itself or by `besides`."""
        needing = NEED_SECOND_FACTOR.union(besides)
        return any({grant.role, grant.role.acts_as} & needing for grant in self.grants)


class Stage(StrEnum):
    """What a session waits for. Only an open one gives tokens."""

    PASSWORD = "password"  # the first password must be changed
    SECOND_FACTOR_SETUP = "second_factor_setup"
    SECOND_FACTOR = "second_factor"
    OPEN = "open"


def stage_of(account: Account, besides: Collection[AccountRole], *, passed_second_factor: bool) -> Stage:
    """What a session of this account waits for. The identity provider may have asked for a second factor.

    `besides` are the roles that need one by the city's own word.
    """
    if account.has_second_factor and not passed_second_factor:
        return Stage.SECOND_FACTOR
    if account.password_is_first:
        return Stage.PASSWORD
    if account.needs_second_factor(besides) and not passed_second_factor:
        return Stage.SECOND_FACTOR_SETUP
    return Stage.OPEN


def author_name(account: Account, grant: Grant, represented: Mapping[UUID, str]) -> str:
    """How records of authors name the person: name and login, and whom it stands in for.

    `represented` has the names and logins of other accounts by their ids.
    """
    own = label(account.name, account.login)
    if grant.deputy_for is None:
        return own
    return f"{own}，代 {represented.get(grant.deputy_for, grant.deputy_for)}"


def label(name: str, login: str) -> str:
    """A name with the login, which no other account ever has."""
    return f"{name} ({login})"


def active_administrators(accounts: Iterable[Account], day: date) -> set[UUID]:
    """The accounts that may administer accounts on a day."""
    return {
        account.account_id
        for account in accounts
        if any(grant.role is AccountRole.ADMINISTRATOR for grant in account.roles_on(day))
    }


def received(leaving: Iterable[Grant], own: Iterable[Grant], day: date) -> tuple[Grant, ...]:
    """The roles that whoever takes over gets on `day`: those that have not ended, and that it lacks.

    What somebody held in place of another person is not handed over.
    """
    held = {(grant.role, grant.code) for grant in own if grant.is_in_force(day) and grant.ends_on is None}
    return tuple(
        grant.model_copy(update={"starts_on": max(grant.starts_on or day, day)})
        for grant in leaving
        if grant.deputy_for is None and (grant.ends_on or day) >= day and (grant.role, grant.code) not in held
    )


def ended(grants: Iterable[Grant], day: date) -> tuple[Grant, ...]:
    """The roles as they stand when they ended the day before; those that were still to begin are gone."""
    before = day - timedelta(days=1)
    return tuple(
        grant.model_copy(update={"ends_on": min(grant.ends_on or before, before)})
        for grant in grants
        if grant.starts_on is None or grant.starts_on <= before
    )


def standing_in(grants: tuple[Grant, ...], leaving: UUID, receiver: UUID, own: UUID) -> tuple[Grant, ...]:
    """The roles of `own` where who stood in for `leaving` stands in for `receiver`; nobody for oneself."""
    if own == receiver:
        return tuple(grant for grant in grants if grant.deputy_for != leaving)
    return tuple(
        grant.model_copy(update={"deputy_for": receiver}) if grant.deputy_for == leaving else grant
        for grant in grants
    )
