"""The roles that an account may have. Each service says which of them may call its routes."""

from shared.named import Named


class AccountRole(Named):
    """What an account is.

    Those up to `AUDITOR` are a body, a program or an office of their own. The others are narrower: people who
    act for one of these bodies (`acts_as`), and may call less than it.
    """

    OPERATOR = "operator", "话务和窗口人员"  # hotline and window clerks
    OFFICE = "office", "营商环境办"  # the business-environment office
    UNIT = "unit", "承办单位"  # a handling unit
    LEADER = "leader", "领导"
    IMPORTER = "importer", "导入"  # brings past cases with their own times
    OPS = "ops", "运维"  # runs the system, and reads no case
    BANK = "bank", "银行"  # a bank, or its program
    REGULATOR = "regulator", "金融监管分局"  # hears complaints about banks
    DISCIPLINE_INSPECTION = "discipline_inspection", "纪检监察机关"  # reads the cases whose pack names it
    SERVICE = "service", "服务"  # a service that asks another
    ADMINISTRATOR = "administrator", "系统管理员"  # makes and changes accounts, and reads no case
    AUDITOR = "auditor", "审计员"  # reads all cases and who did what, and changes nothing
    DISPATCHER = "dispatcher", "派单员"  # of the office: gives appeals to units
    SUPERVISOR = "supervisor", "督办员"  # of the office: watches limits, decides, closes
    UNIT_HANDLER = "unit_handler", "经办人"  # of a unit: handles its legs
    UNIT_HEAD = "unit_head", "单位负责人"  # of a unit: also what only its head may say
    FINANCE_WINDOW = "finance_window", "融资服务窗口"  # receives loan requests
    BANK_CLERK = "bank_clerk", "银行经办人"  # of a bank: answers its legs
    ENTERPRISE = "enterprise", "企业"  # an enterprise whose credit code the identity provider proves

    @property
    def acts_as(self) -> "AccountRole | None":
        """The body for which an account of this role acts: by it go cases, inboxes and events.

        An enterprise acts as one without an account does.
        """
        return _BODIES.get(self, self)

    @property
    def needs_code(self) -> bool:
        """Whether an account of this role speaks for one unit, leader, bank or enterprise, its `code`."""
        return self is AccountRole.ENTERPRISE or self.acts_as in (
            AccountRole.UNIT,
            AccountRole.LEADER,
            AccountRole.BANK,
        )

    @property
    def is_program(self) -> bool:
        """Whether programs call under this role, from several machines as a matter of course."""
        return self in (AccountRole.SERVICE, AccountRole.OPS, AccountRole.IMPORTER, AccountRole.BANK)


_BODIES: dict[AccountRole, AccountRole | None] = {
    AccountRole.DISPATCHER: AccountRole.OFFICE,
    AccountRole.SUPERVISOR: AccountRole.OFFICE,
    AccountRole.UNIT_HANDLER: AccountRole.UNIT,
    AccountRole.UNIT_HEAD: AccountRole.UNIT,
    AccountRole.FINANCE_WINDOW: AccountRole.OPERATOR,
    AccountRole.BANK_CLERK: AccountRole.BANK,
    AccountRole.ENTERPRISE: None,
}
OPERATOR, OFFICE, UNIT, LEADER, IMPORTER, OPS, BANK, REGULATOR, DISCIPLINE_INSPECTION, *_OTHERS = AccountRole
SERVICE, ADMINISTRATOR, AUDITOR, DISPATCHER, SUPERVISOR, UNIT_HANDLER, UNIT_HEAD, *_LAST = _OTHERS
FINANCE_WINDOW, BANK_CLERK, ENTERPRISE = _LAST
Roles = frozenset[AccountRole | None]
"""Who may call a route. None is a caller without an account, such as an enterprise."""

EVERYBODY: Roles = frozenset({None, *AccountRole})
OFFICE_STAFF: Roles = frozenset({OFFICE, DISPATCHER, SUPERVISOR})
UNIT_STAFF: Roles = frozenset({UNIT, UNIT_HANDLER, UNIT_HEAD})
BANK_STAFF: Roles = frozenset({BANK, BANK_CLERK})
STAFF: Roles = frozenset({OPERATOR, LEADER}) | OFFICE_STAFF | UNIT_STAFF
"""Who works on appeals."""
READERS: Roles = STAFF | {DISCIPLINE_INSPECTION, AUDITOR}
"""Who reads appeals; the last two do nothing to them."""


def only(*roles: AccountRole) -> Roles:
    """These roles and no other caller."""
    return frozenset(roles)
