"""The services as they are built, and their settings."""

import importlib
from collections.abc import Iterator
from typing import Any

from services import SERVICES
from shared.service.service import Service
from shared.service.settings import Settings


def load(name: str) -> Service:
    """The service of this name. ValueError where there is none."""
    if name not in SERVICES:
        raise ValueError(f"there is no service {name}: choose one of {', '.join(SERVICES)}")
    service: Service = importlib.import_module(f"services.{name}.app").SERVICE
    return service


def load_all() -> Iterator[Service]:
    """All services, in the order in which they are listed."""
    yield from map(load, SERVICES)


def settings_for(service: Service, values: dict[str, Any]) -> Settings:
    """The settings of a service from those of the whole city. TypeError for one that no service has."""
    known = {name for loaded in load_all() for name in loaded.settings.model_fields}
    if unknown := values.keys() - known:
        raise TypeError(f"no service has these settings: {', '.join(sorted(unknown))}")
    own = service.settings.model_fields
    return service.settings(**{name: value for name, value in values.items() if name in own})
