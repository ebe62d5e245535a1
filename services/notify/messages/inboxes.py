"""Whose inbox is whose."""

from shared.roles import AccountRole
from shared.service.accounts import Caller
from shared.service.errors import Forbidden


def inbox_of(caller: Caller, *, head: bool = False) -> str:
    """The caller's inbox: `office`, `regulator`, or role and code; with `head` that of the unit's head.

    Who handles a unit's legs has its inbox, and not that of its head.

    Raises `Forbidden` for an account without a code.
    """
    if caller.role in (AccountRole.OFFICE, AccountRole.REGULATOR):
        return str(caller.role)
    if caller.code is None:
        raise Forbidden(
            "本账号未指明单位或领导，没有收件箱", "this account has no inbox: give it a code in the accounts"
        )
    is_head = head and caller.role == AccountRole.UNIT and caller.duty != AccountRole.UNIT_HANDLER
    return f"{'head' if is_head else caller.role}:{caller.code}"


def inboxes_of(caller: Caller) -> tuple[str, str]:
    """The caller's inbox, and that of the unit's head (the same for everybody but a unit and its head)."""
    return inbox_of(caller), inbox_of(caller, head=True)
