"""Notify's metrics: attempts counted, and gauges that are read from the database."""

from sqlalchemy import text

from shared.telemetry.metrics import Counter, Gauge, GaugeQuery

NOTICES = Counter("huying_notices", "Attempts to deliver", ("channel", "outcome"))

_WAITING = text(
    """
    select channel, count(*) as value from deliveries where state in ('waiting', 'sending') group by channel
    """
)
_OVERDUE = text(
    """
    select channel, greatest(0, extract(epoch from :now - min(next_at))) as value from deliveries
    where state in ('waiting', 'sending') group by channel
    """
)
_FAILED = text(
    """
    select channel, count(*) as value from deliveries
    where state = 'failed' and changed_at > cast(:now as timestamptz) - interval '1 day' group by channel
    """
)

GAUGES = (
    GaugeQuery(
        Gauge("huying_notices_waiting", "Deliveries that wait or are under way", ("channel",)), _WAITING
    ),
    GaugeQuery(
        Gauge("huying_notices_waiting_age_seconds", "How overdue the oldest is", ("channel",)),
        _OVERDUE,
    ),
    GaugeQuery(Gauge("huying_notices_failed", "Failed for good in the last day", ("channel",)), _FAILED),
)
