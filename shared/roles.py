"""The roles that an account may have. Each service says which of them may call its routes."""

from enum import StrEnum


class AccountRole(StrEnum):
    """What an account is."""

    OPERATOR = "operator"  # hotline and window clerks
    OFFICE = "office"  # the business-environment office
    UNIT = "unit"  # a handling unit's clerk
    LEADER = "leader"
    IMPORTER = "importer"  # brings past cases with their own times
    OPS = "ops"  # runs the system
    BANK = "bank"  # a bank's clerk or program
    REGULATOR = "regulator"  # hears complaints about banks
    DISCIPLINE_INSPECTION = "discipline_inspection"  # reads the cases whose pack names it
    SERVICE = "service"  # a service that asks another

    @property
    def needs_code(self) -> bool:
        """Whether an account of this role speaks for one unit, leader or bank, which its `code` names."""
        return self in (AccountRole.UNIT, AccountRole.LEADER, AccountRole.BANK)


OPERATOR, OFFICE, UNIT, LEADER, IMPORTER, OPS, BANK, REGULATOR, DISCIPLINE_INSPECTION, SERVICE = AccountRole
Roles = frozenset[AccountRole | None]
"""Who may call a route. None is a caller without an account, such as an enterprise."""

EVERYBODY: Roles = frozenset({None, *AccountRole})
STAFF: Roles = frozenset({OPERATOR, OFFICE, UNIT, LEADER, OPS})


def only(*roles: AccountRole) -> Roles:
    """These roles and no other caller."""
    return frozenset(roles)
