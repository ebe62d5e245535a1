"""The services, each one deployable. They import nothing of each other."""

from pathlib import Path

SERVICES = ("intake", "dispatch", "escalation", "financing", "notify", "desks")


def migrations(service: str) -> Path:
    """The folder of a service's alembic migrations."""
    return Path(__file__).parent / service / "migrations"
