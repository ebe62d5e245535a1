"""The queries of desks' gauges."""

from sqlalchemy import text

from shared.telemetry.metrics import Gauge, GaugeQuery

_UNREGISTERED = text("select count(*) as value from appeals where file->>'pack' is null")

GAUGES = (
    GaugeQuery(
        Gauge("huying_unregistered_cases", "Cases of which events were heard, but no registration"),
        _UNREGISTERED,
    ),
)
