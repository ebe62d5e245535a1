"""The desk of each role: its address, and the links at the top of its pages."""

from typing import NamedTuple

from shared.roles import AccountRole


class Link(NamedTuple):
    """A link at the top of a page."""

    path: str
    zh: str
    en: str


_SEARCH = Link("/search", "查找", "Search")
_DISPATCHING = Link("/dispatching", "待交办", "Dispatching")
_WAITING = Link("/waiting", "待决", "Waiting")
_WORK = Link("/under-way", "在办", "Under way")
_REGISTER = Link("/hotline", "登记", "Register")
_FINANCE = Link("/finance", "融资需求", "Loan requests")
_OF_UNITS = (Link("/unit", "我的办件", "My work"), _WAITING, _SEARCH)
_OF_BANKS = (Link("/bank", "融资需求", "Loan requests"),)
_AUDIT = Link("/audit", "登录与账号记录", "Record of accounts")
DESKS: dict[AccountRole, tuple[Link, ...]] = {
    AccountRole.OPERATOR: (Link("/hotline", "话务登记", "Hotline"), _SEARCH, _FINANCE),
    AccountRole.OFFICE: (_DISPATCHING, _WAITING, _WORK, _REGISTER, _SEARCH, _FINANCE),
    AccountRole.DISPATCHER: (_DISPATCHING, _WAITING, _WORK, _REGISTER, _SEARCH),
    AccountRole.SUPERVISOR: (_WAITING, _WORK, _SEARCH),
    AccountRole.UNIT: _OF_UNITS,
    AccountRole.UNIT_HANDLER: _OF_UNITS,
    AccountRole.UNIT_HEAD: _OF_UNITS,
    AccountRole.LEADER: (Link("/leader", "待我批示", "For my word"), _WORK, _SEARCH),
    AccountRole.FINANCE_WINDOW: (_FINANCE,),
    AccountRole.BANK: _OF_BANKS,
    AccountRole.BANK_CLERK: _OF_BANKS,
    AccountRole.REGULATOR: (Link("/regulator", "对银行的投诉", "Complaints about banks"),),
    AccountRole.DISCIPLINE_INSPECTION: (_SEARCH,),
    AccountRole.AUDITOR: (_SEARCH, _WORK, _WAITING, Link("/accounts", "账号", "Accounts"), _AUDIT),
    AccountRole.ADMINISTRATOR: (Link("/accounts", "账号", "Accounts"), _AUDIT),
}
"""By role, the first link is where a person begins."""
ANYBODYS = (Link("/account", "我的账号", "My account"),)


def links_of(role: AccountRole | None) -> tuple[Link, ...]:
    """The links for a role; an account without a desk has its own account alone."""
    return DESKS.get(role, ANYBODYS) if role is not None else ANYBODYS


def home_of(role: AccountRole | None) -> str:
    """Where a person of this role begins."""
    return links_of(role)[0].path
