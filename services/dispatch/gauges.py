"""The queries of dispatch's gauges."""

from sqlalchemy import text

from services.dispatch.queries import AGAINST_WORD
from shared.telemetry.metrics import Gauge, GaugeQuery

_AGAINST_WORD = text(f"select count(*) as value from appeals where {AGAINST_WORD}")

GAUGES = (
    GaugeQuery(
        Gauge(
            "huying_closed_against_word",
            "Appeals closed although found reasonable and rated not satisfied",
        ),
        _AGAINST_WORD,
    ),
)
