"""What claims of the provider mean here: who somebody is, and which roles until when. Pure."""

import re
from datetime import date
from hashlib import sha256
from typing import Any

from services.desks.people.domain import Grant
from services.desks.people.provider.settings import ProviderSettings
from shared.addresses.credit_codes import check_credit_code
from shared.roles import AccountRole
from shared.service.errors import Invalid

HERE = "@sso"
"""Ends the logins of people whom the provider knows. A login that is given here has no `@`."""
LONGEST_NAME, LONGEST_LOGIN = 100, 40
MOST_VALUES = 1_000


def grants_of(claims: dict[str, Any], settings: ProviderSettings) -> tuple[Grant, ...]:
    """The roles that the claims give; none where the claim is not as it should be."""
    values = _texts(claims.get(settings.roles.claim))
    until, is_readable = _day(claims, settings.roles.until)
    entries = [entry for entry in settings.roles.given if entry.value in values] if is_readable else []
    return (
        *(
            Grant(
                role=entry.role,
                code=entry.code,
                starts_on=entry.starts_on,
                ends_on=min((day for day in (entry.ends_on, until) if day is not None), default=None),
            )
            for entry in entries
        ),
        *_as_enterprise(claims, settings),
    )


def passed_second_factor(claims: dict[str, Any], settings: ProviderSettings) -> bool:
    """Whether the provider asked for a second factor that counts here."""
    return bool(_texts(claims.get("amr")) & settings.second_factor)


def name_of(claims: dict[str, Any], settings: ProviderSettings) -> str:
    """What the person, or the enterprise, is called."""
    wanted = [settings.display_name, settings.login]
    if settings.enterprises is not None and _as_enterprise(claims, settings):
        wanted.insert(0, settings.enterprises.name)
    named = (_text(claims.get(claim)) for claim in wanted)
    return next((name for name in named if name), str(claims["sub"]))[:LONGEST_NAME]


def logins_of(claims: dict[str, Any], settings: ProviderSettings) -> tuple[str, str]:
    """The login for records, and the one that is taken where somebody else had the first before."""
    named = (_text(claims.get(settings.login)) or str(claims["sub"])).lower()
    plain = re.sub(r"[^a-z0-9_.-]+", "-", named).strip("-")[:LONGEST_LOGIN] or "person"
    mark = sha256(str(claims["sub"]).encode()).hexdigest()[:8]
    return f"{plain}{HERE}", f"{plain}-{mark}{HERE}"


def _as_enterprise(claims: dict[str, Any], settings: ProviderSettings) -> tuple[Grant, ...]:
    """The role of the enterprise whose credit code the claims prove; none where it is no credit code."""
    if settings.enterprises is None:
        return ()
    try:
        code = check_credit_code(_text(claims.get(settings.enterprises.credit_code)) or "")
    except Invalid:
        return ()
    return (Grant(role=AccountRole.ENTERPRISE, code=code),)


def _text(value: Any) -> str | None:
    """A text without what does not show; None for anything else."""
    if not isinstance(value, str):
        return None
    return "".join(letter for letter in value if letter.isprintable()).strip() or None


def _texts(value: Any) -> frozenset[str]:
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(text for text in values[:MOST_VALUES] if isinstance(text, str))


def _day(claims: dict[str, Any], claim: str | None) -> tuple[date | None, bool]:
    """The last day that a claim names, and whether it can be read: an unreadable term gives no role."""
    if claim is None or claims.get(claim) is None:
        return None, True
    try:
        return date.fromisoformat(str(claims[claim])[:10]), True
    except ValueError:
        return None, False
