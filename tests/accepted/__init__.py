"""A body that is accepted for each route that takes one, with every field: a module for each service.

A new route gets a row in the module of its service. Tests spoil these bodies in every place.
"""

from typing import Any

from tests.accepted import desks, dispatch, escalation, financing, intake, notify
from tests.city import ALL

ACCEPTED: dict[str, dict[str, Any]] = {
    **intake.BODIES,
    **dispatch.BODIES,
    **escalation.BODIES,
    **notify.BODIES,
    **financing.BODIES,
    **desks.BODIES,
    **{f"PUT /{service.name}/clock": {"now": "2026-11-09T09:00:00+08:00"} for service in ALL},
}
