"""Who may call what: accounts with their API keys, and the one table of routes."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from shared.service.errors import Unauthorized


class Role(StrEnum):
    """What an account is."""

    OPERATOR = "operator"  # hotline and window clerks
    OFFICE = "office"  # the business-environment office
    UNIT = "unit"  # a handling unit's clerk
    LEADER = "leader"
    IMPORTER = "importer"  # brings past cases with their own times
    OPS = "ops"  # runs the system
    BANK = "bank"  # a bank's clerk or program
    REGULATOR = "regulator"  # hears complaints about banks
    SERVICE = "service"  # a service that asks another


class Account(BaseModel):
    """One account. `key_sha256` is the SHA-256 of its API key; `code` names the unit, leader or bank."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    role: Role
    key_sha256: str
    code: str | None = None

    @model_validator(mode="after")
    def speaks_for_somebody(self) -> Self:
        """ValueError for the account of a unit, a leader or a bank without code."""
        if self.role in (Role.UNIT, Role.LEADER, Role.BANK) and not self.code:
            raise ValueError(f"account {self.name}: a {self.role} account names its `code`")
        return self


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. An enterprise without an account has the role None and proves itself by receipt code."""

    name: str
    role: Role | None
    code: str | None = None


ANYONE = Caller("anyone", None)


class Accounts:
    """The accounts by key."""

    def __init__(self, accounts: list[Account]) -> None:
        self._by_key = {
            account.key_sha256: Caller(account.name, account.role, account.code) for account in accounts
        }

    @classmethod
    def load(cls, path: Path | None) -> "Accounts":
        """Read an accounts file (YAML list). Raises ValueError that names the file and the mistake."""
        if path is None:
            return cls([])
        try:
            return cls(TypeAdapter(list[Account]).validate_python(yaml.safe_load(path.read_text("utf-8"))))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise ValueError(f"accounts file {path} cannot be used: {error}") from error

    def caller(self, key: str | None) -> Caller:
        """Who has this key; without a key, anyone. Raises `Unauthorized` for an unknown one."""
        if key is None:
            return ANYONE
        found = self._by_key.get(hash_key(key))
        if found is None:
            raise Unauthorized("API 密钥无效", "this API key is not known", "Authorization")
        return found


def hash_key(key: str) -> str:
    """How a key is kept."""
    return hashlib.sha256(key.encode()).hexdigest()


OPERATOR, OFFICE, UNIT, LEADER, IMPORTER, OPS, BANK, REGULATOR, SERVICE = Role
EVERYBODY = frozenset({None, *Role})
STAFF = frozenset({OPERATOR, OFFICE, UNIT, LEADER, OPS})
_OPS_ROUTES = {
    "GET /health": EVERYBODY,
    "GET /flow": frozenset({OPS, IMPORTER}),
    "GET /metrics": frozenset({OPS}),
    "GET /parked": frozenset({OPS}),
    "POST /parked/{parked_id}/redrive": frozenset({OPS}),
    "PUT /clock": frozenset({IMPORTER}),
    "PUT /hold": frozenset({IMPORTER}),
    "DELETE /hold": frozenset({IMPORTER}),
}


_OFFICE = frozenset({OFFICE})
_UNIT = frozenset({UNIT})
_IMPORTER = frozenset({IMPORTER})
_WINDOW = frozenset({OPERATOR, OFFICE})
_REGULATOR = frozenset({REGULATOR})
_BANK = frozenset({BANK})
_INBOXES = frozenset({OFFICE, UNIT, LEADER, BANK, REGULATOR})

ACCESS: dict[str, frozenset[Role | None]] = {
    "GET /intake/procedures": EVERYBODY,
    "POST /intake/appeals": EVERYBODY,
    "GET /intake/status/{registration_number}": EVERYBODY,
    "POST /intake/status/{registration_number}/withdrawals": EVERYBODY,
    "POST /intake/status/{registration_number}/ratings": EVERYBODY,
    "POST /intake/appeals/{appeal_id}/reopenings": _OFFICE,
    "POST /intake/appeals/{appeal_id}/merges": _OFFICE,
    "POST /intake/appeals/{appeal_id}/unmerges": _OFFICE,
    "POST /intake/appeals/{appeal_id}/follow-ups": frozenset({OPERATOR, OFFICE}),
    "GET /intake/appeals": STAFF,
    "GET /intake/appeals/{appeal_id}": STAFF,
    "GET /intake/appeals/{appeal_id}/contact": frozenset({SERVICE}),
    "POST /intake/import": _IMPORTER,
    "POST /dispatch/appeals/{appeal_id}/assignments": _OFFICE,
    "POST /dispatch/appeals/{appeal_id}/contacts": _UNIT,
    "POST /dispatch/appeals/{appeal_id}/replies": _UNIT,
    "POST /dispatch/appeals/{appeal_id}/completions": _UNIT,
    "POST /dispatch/appeals/{appeal_id}/stages": frozenset({OFFICE, UNIT}),
    "POST /dispatch/appeals/{appeal_id}/refusals": _UNIT,
    "POST /dispatch/appeals/{appeal_id}/objections": _UNIT,
    "POST /dispatch/appeals/{appeal_id}/objection-decisions": _OFFICE,
    "POST /dispatch/appeals/{appeal_id}/extension-requests": _UNIT,
    "POST /dispatch/appeals/{appeal_id}/extension-decisions": frozenset({OFFICE, LEADER}),
    "POST /dispatch/appeals/{appeal_id}/pauses": _OFFICE,
    "POST /dispatch/appeals/{appeal_id}/resumptions": _OFFICE,
    "POST /dispatch/appeals/{appeal_id}/lift-requests": _UNIT,
    "POST /dispatch/appeals/{appeal_id}/findings": _OFFICE,
    "POST /dispatch/appeals/{appeal_id}/referrals": _OFFICE,
    "POST /dispatch/appeals/{appeal_id}/closures": _OFFICE,
    "POST /dispatch/import": _IMPORTER,
    "GET /dispatch/appeals": STAFF,
    "GET /dispatch/appeals/{appeal_id}": STAFF,
    "GET /dispatch/units": STAFF | _IMPORTER,
    "PUT /dispatch/units/{code}": frozenset({OFFICE, IMPORTER}),
    "POST /escalation/appeals/{appeal_id}/cards/served": _OFFICE,
    "POST /escalation/appeals/{appeal_id}/cards/acknowledged": _UNIT,
    "POST /escalation/appeals/{appeal_id}/cards/appealed": _UNIT,
    "POST /escalation/appeals/{appeal_id}/cards/upheld": _OFFICE,
    "POST /escalation/appeals/{appeal_id}/cards/withdrawn": _OFFICE,
    "POST /escalation/appeals/{appeal_id}/instructions": frozenset({LEADER}),
    "POST /escalation/appeals/{appeal_id}/sign-off": frozenset({LEADER}),
    "POST /escalation/appeals/{appeal_id}/publication-answers": _UNIT,
    "POST /escalation/appeals/{appeal_id}/publication-decisions": _OFFICE,
    "GET /escalation/publications": EVERYBODY,
    "GET /escalation/histories": frozenset({OFFICE, IMPORTER, OPS}),
    "GET /escalation/calendars": frozenset({OFFICE, IMPORTER, OPS}),
    "PUT /escalation/calendar/{year}": frozenset({OFFICE, OPS}),
    "GET /escalation/cases": STAFF | _IMPORTER,
    "GET /escalation/ledger": STAFF,
    "GET /escalation/appeals/{appeal_id}": STAFF,
    "GET /escalation/appeals/{appeal_id}/cards/{card_id}.{form}": frozenset({OFFICE, UNIT, LEADER}),
    "GET /escalation/leaders": STAFF,
    "PUT /escalation/leaders/{code}": frozenset({OFFICE, IMPORTER}),
    "GET /notify/inbox": _INBOXES,
    "POST /notify/inbox/{message_id}/read": _INBOXES,
    "POST /notify/inbox/{message_id}/acknowledged": frozenset({OFFICE, UNIT, LEADER}),
    "GET /notify/status/{registration_number}": EVERYBODY,
    "GET /notify/appeals/{appeal_id}/messages": frozenset({OFFICE, OPS}),
    "GET /notify/appeals/{appeal_id}/deliveries": frozenset({OFFICE, OPS}),
    "GET /notify/appeals/{appeal_id}/timeline": frozenset({OFFICE, OPS}),
    "GET /notify/deliveries": frozenset({OFFICE, OPS}),
    "POST /notify/deliveries/{delivery_id}/resend": frozenset({OFFICE, OPS}),
    "GET /notify/failures": frozenset({OFFICE, OPS}),
    "POST /notify/failures/{delivery_id}/resend": frozenset({OFFICE, OPS}),
    "GET /notify/contacts/{recipient}": frozenset({OPERATOR, OFFICE, UNIT, LEADER}),
    "PUT /notify/contacts/{recipient}": frozenset({OPERATOR, OFFICE, UNIT, LEADER}),
    "POST /notify/receipts/sms": EVERYBODY,
    "POST /financing/requests": EVERYBODY,
    "GET /financing/requests": _WINDOW,
    "GET /financing/requests/{loan_id}": _WINDOW,
    "GET /financing/requests/{loan_id}/contact": frozenset({SERVICE}),
    "POST /financing/requests/{loan_id}/pushes": _OFFICE,
    "POST /financing/requests/{loan_id}/withdrawals": _WINDOW,
    "POST /financing/requests/{loan_id}/consent-withdrawals": _WINDOW,
    "POST /financing/requests/{loan_id}/closures": _OFFICE,
    "POST /financing/requests/{loan_id}/complaints": _WINDOW,
    "GET /financing/status/{registration_number}": EVERYBODY,
    "POST /financing/status/{registration_number}/withdrawals": EVERYBODY,
    "POST /financing/status/{registration_number}/consent-withdrawals": EVERYBODY,
    "POST /financing/status/{registration_number}/complaints": EVERYBODY,
    "GET /financing/complaints": _WINDOW | _REGULATOR,
    "GET /financing/complaints/{complaint_id}": _WINDOW | _REGULATOR,
    "POST /financing/complaints/{complaint_id}/decisions": _REGULATOR,
    "GET /financing/banks": _WINDOW | _REGULATOR | _IMPORTER,
    "PUT /financing/banks/{code}": frozenset({OFFICE, IMPORTER}),
    "GET /financing/banks/{code}/record": frozenset({OFFICE, REGULATOR, BANK}),
    "GET /financing/bank/requests": _BANK,
    "GET /financing/bank/requests/{registration_number}/{leg}": _BANK,
    "POST /financing/bank/reports": _BANK,
    "GET /financing/banks/{code}/endpoint": frozenset({OFFICE, OPS, BANK}),
    "PUT /financing/banks/{code}/endpoint": frozenset({OFFICE, BANK}),
    "POST /financing/banks/{code}/endpoint/secrets": frozenset({OFFICE, BANK}),
    "GET /financing/banks/{code}/deliveries": frozenset({OFFICE, OPS, BANK}),
    "POST /financing/banks/{code}/deliveries/replay": frozenset({OFFICE, OPS, BANK}),
    "PUT /financing/enterprises/{credit_code}": _WINDOW,
    "GET /financing/enterprises/{credit_code}": _WINDOW,
    "GET /financing/calendars": frozenset({OFFICE, IMPORTER, OPS}),
    "PUT /financing/calendar/{year}": frozenset({OFFICE, OPS}),
    "GET /financing/overdue": _OFFICE,
    "GET /financing/cases": frozenset({OFFICE, IMPORTER, OPS}),
    "POST /financing/import": _IMPORTER,
    **{
        f"{route.split()[0]} /{service}{route.split()[1]}": roles
        for service in ("intake", "dispatch", "escalation", "financing", "notify")
        for route, roles in _OPS_ROUTES.items()
    },
}
