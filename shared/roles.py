"""The roles that an account may have. Each service says which of them may call its routes."""

from shared.named import Named


class AccountRole(Named):
    """What an account is."""

    OPERATOR = "operator", "话务和窗口人员"  # hotline and window clerks
    OFFICE = "office", "营商环境办"  # the business-environment office
    UNIT = "unit", "承办单位"  # a handling unit's clerk
    LEADER = "leader", "领导"
    IMPORTER = "importer", "导入"  # brings past cases with their own times
    OPS = "ops", "运维"  # runs the system
    BANK = "bank", "银行"  # a bank's clerk or program
    REGULATOR = "regulator", "金融监管分局"  # hears complaints about banks
    DISCIPLINE_INSPECTION = "discipline_inspection", "纪检监察机关"  # reads the cases whose pack names it
    SERVICE = "service", "服务"  # a service that asks another
    ADMINISTRATOR = "administrator", "系统管理员"  # makes and changes accounts, and reads no case
    AUDITOR = "auditor", "审计员"  # reads who did what and who signed in, and changes nothing

    @property
    def needs_code(self) -> bool:
        """Whether an account of this role speaks for one unit, leader or bank, which its `code` names."""
        return self in (AccountRole.UNIT, AccountRole.LEADER, AccountRole.BANK)


OPERATOR, OFFICE, UNIT, LEADER, IMPORTER, OPS, BANK, REGULATOR, DISCIPLINE_INSPECTION, *_OTHERS = AccountRole
SERVICE, ADMINISTRATOR, AUDITOR = _OTHERS
Roles = frozenset[AccountRole | None]
"""Who may call a route. None is a caller without an account, such as an enterprise."""

EVERYBODY: Roles = frozenset({None, *AccountRole})
STAFF: Roles = frozenset({OPERATOR, OFFICE, UNIT, LEADER, OPS})


def only(*roles: AccountRole) -> Roles:
    """These roles and no other caller."""
    return frozenset(roles)
