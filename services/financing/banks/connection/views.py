"""A bank's connection as it is answered. Pure."""

import base64
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from shared.service.accounts import Account

_CONTROL = frozenset(map(chr, (*range(0x20), 0x7F))) - set("\t\r\n")


def integration_of(source_id: str | None) -> str:
    """By which integration a report came: `kafka` or `http`."""
    return (source_id or "http").partition(":")[0]


def refused_report(row: Any) -> dict[str, Any]:
    """A report that was refused; its content as text where it is one, else in base64."""
    text = _text(row.raw)
    return {
        "integration": integration_of(row.source_id),
        **{name: getattr(row, name) for name in ("source_id", "reported_at", "receipt", "size", "headers")},
        "encoding": "base64" if text is None else "text",
        "raw": base64.b64encode(row.raw).decode() if text is None else text,
    }


def _text(raw: bytes) -> str | None:
    """`raw` as text; None where it is no UTF-8, or has letters that cannot be shown."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return None if _CONTROL & set(text) else text


def webhook_state(row: Any, at: datetime) -> dict[str, Any]:
    """Whether the bank's address answers, and the age of its secret."""
    answers = None if row.called_at is None else row.status is not None and 200 <= row.status < 300
    age = None if row.secret_at is None else _age_days(row.secret_at, at)
    return {**row, "answers": answers, "secret_age_days": age}


def signing_state(row: Any, at: datetime) -> dict[str, Any]:
    """The secret by which the bank signs its reports: when it was made, and its age."""
    return {**row, "secret_age_days": _age_days(row.secret_at, at)}


def _age_days(made_at: datetime, at: datetime) -> int:
    return max(0, (at - made_at).days)


def api_keys(account: Account, today: date) -> Iterator[dict[str, Any]]:
    """The keys of an account of the bank, with their ages."""
    for key in account.all_keys():
        age = None if key.made_on is None else max(0, (today - key.made_on).days)
        yield {"account": account.name, "made_on": key.made_on, "age_days": age, "expires": key.expires}
