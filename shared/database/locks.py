"""Every advisory lock of the house, so that no two purposes share a number.

PostgreSQL keeps advisory locks per database, and each service has its own: a number is free to be taken where
another service uses it, but nobody should have to know that.
"""

from enum import IntEnum

from sqlalchemy import TextClause, text


class Lock(IntEnum):
    """What only one session, or one transaction, may do at a time."""

    MIGRATE = 7_401_001
    """Migrate the database."""
    RELAY = 7_401_002
    """Send the outbox to the broker."""
    TAKE_PARCELS = 7_401_003
    """Take messages that leave together, so that none of them is taken by another replica."""
    FORWARD_MESSAGES = 7_401_004
    """Move queued messages on, so that those to one reader keep their order."""
    CALENDARS = 7_401_005
    """Add a calendar; shared by those who judge by the calendars there are."""


def wait_for(lock: Lock) -> TextClause:
    """Waits for the lock and holds it until the transaction ends."""
    return text(f"select pg_advisory_xact_lock({lock.value})")


def wait_for_shared(lock: Lock) -> TextClause:
    """As `wait_for`, but many transactions may hold it at once, while none holds it alone."""
    return text(f"select pg_advisory_xact_lock_shared({lock.value})")


def take(lock: Lock) -> TextClause:
    """Takes the lock until the transaction ends; the result is false where another session has it."""
    return text(f"select pg_try_advisory_xact_lock({lock.value})")


def take_for_session(lock: Lock) -> TextClause:
    """Takes the lock until the connection ends; the result is false where another session has it."""
    return text(f"select pg_try_advisory_lock({lock.value})")


def wait_for_name(name: str) -> str:
    """SQL that waits for the lock of a name, given as SQL text, and holds it until the transaction ends.

    `text("select " + wait_for_name("'account ' || :code"))` lets one transaction at a time change an account,
    also one that is not in the table yet.
    """
    return f"pg_advisory_xact_lock(hashtextextended({name}, 0))"
