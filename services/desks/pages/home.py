"""The desk of each role: its address, and the links at the top of its pages."""

from typing import NamedTuple

from shared.roles import AccountRole


class Link(NamedTuple):
    """A link at the top of a page."""

    path: str
    zh: str
    en: str


_SEARCH = Link("/search", "查找", "Search")
DESKS: dict[AccountRole, tuple[Link, ...]] = {
    AccountRole.OPERATOR: (Link("/hotline", "话务登记", "Hotline"), _SEARCH),
    AccountRole.OFFICE: (
        Link("/dispatching", "待交办", "Dispatching"),
        Link("/waiting", "待决", "Waiting"),
        Link("/work", "在办", "Under way"),
        Link("/hotline", "登记", "Register"),
        _SEARCH,
    ),
    AccountRole.UNIT: (
        Link("/unit", "我的办件", "My work"),
        Link("/waiting", "待决", "Waiting"),
        _SEARCH,
    ),
    AccountRole.LEADER: (
        Link("/leader", "待我批示", "For my word"),
        Link("/work", "在办", "Under way"),
        _SEARCH,
    ),
}
"""By role, the first link is where a person begins."""
ANYBODYS = (Link("/account", "我的账号", "My account"),)


def links_of(role: AccountRole | None) -> tuple[Link, ...]:
    """The links for a role; an account without a desk has its own account alone."""
    return DESKS.get(role, ANYBODYS) if role is not None else ()


def home_of(role: AccountRole) -> str:
    """Where a person of this role begins."""
    return links_of(role)[0].path
