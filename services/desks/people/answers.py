"""What the routes of people answer."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from services.desks.people.domain import Stage


class ShownGrant(BaseModel):
    """A role with its term. `deputy_for`: the account in whose place the person acts in it."""

    role: str
    code: str | None
    starts_on: date | None
    ends_on: date | None
    deputy_for: UUID | None


class ShownAccount(BaseModel):
    """An account. `login` is never given to another one."""

    account_id: UUID
    login: str
    name: str
    post: str | None
    roles: list[ShownGrant]
    disabled: bool
    first_password: bool
    second_factor: bool
    password_set_at: datetime
    version: int


class NewAccount(BaseModel):
    """An account with the password that opens it first. It is shown here once, and nowhere else."""

    account: ShownAccount
    password: str


class OpenWork(BaseModel):
    """How much is open for one role: legs of its unit, or lifts to its leader."""

    role: str
    code: str | None
    open: int


class Work(BaseModel):
    """What an account has open, by its roles in force."""

    items: list[OpenWork]


class HandedOver(BaseModel):
    """The account that is left, the one that took over, and the roles that it got by that."""

    account: ShownAccount
    to: ShownAccount
    handed_over: list[ShownGrant]


class SessionStands(BaseModel):
    """The session of this browser. Only one whose `stage` is `open` gives tokens.

    `proof` goes into the header X-CSRF-Token of requests that change something and name no Origin.
    """

    session_id: UUID
    stage: Stage
    proof: str
    account: ShownAccount


class ShownSession(BaseModel):
    """A session in force. `current`: that of this request."""

    session_id: UUID
    started_at: datetime
    seen_at: datetime
    address: str
    agent: str | None
    current: bool


class NewSecondFactor(BaseModel):
    """A secret for an app of one-time codes; `uri` is what its QR code holds. A code confirms it."""

    secret: str
    uri: str


class Ended(BaseModel):
    """How many sessions were ended. `elsewhere`: where the browser signs out at the identity provider too."""

    ended: int
    elsewhere: str | None = None


class KnownProvider(BaseModel):
    """The identity provider by which people may sign in here; null where there is none."""

    name: str | None


class GivenToken(BaseModel):
    """A token for one service, for `seconds` from now."""

    token: str
    service: str
    purpose: str
    seconds: int


class Recorded(BaseModel):
    """What was done to an account, or at signing in. `account_id` is null for a name that no account has."""

    event_id: UUID
    account_id: UUID | None
    type: str
    detail: str
    at: datetime
    address: str
